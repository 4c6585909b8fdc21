import { type SubjectName, subjects } from './bundle.js';

export const cases = ['in: numbered messages', 'out', 'out, with acks'] as const;
export type Case = (typeof cases)[number];

// Safe: they are its keys.
export const allNames = Object.keys(subjects) as SubjectName[];

/** Nobody asks for an outcome but where there are acks, and room matters only offline. */
export function namesIn(which: Case, names: readonly SubjectName[] = allNames): SubjectName[] {
  return names.filter(
    (name) =>
      name !== 'ReliableSocket, room for all' &&
      (which === 'out, with acks' || name !== 'ReliableSocket, each outcome awaited'),
  );
}

import type { Term } from './words.js';

/**
 * By the clock, so that it is newer than that of a leader of whom this tab has not heard. Digits are added in front, so
 * that it compares as a number does.
 */
export const nextTerm = (term: Term, now: number, tab: string): Term => {
  const time = Math.max((Number.parseInt(term, 10) || 0) + 1, now);
  return `${String(time).padStart(16, '0')} ${tab}`;
};

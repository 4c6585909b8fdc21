import type { Turn } from './io.js';

/** Whether anything is heard from the client. */
export interface Liveness {
  heard(): void;
  due(): number;
  check(): 'ping' | 'dead' | undefined;
}

/**
 * Asks after half of the silence that is allowed: a hidden page may not ping by itself, but it answers. Who is late, since
 * the process was busy or asleep, asks first and judges later.
 */
export const createLiveness = (turn: Turn, silence: number): Liveness => {
  let heardAt = turn.now;
  let askedAt: number | undefined;
  const due = (): number => (askedAt === undefined ? heardAt : Math.max(askedAt, heardAt + silence / 2)) + silence / 2;
  return {
    heard() {
      heardAt = turn.now;
      askedAt = undefined;
    },
    due,
    check() {
      if (turn.now < due()) return undefined;
      if (askedAt !== undefined) return 'dead';
      askedAt = turn.now;
      return 'ping';
    },
  };
};

import type { Turn } from './io.js';

/** A bad link holds frames back and lets them go all at once: so many seconds of them are no offence. */
const BURST_SECONDS = 10;

/** How much a client may send: a bucket that fills at the given rate. */
export interface Allowance {
  /** Takes one; false if there is none. */
  take(): boolean;
}

/** @param perSecond Infinity for no limit. @param once So many more may come in the first burst. */
export const createAllowance = (turn: Turn, perSecond: number, once: number): Allowance => {
  const most = perSecond * BURST_SECONDS;
  let left = most + once;
  let at = -Infinity;
  return {
    take() {
      if (perSecond === Infinity) return true;
      if (at > -Infinity && left < most) left = Math.min(most, left + ((turn.now - at) / 1_000) * perSecond);
      at = turn.now;
      left -= 1;
      return left >= 0;
    },
  };
};

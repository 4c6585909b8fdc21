import type { Turn } from './io.js';

/** How fast messages may be written: the lowest of the user's, the server's and what 4429 has left of them. */
export interface Pace {
  /** `welcome.rate`: what the server takes. A new one also ends an earlier `halve`; Infinity is none. */
  serve(rate: number): void;
  halve(): void;
  /** ms until the next message may be written; 0 for now. */
  wait(): number;
  took(): void;
}

/** Without a rate of its own a client that is told to slow down starts from this many messages per second. */
const ASSUMED_RATE = 100;

/** @param wanted messages per second; Infinity for no limit */
export const createPace = (turn: Turn, wanted: number): Pace => {
  let served = Infinity;
  let slowed = Infinity;
  let credit = 1;
  let at = -Infinity;
  const current = (): number => Math.min(wanted, served, slowed);
  return {
    serve(next) {
      if (next < Infinity && next !== served) slowed = Infinity;
      served = next;
    },
    halve() {
      slowed = (current() < Infinity ? current() : ASSUMED_RATE) / 2;
    },
    wait() {
      const rate = current();
      if (rate === Infinity) {
        // What is taken without a limit is not to be made up for under a later one.
        credit = 1;
        return 0;
      }
      // Timers are coarse: a tenth of a second may be caught up in one go, but never a burst after a rest.
      credit = Math.min(Math.max(1, rate / 10), credit + ((turn.now - at) * rate) / 1_000);
      at = turn.now;
      return credit >= 1 ? 0 : Math.ceil(((1 - credit) * 1_000) / rate);
    },
    took() {
      credit--;
    },
  };
};

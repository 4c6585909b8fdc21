import type { Limits } from './io.js';
import type { Turn } from './turn.js';

/** A bad link holds frames back and lets them go all at once: so many seconds of them are no offence. */
const BURST_SECONDS = 10;

/** How much a client may send: a bucket that fills at the given rate. */
export class Allowance {
  readonly #turn: Turn;
  readonly #perSecond: number;
  #left: number;
  #at = -Infinity;

  /** The channels of a client come in its first burst. */
  constructor(turn: Turn, { messagesPerSecond, channels }: Limits) {
    this.#turn = turn;
    this.#perSecond = messagesPerSecond;
    this.#left = messagesPerSecond * BURST_SECONDS + channels;
  }

  /** Takes one; false if there is none. */
  take(): boolean {
    if (this.#perSecond === Infinity) return true;
    const most = this.#perSecond * BURST_SECONDS;
    const { now } = this.#turn;
    if (this.#at > -Infinity && this.#left < most) {
      this.#left = Math.min(most, this.#left + ((now - this.#at) / 1_000) * this.#perSecond);
    }
    this.#at = now;
    this.#left -= 1;
    return this.#left >= 0;
  }
}

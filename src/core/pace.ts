/** Without a rate of its own a client that is told to slow down (4429) starts from this many messages per second. */
const ASSUMED_RATE = 100;

/** How fast messages may be written: the lowest of the user's, the server's and what 4429 has left of them. */
export class Pace {
  readonly #wanted: number;
  #served = Infinity;
  #slowed = Infinity;
  #credit = 1;
  #at = -Infinity;

  /** @param rate messages per second; Infinity for no limit */
  constructor(rate: number) {
    this.#wanted = rate;
  }

  get rate(): number {
    return Math.min(this.#wanted, this.#served, this.#slowed);
  }

  /** `welcome.rate`: what the server takes, which also ends an earlier `halve`. */
  serve(rate: number): void {
    this.#served = rate;
    this.#slowed = Infinity;
  }

  halve(): void {
    const { rate } = this;
    this.#slowed = (rate < Infinity ? rate : ASSUMED_RATE) / 2;
  }

  /** ms until the next message may be written; 0 for now. */
  wait(now: number): number {
    const { rate } = this;
    if (rate === Infinity) return 0;
    // Timers are coarse: a tenth of a second may be caught up in one go, but never a burst after a rest.
    const most = Math.max(1, rate / 10);
    this.#credit = Math.min(most, this.#credit + ((now - this.#at) * rate) / 1_000);
    this.#at = now;
    return this.#credit >= 1 ? 0 : Math.ceil(((1 - this.#credit) * 1_000) / rate);
  }

  took(): void {
    this.#credit--;
  }
}

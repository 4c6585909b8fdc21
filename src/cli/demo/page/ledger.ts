import { Tally } from '../tally.js';

/** What became of some messages. */
export interface Fates {
  readonly arrived: number;
  /** Sent, and neither there nor passed over by a later one: it may still come. */
  readonly underWay: number;
  /** Passed over by a later one, and nobody told the application. */
  readonly lost: number;
  /** Passed over, but the application was told. */
  readonly told: number;
}

/** One direction of one client: which messages were sent, which arrived, and which losses were told. */
export class Ledger {
  readonly tally: Tally = new Tally();
  readonly #told = new Set<number>();
  #gapAfter: number | undefined;

  get sent(): number {
    return this.tally.sent;
  }

  /** All that is known of the numbers up to this one: it was sent. */
  sentUpTo(number: number): void {
    this.tally.sent = Math.max(this.tally.sent, number);
  }

  arrive(number: number): void {
    if (this.#gapAfter !== undefined) {
      for (let n = this.#gapAfter + 1; n < number; n += 1) this.#told.add(n);
      this.#gapAfter = undefined;
    }
    this.tally.receive(number);
    this.sentUpTo(number);
  }

  /** The application is told that something is missing between the last one and the next one. */
  gap(): void {
    this.#gapAfter ??= this.tally.highest;
  }

  /** The application is told that this one may be lost. */
  undelivered(number: number): void {
    this.#told.add(number);
  }

  /** Of all messages so far. */
  get fates(): Fates {
    const { sent, highest, skipped } = this.tally;
    // A message that was told as doubtful may have arrived, or still come.
    const told = [...this.#told].filter((n) => n <= highest && !this.tally.has(n)).length;
    return { arrived: highest - skipped, underWay: sent - highest, lost: skipped - told, told };
  }

  /** Of the messages after `from` up to and including `to`. */
  fatesOf(from: number, to: number): Fates {
    const fates = { arrived: 0, underWay: 0, lost: 0, told: 0 };
    for (let n = from + 1; n <= to; n += 1) fates[this.fateOf(n)] += 1;
    return fates;
  }

  fateOf(number: number): keyof Fates {
    if (this.tally.has(number)) return 'arrived';
    if (number > this.tally.highest) return 'underWay';
    return this.#told.has(number) ? 'told' : 'lost';
  }
}

import type { Note } from './contestant.js';

/** Follows one direction of numbered messages, from those who send to those who receive. */
export class Tally {
  sent = 0;
  received = 0;
  /** Arrived once more. */
  repeated = 0;
  /** Arrived for the first time after one with a higher number. */
  outOfOrder = 0;
  /** Arrived with another text than it was sent with. */
  damaged = 0;
  /** When the last one arrived, by `performance.now()`. */
  heardAt = 0;
  readonly #payload: (n: number) => string;
  readonly #seen = new Set<number>();
  #highest = 0;

  constructor(payload: (n: number) => string) {
    this.#payload = payload;
  }

  get lost(): number {
    return this.sent - this.#seen.size;
  }

  next(): Note {
    this.sent += 1;
    return { n: this.sent, text: this.#payload(this.sent) };
  }

  receive({ n, text }: Note): void {
    this.received += 1;
    this.heardAt = performance.now();
    if (this.#seen.has(n)) this.repeated += 1;
    else if (n < this.#highest) this.outOfOrder += 1;
    if (text !== undefined && text !== this.#payload(n)) this.damaged += 1;
    this.#seen.add(n);
    this.#highest = Math.max(this.#highest, n);
  }

  lostNumbers(): number[] {
    return Array.from({ length: this.sent }, (_, at) => at + 1).filter((n) => !this.#seen.has(n));
  }
}

/** Follows one stream of numbered messages from its sender to its receiver. */
export class Tally {
  sent = 0;
  received = 0;
  repeated = 0;
  outOfOrder = 0;
  /** The longest time between two messages that arrived, in ms. */
  longestGap = 0;
  /** The highest number that arrived. */
  highest = 0;
  readonly #seen = new Set<number>();
  #lastAt: number | undefined;

  /** Sent by the application, whether or not the client could do anything with it. */
  get missing(): number {
    return this.sent - this.#seen.size;
  }

  /** Passed over: it did not arrive, and a later one did. */
  get skipped(): number {
    return this.highest - this.#seen.size;
  }

  has(number: number): boolean {
    return this.#seen.has(number);
  }

  /** Returns the number for the next message. */
  next(): number {
    this.sent += 1;
    return this.sent;
  }

  receive(number: number): void {
    const now = performance.now();
    this.longestGap = Math.max(this.longestGap, now - (this.#lastAt ?? now));
    this.#lastAt = now;
    this.received += 1;
    if (this.#seen.has(number)) this.repeated += 1;
    else if (number < this.highest) this.outOfOrder += 1;
    this.#seen.add(number);
    this.highest = Math.max(this.highest, number);
  }
}

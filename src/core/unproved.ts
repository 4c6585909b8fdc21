import type { Entry } from './io.js';

/**
 * What was written without an ack and nothing has proved yet: a ring, so that it is never a reason to refuse a send.
 * The oldest are forgotten past the bounds, and only counted.
 */
export class Unproved {
  readonly #maxMessages: number;
  readonly #maxBytes: number;
  #entries: (Entry | undefined)[] = [];
  #first = 0;
  #bytes = 0;
  /** How many were forgotten since the connection opened. */
  forgotten = 0;

  constructor(maxMessages: number, maxBytes: number) {
    this.#maxMessages = maxMessages;
    this.#maxBytes = maxBytes;
  }

  get size(): number {
    return this.#entries.length - this.#first;
  }

  push(entry: Entry): void {
    this.#entries.push(entry);
    this.#bytes += entry.bytes;
    while (this.size > this.#maxMessages || this.#bytes > this.#maxBytes) {
      this.#shift();
      this.forgotten++;
    }
  }

  /** Everything written up to this mark was received. */
  proven(mark: number): void {
    while (this.size && (this.#entries[this.#first]?.mark ?? 0) <= mark) this.#shift();
  }

  /** The connection died: all that nobody proved, in order. */
  takeAll(): Entry[] {
    const rest = this.#entries.slice(this.#first) as Entry[]; // safe: only slots before `first` are emptied
    this.#entries = [];
    this.#first = this.#bytes = this.forgotten = 0;
    return rest;
  }

  #shift(): void {
    this.#bytes -= this.#entries[this.#first]?.bytes ?? 0;
    this.#entries[this.#first++] = undefined;
    // Moving the rest down only when half is empty keeps each step cheap on the average.
    if (this.#first > 1_000 && this.#first * 2 > this.#entries.length) {
      this.#entries.splice(0, this.#first);
      this.#first = 0;
    }
  }
}

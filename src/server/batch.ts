import { bytesOf } from './runtime.js';

/**
 * Messages that follow each other, on their way to any number of connections. What a transport makes of them for the
 * wire, it makes once.
 */
export class Batch {
  readonly texts: readonly string[];
  /** In UTF-8. */
  readonly bytes: number;
  #wire: Uint8Array | undefined;

  constructor(texts: readonly string[]) {
    this.texts = texts;
    this.bytes = texts.reduce((bytes, text) => bytes + bytesOf(text), 0);
  }

  /** @param encode Must be the same function for all who ask: only the first is called. */
  wire(encode: (texts: readonly string[]) => Uint8Array): Uint8Array {
    this.#wire ??= encode(this.texts);
    return this.#wire;
  }
}

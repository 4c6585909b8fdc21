/**
 * Follows one direction of a WebSocket connection from its first byte and knows
 * where its frames end, so that a cut can be made inside of one. It looks at
 * lengths only; it checks nothing and keeps no payload.
 */
export class FrameTracker {
  /** The HTTP head as far as it has come, until its blank line. */
  #head: string | undefined = '';
  #upgraded = false;
  /** Bytes of the current frame's header, until all of them are there. */
  #header: number[] = [];
  /** Bytes of the current frame's payload that are still to come. */
  #payload = 0;

  /** True once the head with `101 Switching Protocols` has gone through. */
  get upgraded(): boolean {
    return this.#upgraded;
  }

  /** Reads on, and returns the offsets in `chunk` behind which a frame (or the HTTP head) is complete. */
  read(chunk: Uint8Array): Set<number> {
    const ends = new Set<number>();
    let at = this.#readHead(chunk);
    if (this.#head === undefined && at > 0) ends.add(at);
    while (at < chunk.length) {
      if (this.#payload > 0) {
        const taken = Math.min(this.#payload, chunk.length - at);
        this.#payload -= taken;
        at += taken;
        if (this.#payload === 0) ends.add(at);
        continue;
      }
      this.#header.push(chunk[at] ?? 0);
      at += 1;
      const payload = payloadLength(this.#header);
      if (payload === undefined) continue;
      this.#header = [];
      this.#payload = payload;
      if (payload === 0) ends.add(at);
    }
    return ends;
  }

  /** Returns how many bytes of the chunk belong to the HTTP head. */
  #readHead(chunk: Uint8Array): number {
    let at = 0;
    while (this.#head !== undefined && at < chunk.length) {
      this.#head += String.fromCharCode(chunk[at] ?? 0);
      at += 1;
      if (!this.#head.endsWith('\r\n\r\n')) continue;
      this.#upgraded = this.#head.startsWith('HTTP/1.1 101');
      this.#head = undefined;
    }
    return at;
  }
}

/** The payload's length once the frame's header is complete (RFC 6455, section 5.2), else undefined. */
function payloadLength(header: readonly number[]): number | undefined {
  const second = header[1];
  if (second === undefined) return undefined;
  const short = second & 0x7f;
  const lengthBytes = short === 127 ? 8 : short === 126 ? 2 : 0;
  const maskBytes = second & 0x80 ? 4 : 0;
  if (header.length < 2 + lengthBytes + maskBytes) return undefined;
  if (lengthBytes === 0) return short;
  return header.slice(2, 2 + lengthBytes).reduce((sum, byte) => sum * 256 + byte, 0);
}

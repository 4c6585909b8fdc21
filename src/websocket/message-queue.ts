import type { Overflow } from '../core/io.js';

/** What a WebSocket sends: text, or bytes that nobody else can change any more. */
export type Data = string | ArrayBuffer | Uint8Array<ArrayBuffer> | Blob;

export interface QueueBounds {
  readonly maxEnqueuedMessages: number;
  readonly maxEnqueuedBytes: number;
  readonly overflow: Overflow;
}

/** Messages that wait for a connection, in order, within bounds. */
export interface MessageQueue {
  readonly bytes: number;
  /** Returns what was dropped for want of room: older messages, or the new one, as `overflow` says. */
  push(data: Data, bytes: number): Data[];
  /** Hands over the messages one by one until there is none left, or one is not taken. */
  flush(take: (data: Data) => boolean): void;
  drain(): Data[];
}

export const createMessageQueue = (bounds: QueueBounds): MessageQueue => {
  const { maxEnqueuedMessages: maxMessages, maxEnqueuedBytes: maxBytes, overflow } = bounds;
  let messages: { readonly data: Data; readonly bytes: number }[] = [];
  let total = 0;
  return {
    get bytes() {
      return total;
    },
    push(data, bytes) {
      const gone: Data[] = [];
      // One that would not fit into an empty queue pushes nobody out.
      if (!maxMessages || bytes > maxBytes) return [data];
      while (messages.length >= maxMessages || total + bytes > maxBytes) {
        const oldest = overflow === 'drop-oldest' ? messages.shift() : undefined;
        if (!oldest) return [data];
        total -= oldest.bytes;
        gone.push(oldest.data);
      }
      messages.push({ data, bytes });
      total += bytes;
      return gone;
    },
    flush(take) {
      let taken = 0;
      for (const { data, bytes } of messages) {
        if (!take(data)) break;
        total -= bytes;
        taken++;
      }
      if (taken) messages.splice(0, taken);
    },
    drain() {
      const out = messages.map((one) => one.data);
      messages = [];
      total = 0;
      return out;
    },
  };
};

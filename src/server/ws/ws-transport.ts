import type { Batch } from '../batch.js';
import type { Transport } from '../transport.js';
import { Cork } from './cork.js';
import { toFrames } from './frames.js';
import { insidesOf, type WsInsides, type WsSocket } from './ws-socket.js';

const TEXT = { binary: false };
/** The `readyState` of an open socket. */
const OPEN = 1;

const onSent = (flushed: () => void) => (error?: Error | null) => {
  if (!error) flushed();
};

/** A connection of `ws`. What goes to many is made into frames once, and the same bytes are written to each. */
export class WsTransport implements Transport {
  readonly #socket: WsSocket;
  readonly #sender: WsInsides['sender'] | undefined;
  readonly #cork: Cork | undefined;

  constructor(socket: WsSocket) {
    this.#socket = socket;
    const insides = insidesOf(socket);
    this.#sender = insides?.sender;
    this.#cork = insides && new Cork(insides.stream);
  }

  get buffered(): number {
    return this.#socket.bufferedAmount;
  }

  send(text: string, flushed?: () => void): void {
    this.#cork?.add(text.length);
    this.#socket.send(text, TEXT, flushed && onSent(flushed));
  }

  sendBatch(batch: Batch, flushed?: () => void): void {
    if (this.#sender === undefined) {
      const last = batch.texts.length - 1;
      for (const [i, text] of batch.texts.entries()) this.send(text, i === last ? flushed : undefined);
    } else if (this.#socket.readyState === OPEN) {
      const frames = batch.wire(toFrames);
      this.#cork?.add(frames.length);
      this.#sender.sendFrame([frames], flushed && onSent(flushed));
    }
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
  }

  terminate(): void {
    this.#socket.terminate();
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }
}

import { CloseCode } from '../errors.js';
import { bytesOf, unref } from '../runtime.js';
import type { Connection, Transport, Upgrade } from '../transport.js';
import type { Acceptor } from './acceptor.js';
import type { CrosswsPeer, UpgradeRequest } from './peer.js';

/** How often a socket is asked what still waits, in ms: not every runtime tells when it has sent. */
const POLL = 20;
/** None of these runtimes can stop reading. What comes although nobody asks for more may be so many bytes. */
const MOST_UNASKED = 4_194_304;

const upgradeOf = ({ url, headers }: UpgradeRequest): Upgrade => {
  const { pathname, search } = new URL(url);
  return { url: pathname + search, header: (name) => headers.get(name) ?? undefined };
};

/** What a runtime holds of a connection. */
export type Socket = Omit<CrosswsPeer, 'id'>;

/** A socket of a runtime as a connection of the server. */
export class Line implements Transport {
  readonly #socket: Socket;
  readonly #connection: Connection;
  #written = 0;
  /** Whom to tell once the first `end` bytes have left. */
  #waiting: { readonly end: number; readonly flushed: () => void }[] = [];
  #poll: ReturnType<typeof setTimeout> | undefined;
  /** Bytes that came since no more were wanted. */
  #unasked: number | undefined;
  #isOver = false;

  constructor(socket: Socket, server: Acceptor) {
    this.#socket = socket;
    this.#connection = server.accept(this, upgradeOf(socket.request));
  }

  get buffered(): number {
    return this.#socket.bufferedAmount;
  }

  send(text: string, flushed?: () => void): void {
    if (this.#isOver) return;
    // In UTF-8 at least this many. Too few is only seen later as sent; with nothing left, all was.
    this.#written += text.length;
    if (flushed !== undefined) this.#waiting.push({ end: this.#written, flushed });
    try {
      // 0 with bytes that wait: Bun has thrown it away, and a hole must not be followed by anything.
      if (this.#socket.send(text) === 0 && this.buffered > 0) return this.terminate();
    } catch {
      // It is closing already, and the end follows.
    }
    if (flushed !== undefined) this.#look();
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
  }

  /** Some runtimes can only ask for the end, so it is not waited for. */
  terminate(): void {
    try {
      this.#socket.terminate();
    } catch {
      this.#socket.close();
    }
    this.closed();
  }

  pause(): void {
    this.#unasked = 0;
  }

  resume(): void {
    this.#unasked = undefined;
  }

  /** @param data What is no text is not looked at. */
  message(data: unknown): void {
    if (this.#isOver) return;
    if (typeof data !== 'string') return this.#connection.message(undefined, 0);
    const bytes = bytesOf(data);
    if (this.#unasked !== undefined) {
      this.#unasked += bytes;
      if (this.#unasked > MOST_UNASKED) {
        this.close(CloseCode.tryLater, 'too fast');
        return this.closed();
      }
    }
    this.#connection.message(data, bytes);
  }

  closed(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#poll);
    this.#waiting = [];
    this.#connection.closed();
  }

  /** Tells who waits for what has left, and looks again later for the others. */
  #look(): void {
    const left = this.#written - this.buffered;
    const count = this.#waiting.findIndex(({ end }) => end > left);
    const gone = this.#waiting.splice(0, count === -1 ? Infinity : count);
    for (const { flushed } of gone) flushed();
    if (this.#waiting.length === 0 || this.#poll !== undefined) return;
    this.#poll = setTimeout(() => {
      this.#poll = undefined;
      this.#look();
    }, POLL);
    unref(this.#poll);
  }
}

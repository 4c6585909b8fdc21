import { WebSocket } from 'ws';
import type { Contestant, ContestantParts } from './contestant.js';

const BASE_MS = 50;
const MAX_MS = 500;

/**
 * The reconnecting client that everybody writes first: exponential backoff with
 * 30 % of jitter on top. It has no heartbeat, asks for no resume, waits for no
 * ack, and drops what is sent while the link is down.
 */
export class NaiveClient implements Contestant {
  readonly name = 'naive';
  readonly #parts: ContestantParts;
  #socket: WebSocket;
  #opens = 0;
  #failures = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(parts: ContestantParts) {
    this.#parts = parts;
    this.#socket = this.#connect();
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  get reconnects(): number {
    return Math.max(0, this.#opens - 1);
  }

  send(number: number): void {
    if (this.isOpen) this.#socket.send(JSON.stringify({ type: 'note', n: number }));
  }

  async close(): Promise<void> {
    this.#socket.removeAllListeners('close');
    clearTimeout(this.#timer);
    this.#socket.close();
  }

  #connect(): WebSocket {
    const socket = new WebSocket(this.#parts.url, { handshakeTimeout: 1_000 });
    socket.on('open', () => {
      this.#opens += 1;
      this.#failures = 0;
    });
    socket.on('message', (data) => {
      const frame = JSON.parse(String(data));
      if (frame.type === 'tick') this.#parts.onTick(frame.n);
    });
    socket.on('error', () => {});
    socket.on('close', () => this.#retry());
    return socket;
  }

  #retry(): void {
    const delay = Math.min(MAX_MS, BASE_MS * 2 ** this.#failures);
    this.#failures += 1;
    this.#timer = setTimeout(
      () => {
        this.#socket = this.#connect();
      },
      delay * (1 + 0.3 * this.#parts.random()),
    );
  }
}

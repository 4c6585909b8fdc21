import type { CloseInfo, CloseVerdict, Input } from './core/io.js';
import { byteLength, type WebSocketConstructor, type WebSocketLike } from './environment.js';
import type { Encoded } from './protocol/frames.js';

const ignore = (): void => {};

/** Owns the one WebSocket: what a socket of the past still has to say is nobody's business. */
export class Transport {
  readonly #run: (input: Input) => void;
  readonly #judge: (info: CloseInfo) => CloseVerdict;
  /** Frames read, and their bytes. */
  readonly received = { frames: 0, bytes: 0 };
  #socket: WebSocketLike | undefined;

  constructor(run: (input: Input) => void, judge: (info: CloseInfo) => CloseVerdict) {
    this.#run = run;
    this.#judge = judge;
  }

  /** Bytes that wait in the socket; some implementations do not count them, and then it is 0. */
  get bufferedAmount(): number {
    return this.#socket?.bufferedAmount || 0;
  }

  /** Throws what the constructor throws. */
  dial(WebSocket: WebSocketConstructor, url: string, protocols: readonly string[]): void {
    const socket = protocols.length ? new WebSocket(url, [...protocols]) : new WebSocket(url);
    let httpStatus = 0;
    this.#socket = socket;
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => this.#run({ type: 'opened' });
    socket.onmessage = ({ data }: { readonly data: unknown }) => {
      this.received.frames++;
      this.received.bytes += byteLength(data);
      this.#run({ type: 'frame', data });
    };
    socket.onerror = ({ message }: { readonly message?: unknown }) => {
      // Node tells what the handshake was refused with, pages never do.
      httpStatus = Number(/\b40[13]\b/.exec(String(message))?.[0] ?? 0);
      this.#run({ type: 'errored' });
    };
    socket.onclose = ({ code, reason, wasClean }: CloseInfo) => {
      const info = { code, reason, wasClean };
      this.#let();
      this.#run({ type: 'closed', info, httpStatus, verdict: this.#judge(info) });
    };
  }

  write(data: Encoded): void {
    this.#socket?.send(data);
  }

  /** Says goodbye and waits for the answer. */
  hangUp(code: number, reason: string): void {
    this.#socket?.close(code, reason);
  }

  /** Lets go at once: on a dead link the close event would come a minute late. */
  abandon(dead: boolean): void {
    const socket = this.#socket as (WebSocketLike & { terminate?: () => void }) | undefined; // safe: optional, of `ws` only
    if (!socket) return;
    this.#let();
    try {
      socket.close();
      // `ws` would keep the process for 30 s, to wait for an answer that can not come.
      if (dead) socket.terminate?.();
    } catch {
      // A socket that can not even be closed is of no use to anybody.
    }
  }

  #let(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    // Not null: in Node an error that nobody listens to ends the process.
    socket.onerror = ignore;
  }
}

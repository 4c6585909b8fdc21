import { closeArguments } from './conversions.js';
import { domException } from './dom-exception.js';
import { createHandlers, defineEventHandlers, type Handlers } from './event-handlers.js';
import type { WrappedWebSocketConstructor } from './link.js';
import type { Data } from './message-queue.js';
import {
  type ProtocolsSource,
  type ReconnectingWebSocketOptions,
  resolveHeartbeat,
  resolveSocketOptions,
  type SocketData,
  type UrlSource,
} from './options.js';
import { createSocketShell, type SocketShell } from './shell.js';
import { SmallEventTarget } from './small-event-target.js';

/** The typed event methods of a WebSocket. */
export type SocketEventTarget = Pick<WebSocket, 'addEventListener' | 'removeEventListener' | 'dispatchEvent'>;

// Safe: some engines have none, whatever the types say, and the small one does the same for these three methods.
const Target = ((globalThis as { EventTarget?: unknown }).EventTarget ??
  SmallEventTarget) as new () => SocketEventTarget;

// Remembered, because this class may be put in its place. Safe: it may be missing.
const original = (globalThis as { WebSocket?: unknown }).WebSocket as WrappedWebSocketConstructor | undefined;

const READ_ONLY = ['url', 'readyState', 'bufferedAmount', 'extensions', 'protocol'] as const;
const STATES = { CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 } as const;

/**
 * A `WebSocket` that connects again when it is cut off, with the interface of the standard (WHATWG WebSockets, WebIDL), so
 * that it can stand wherever a WebSocket is wanted. Messages sent while there is no connection wait, bounded.
 *
 * It puts nothing of its own on the wire. So a message that was written to a dying link is lost, and nobody is told:
 * `ReliableSocket` is for those that must arrive.
 */
export class ReconnectingWebSocket extends Target implements WebSocket {
  declare static readonly CONNECTING: 0;
  declare static readonly OPEN: 1;
  declare static readonly CLOSING: 2;
  declare static readonly CLOSED: 3;
  declare readonly CONNECTING: 0;
  declare readonly OPEN: 1;
  declare readonly CLOSING: 2;
  declare readonly CLOSED: 3;
  /** The url of the present attempt, or of the last one. */
  declare readonly url: string;
  /**
   * CONNECTING also between two attempts; CLOSED from an `error` to its `close`, while that is told, and after the end.
   */
  declare readonly readyState: 0 | 1 | 2 | 3;
  /** Bytes that wait, in the queue and in the socket. */
  declare readonly bufferedAmount: number;
  declare readonly extensions: string;
  declare readonly protocol: string;
  declare onopen: WebSocket['onopen'];
  declare onmessage: WebSocket['onmessage'];
  declare onerror: WebSocket['onerror'];
  declare onclose: WebSocket['onclose'];

  readonly #shell: SocketShell;
  readonly #handlers: Handlers = createHandlers();

  static {
    const define = Object.defineProperty;
    const { prototype } = ReconnectingWebSocket;
    for (const name of READ_ONLY) {
      const accessor = {
        get [name](): unknown {
          return (this as unknown as ReconnectingWebSocket).#shell[name]; // safe: `#shell` is the brand check
        },
      };
      Object.defineProperties(prototype, Object.getOwnPropertyDescriptors(accessor));
    }
    for (const name of ['close', 'send', 'binaryType']) define(prototype, name, { enumerable: true });
    for (const [name, value] of Object.entries(STATES)) {
      for (const holder of [ReconnectingWebSocket, prototype]) define(holder, name, { value, enumerable: true });
    }
    // The names by which an interface is known to its users, whatever a minifier makes of the class's own.
    const name = { value: 'WebSocket', configurable: true };
    define(ReconnectingWebSocket, 'name', name);
    define(prototype, Symbol.toStringTag, name);
    defineEventHandlers<ReconnectingWebSocket>(prototype, (socket) => socket.#handlers);
  }

  /**
   * @param url where to; relative to the page, http as ws. A function is asked anew for every attempt
   * @param protocols subprotocols to offer; a function is asked anew for every attempt
   * @throws DOMException `SyntaxError` for the url or the subprotocols, and whatever else the platform's class refuses
   * @throws DOMException `NotSupportedError` where there is no class to connect with
   * @throws TypeError for an option out of range, with its name, its value and what was wanted
   */
  constructor(
    url: UrlSource,
    protocols: ProtocolsSource = undefined,
    options: ReconnectingWebSocketOptions | undefined = undefined,
  ) {
    super();
    // biome-ignore lint/complexity/noArguments: a parameter that is missing differs from undefined in WebIDL
    if (!arguments.length) throw new TypeError('WebSocket: the url is missing');
    const { environment, heartbeat, signal, startClosed, WebSocket } = options ?? {};
    const resolved = resolveSocketOptions(options ?? {});
    const choose = (current: unknown): WrappedWebSocketConstructor => {
      // Safe: it answers false for what is no object.
      // biome-ignore lint/suspicious/noPrototypeBuiltins: asked of this class, which has the method of all functions
      const isOurs = current === ReconnectingWebSocket || ReconnectingWebSocket.isPrototypeOf(current as object);
      const found = WebSocket ?? (isOurs ? original : current);
      // Safe: what can not do what a WebSocket does shows at the first attempt.
      if (typeof found === 'function') return found as WrappedWebSocketConstructor;
      throw domException('NotSupportedError', `the WebSocket class is ${found}, pass one as option`);
    };
    this.#shell = createSocketShell(
      url,
      protocols,
      resolved,
      heartbeat && resolveHeartbeat(heartbeat),
      environment,
      signal,
      choose,
      (event) => super.dispatchEvent(event),
    );
    if (!startClosed && !signal?.aborted) this.#shell.start();
  }

  /** Holds for this connection and for all that follow. */
  get binaryType(): 'blob' | 'arraybuffer' {
    return this.#shell.binaryType as 'blob' | 'arraybuffer'; // safe: the setter takes nothing else
  }

  set binaryType(type: 'blob' | 'arraybuffer') {
    const shell = this.#shell;
    const text = `${type}`;
    if (text === 'blob' || text === 'arraybuffer') shell.binaryType = text;
  }

  /** Retries since the last healthy connection. */
  get retryCount(): number {
    return this.#shell.retryCount;
  }

  /**
   * Sends now, or when there is a connection. After the end it waits for a `reconnect()`.
   *
   * @throws DOMException `QuotaExceededError` with `overflow: 'reject'` if the queue is full
   */
  send(data: SocketData): void {
    const shell = this.#shell;
    // biome-ignore lint/complexity/noArguments: a parameter that is missing differs from undefined in WebIDL
    if (!arguments.length) throw new TypeError('send: the data is missing');
    shell.send(data);
  }

  /**
   * Ends it: no more attempts. The `close` event comes later, as a task of its own.
   *
   * @throws DOMException `InvalidAccessError` for the code, `SyntaxError` for a reason over 123 bytes
   */
  close(...[code, reason]: [code?: number, reason?: string]): void {
    const shell = this.#shell;
    shell.close(...closeArguments(code, reason));
  }

  /**
   * Connects anew and at once, in every state, also after the end: what is there is let go without waiting for its end.
   *
   * @throws DOMException as `close()` does; `NotSupportedError` where there is no class to connect with
   */
  reconnect(code?: number, reason?: string): void {
    this.#shell.reconnect(...closeArguments(code, reason));
  }

  /** Takes what waits out of the queue, oldest first. Also after the end. */
  drainQueuedMessages(): Data[] {
    return this.#shell.drain();
  }
}

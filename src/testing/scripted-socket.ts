import { AMOUNT, FUNCTION, must, OBJECT, type Rule } from './checks.js';

/** What a client may hand to `send()`. */
export type ScriptedData = string | ArrayBuffer | ArrayBufferView;

export interface ScriptedEvent {
  readonly type: string;
  readonly target: ScriptedSocket;
}

export interface ScriptedMessageEvent extends ScriptedEvent {
  readonly data: string | ArrayBuffer;
}

export interface ScriptedCloseEvent extends ScriptedEvent {
  readonly code: number;
  readonly reason: string;
  readonly wasClean: boolean;
}

export interface ScriptedEvents {
  open: ScriptedEvent;
  message: ScriptedMessageEvent;
  error: ScriptedEvent;
  close: ScriptedCloseEvent;
}

type Listener<E> = (event: E) => void;
type AnyListener = Listener<ScriptedEvents[keyof ScriptedEvents]>;

const DATA: Rule = ['a text or an object', (value) => typeof value === 'string' || OBJECT[1](value)];
const CODE: Rule = ['a whole number', Number.isInteger];
const CONNECTING = 0;
const OPEN = 1;
const CLOSING = 2;
const CLOSED = 3;

/**
 * A socket in the shape of the browsers' `WebSocket` which does nothing of its
 * own accord: the test plays the network. Get it from `scriptedSockets()`.
 *
 * Half-open is what you get by doing nothing: `readyState` stays 1, and after
 * the client's `close()` it is 2 until the test says `finishClose()`.
 *
 * Events are sent at once, in the caller's stack, to the `on…` property first
 * and then to the listeners. An error that a handler throws reaches the test.
 */
export class ScriptedSocket {
  static readonly CONNECTING: 0 = CONNECTING;
  static readonly OPEN: 1 = OPEN;
  static readonly CLOSING: 2 = CLOSING;
  static readonly CLOSED: 3 = CLOSED;
  readonly CONNECTING: 0 = CONNECTING;
  readonly OPEN: 1 = OPEN;
  readonly CLOSING: 2 = CLOSING;
  readonly CLOSED: 3 = CLOSED;

  readonly url: string;
  /** The subprotocols that the client offered. */
  readonly protocols: readonly string[];
  /** The subprotocol that the test chose with `open()`. */
  protocol: string = '';
  readonly extensions: string = '';
  binaryType: 'blob' | 'arraybuffer' = 'blob';
  readyState: number = CONNECTING;

  onopen: Listener<ScriptedEvent> | null = null;
  onmessage: Listener<ScriptedMessageEvent> | null = null;
  onerror: Listener<ScriptedEvent> | null = null;
  onclose: Listener<ScriptedCloseEvent> | null = null;

  /** Everything that the client sent while the socket was open, as it was given. */
  readonly sent: ScriptedData[] = [];
  /** The client's calls of `close()`, with the arguments that it gave. */
  readonly closed: { code: number | undefined; reason: string | undefined }[] = [];
  /** What the client did that the standard forbids or that goes nowhere. A good client leaves it empty. */
  readonly violations: string[] = [];

  /** Bytes that wait in the socket. The test may set it. */
  bufferedAmount: number = 0;
  /** With `true`, what is sent adds up in `bufferedAmount` until `drainBuffer()`. @default false */
  buffering: boolean = false;

  readonly #listeners = new Map<string, Set<AnyListener>>();
  #everOpened = false;

  constructor(url: string | URL, protocols: string | readonly string[] = []) {
    this.url = String(url);
    this.protocols = typeof protocols === 'string' ? [protocols] : [...protocols];
  }

  // What the client calls.

  send(data: ScriptedData): void {
    if (this.readyState === CONNECTING) {
      throw this.#violation('InvalidStateError', 'send() while CONNECTING');
    }
    if (this.readyState !== OPEN) {
      // Not an error in the standard: the bytes are counted and go nowhere.
      this.#violation('InvalidStateError', 'send() on a socket that is closing or closed');
      this.bufferedAmount += byteLength(data);
      return;
    }
    this.sent.push(data);
    if (this.buffering) this.bufferedAmount += byteLength(data);
  }

  close(code?: number, reason?: string): void {
    if (code !== undefined && code !== 1000 && !(code >= 3000 && code <= 4999)) {
      throw this.#violation('InvalidAccessError', `close() with the code ${code}`);
    }
    if (reason !== undefined && byteLength(reason) > 123) {
      throw this.#violation('SyntaxError', 'close() with a reason above 123 bytes');
    }
    this.closed.push({ code, reason });
    if (this.readyState < CLOSING) this.readyState = CLOSING;
  }

  addEventListener<T extends keyof ScriptedEvents>(type: T, listener: Listener<ScriptedEvents[T]>): void {
    const listeners = this.#listeners.get(type) ?? new Set();
    this.#listeners.set(type, listeners.add(listener as AnyListener));
  }

  removeEventListener<T extends keyof ScriptedEvents>(type: T, listener: Listener<ScriptedEvents[T]>): void {
    this.#listeners.get(type)?.delete(listener as AnyListener);
  }

  // What the test calls: the network's part.

  /** What was sent, each text frame parsed as JSON. */
  get frames(): Record<string, unknown>[] {
    return this.sent.filter((data) => typeof data === 'string').map((text) => JSON.parse(text));
  }

  /** The handshake succeeds. @param protocol The subprotocol that the server chose. @default '' */
  open(protocol: string = ''): void {
    this.#must(this.readyState === CONNECTING, 'open()');
    this.readyState = OPEN;
    this.#everOpened = true;
    this.protocol = protocol;
    this.#emit('open', { type: 'open', target: this });
  }

  /**
   * A frame arrives. An object is sent as its JSON text, a string or an
   * `ArrayBuffer` as it is. Works also while the client waits for the close, for
   * some runtimes still deliver then.
   */
  receive(data: string | object): void {
    this.#must(this.#everOpened && this.readyState !== CLOSED, 'receive()');
    must('ScriptedSocket: receive: the data', data, DATA);
    const raw = typeof data === 'string' || data instanceof ArrayBuffer ? data : JSON.stringify(data);
    this.#emit('message', { type: 'message', target: this, data: raw });
  }

  /** The handshake fails: `error`, then `close` with 1006. */
  fail(): void {
    this.#must(!this.#everOpened && this.readyState !== CLOSED, 'fail()');
    this.#end(1006, '', false);
  }

  /**
   * The link ends: one `close` event. An unclean 1006 comes without an `error`
   * before it, as in Node; call `error()` first to be a browser.
   */
  drop(code: number = 1006, reason: string = '', wasClean: boolean = false): void {
    this.#must(this.#everOpened && this.readyState !== CLOSED, 'drop()');
    must('ScriptedSocket: drop: the code', code, CODE);
    this.readyState = CLOSED;
    this.#emitClose(code, reason, wasClean);
  }

  /**
   * An `error` event, and nothing after it: some runtimes never send the `close`.
   * @param readyState What the runtime says afterwards. @default as it was
   */
  error(readyState: number = this.readyState): void {
    this.readyState = readyState;
    this.#emit('error', { type: 'error', target: this });
  }

  /**
   * The answer to the client's `close()` comes: a `close` event with the code
   * that the client gave (1005 if none). A socket that never opened gets `error`
   * and 1006, as the standard says.
   */
  finishClose(): void {
    this.#must(this.readyState === CLOSING, 'finishClose()');
    if (!this.#everOpened) {
      this.#end(1006, '', false);
      return;
    }
    const asked = this.closed[0];
    this.readyState = CLOSED;
    this.#emitClose(asked?.code ?? 1005, asked?.reason ?? '', true);
  }

  /**
   * The system notices at last that the link is dead, long after the client gave
   * it up: `error`, then `close` with 1006, whatever the state was. A client that
   * has moved on must take no notice.
   */
  lateClose(): void {
    this.#end(1006, '', false);
  }

  /** The network takes bytes from the buffer. @default all of them */
  drainBuffer(bytes: number = Infinity): void {
    must('ScriptedSocket: drainBuffer: bytes', bytes, AMOUNT);
    this.bufferedAmount = Math.max(0, this.bufferedAmount - bytes);
  }

  #end(code: number, reason: string, wasClean: boolean): void {
    this.readyState = CLOSED;
    this.#emit('error', { type: 'error', target: this });
    this.#emitClose(code, reason, wasClean);
  }

  #emitClose(code: number, reason: string, wasClean: boolean): void {
    this.#emit('close', { type: 'close', target: this, code, reason, wasClean });
  }

  #emit<T extends keyof ScriptedEvents>(type: T, event: ScriptedEvents[T]): void {
    const property = this[`on${type}`] as Listener<ScriptedEvents[T]> | null;
    property?.(event);
    for (const listener of [...(this.#listeners.get(type) ?? [])]) listener(event);
  }

  #violation(name: string, text: string): Error {
    this.violations.push(text);
    return Object.assign(new Error(`ScriptedSocket: ${text}`), { name });
  }

  /** A step that no network could take is a mistake in the test. */
  #must(possible: boolean, call: string): void {
    if (!possible) throw new Error(`ScriptedSocket: ${call} is impossible in readyState ${this.readyState}`);
  }
}

function byteLength(data: ScriptedData): number {
  return typeof data === 'string' ? new TextEncoder().encode(data).length : data.byteLength;
}

/** A WebSocket class of its own, and the sockets that were made with it. */
export interface ScriptedSockets {
  /** Give this to the client. */
  readonly WebSocket: typeof ScriptedSocket;
  /** Every socket so far, oldest first. */
  readonly sockets: readonly ScriptedSocket[];
  /** The newest socket. Throws if there is none, so that a test need not check. */
  readonly last: ScriptedSocket;
}

/**
 * Makes a WebSocket class whose sockets the test holds in its hands.
 *
 * @param onCreate Called in the constructor with each new socket, for example to
 *   throw as a browser does for a forbidden URL. The events belong later: the
 *   client has no handlers yet.
 */
export function scriptedSockets(onCreate?: (socket: ScriptedSocket) => void): ScriptedSockets {
  if (onCreate !== undefined) must('scriptedSockets: onCreate', onCreate, FUNCTION);
  const sockets: ScriptedSocket[] = [];
  return {
    WebSocket: class extends ScriptedSocket {
      constructor(url: string | URL, protocols?: string | readonly string[]) {
        super(url, protocols);
        onCreate?.(this);
        sockets.push(this);
      }
    },
    sockets,
    get last(): ScriptedSocket {
      const last = sockets.at(-1);
      if (last === undefined) {
        throw new Error(
          'scriptedSockets: the client has made no socket; the first one is made in a microtask, after `await settlePromises()`',
        );
      }
      return last;
    },
  };
}

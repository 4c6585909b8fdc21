import type { Jitter } from '../core/backoff.js';
import type { CloseInfo, Overflow } from '../core/io.js';
import type { Environment } from '../environment.js';
import { type Lifecycle, pageLifecycle } from '../lifecycle/page.js';
import type { LossContext } from './reconnector.js';

/** What may be sent. */
export type SocketData = string | ArrayBufferLike | Blob | ArrayBufferView;

/** A url; a function is asked anew for every attempt. */
export type UrlSource = string | URL | (() => string | URL | Promise<string | URL>);

type Protocols = string | readonly string[] | null | undefined;
/** Subprotocols to offer; a function is asked anew for every attempt, and may answer null for none. */
export type ProtocolsSource = string | readonly string[] | undefined | (() => Protocols | Promise<Protocols>);

/** Whether another connection is tried after this one. `opened` is false for an attempt that failed. */
export type ShouldReconnect = (close: CloseInfo, context: LossContext) => boolean;

export interface SocketHeartbeat {
  /** What to send after `interval` ms without any frame from the server; a function makes it anew. */
  readonly ping: SocketData | (() => SocketData);
  /** True for a frame that answers a ping: listeners do not get it. That the link lives is seen by any frame. */
  readonly isPong: (data: unknown) => boolean;
  /** ms of silence before a ping. @default 30_000 */
  readonly interval?: number;
  /** ms after a ping without any frame, after which the link is dead. @default 10_000 */
  readonly timeout?: number;
}

export interface ReconnectingWebSocketOptions {
  /**
   * `'each'` tells every lost connection and failed attempt as `close`, as reconnecting wrappers do. `'final'` tells only
   * the end, and an `open` for each new connection: for users that would else reconnect beside it. @default 'each'
   */
  readonly closeEvent?: 'each' | 'final';
  /** Asked whenever a connection ends that nobody closed here; false makes it the end. @default always true */
  readonly shouldReconnect?: ShouldReconnect;
  /** The same, by the name that partysocket gave it. */
  readonly shouldReconnectOnClose?: (close: CloseInfo) => boolean;
  /** Mean of the first delay, in ms; with `jitter: 'none'` the delay itself. @default 1_000 */
  readonly minReconnectionDelay?: number;
  /** ms; no delay is longer. @default 30_000 */
  readonly maxReconnectionDelay?: number;
  /** By what the mean grows with each failed attempt. @default 2 */
  readonly reconnectionDelayGrowFactor?: number;
  /**
   * How a delay is spread: drawn from the middle 90 % of [0, twice its mean), which is capped first, or none, or your own.
   * @default 'full'
   */
  readonly jitter?: Jitter;
  /** ms that a connection must last before the backoff starts anew. @default 5_000 */
  readonly minUptime?: number;
  /** The same, by the name that `ReliableSocket` gives it. */
  readonly stableAfter?: number;
  /** ms for one attempt: url, subprotocols and handshake. @default 10_000 */
  readonly connectionTimeout?: number;
  /** Retries in a row after which it is over. @default Infinity */
  readonly maxRetries?: number;
  /** Messages that may wait for a connection. @default 10_000 */
  readonly maxEnqueuedMessages?: number;
  /** Their bytes. @default 8_388_608 */
  readonly maxEnqueuedBytes?: number;
  /**
   * Who goes when the queue is full: the newest, the oldest, or the newest with a `QuotaExceededError` thrown by `send()`.
   * Each message that goes is told as a `drop` event with it as `data`. @default 'drop-newest'
   */
  readonly overflow?: Overflow;
  /** Do nothing until `reconnect()`. @default false */
  readonly startClosed?: boolean;
  /** Pings of yours that find dead links. @default none: nothing but your messages goes on the wire */
  readonly heartbeat?: SocketHeartbeat;
  /** Aborting it is the same as `close()`. */
  readonly signal?: AbortSignal;
  /** The class to connect with. @default the runtime's own */
  readonly WebSocket?: unknown;
  /** Tell what happens to `debugLogger`. @default false */
  readonly debug?: boolean;
  /** @default console.log */
  readonly debugLogger?: (...what: unknown[]) => void;
  /** Where hints about the app's life come from. @default the web page's events, if there is a page */
  readonly lifecycle?: false | Lifecycle;
  /** Clock, timers, chance: for tests. */
  readonly environment?: Partial<Environment>;
}

/** Every option that has a default, with its value. */
export interface ResolvedSocketOptions {
  readonly closeEvent: 'each' | 'final';
  readonly shouldReconnect: ShouldReconnect;
  readonly minReconnectionDelay: number;
  readonly maxReconnectionDelay: number;
  readonly reconnectionDelayGrowFactor: number;
  readonly jitter: Jitter;
  readonly minUptime: number;
  readonly connectionTimeout: number;
  readonly maxRetries: number;
  readonly maxEnqueuedMessages: number;
  readonly maxEnqueuedBytes: number;
  readonly overflow: Overflow;
  readonly debug: boolean;
  readonly debugLogger: (...what: unknown[]) => void;
  readonly lifecycle: false | Lifecycle;
}

const DEFAULTS: ResolvedSocketOptions = {
  closeEvent: 'each',
  shouldReconnect: () => true,
  minReconnectionDelay: 1_000,
  maxReconnectionDelay: 30_000,
  reconnectionDelayGrowFactor: 2,
  jitter: 'full',
  minUptime: 5_000,
  connectionTimeout: 10_000,
  maxRetries: Infinity,
  maxEnqueuedMessages: 10_000,
  maxEnqueuedBytes: 8_388_608,
  overflow: 'drop-newest',
  debug: false,
  // biome-ignore lint/suspicious/noConsole: what `debug` is for, as in the wrappers that it comes from
  debugLogger: (...what) => console.log(...what),
  lifecycle: pageLifecycle,
};

/** Numbers that may not be as low as 0. */
const LEAST: Partial<Record<string, number>> = {
  reconnectionDelayGrowFactor: 1,
  connectionTimeout: 1,
  interval: 1,
  timeout: 1,
};

/** The words or types that an option may be. */
const WORDS: Partial<Record<string, string>> = {
  closeEvent: 'each final',
  shouldReconnect: 'function',
  jitter: 'full none function',
  overflow: 'drop-newest drop-oldest reject',
  isPong: 'function',
};

const resolve = <T extends object>(given: object, defaults: T): T => {
  const values = { ...defaults };
  // Safe: these are the names of T.
  for (const name of Object.keys(defaults) as (keyof T & string)[]) {
    const value = (given as Partial<T>)[name] ?? defaults[name];
    const words = WORDS[name];
    const least = LEAST[name] ?? 0;
    const fits =
      typeof defaults[name] === 'number'
        ? typeof value === 'number' && value >= least
        : !words || words.split(' ').includes(typeof value === 'string' ? value : typeof value);
    if (!fits) {
      throw new TypeError(
        `${name} is ${String(value)}, wanted ${words ? 'one of' : 'a number from'} ${words ?? least}`,
      );
    }
    values[name] = value;
  }
  return values;
};

/** Fills in the defaults and checks every range; throws a `TypeError` with the option's name and value. */
export const resolveSocketOptions = (given: ReconnectingWebSocketOptions): ResolvedSocketOptions => {
  const { stableAfter: minUptime, shouldReconnectOnClose: shouldReconnect } = given;
  return resolve({ minUptime, shouldReconnect, ...given }, DEFAULTS);
};

export const resolveHeartbeat = (given: SocketHeartbeat): Required<SocketHeartbeat> =>
  resolve(given, { interval: 30_000, timeout: 10_000, ping: given.ping, isPong: given.isPong });

import { check, checkSeq, type Rule, resolveGroup } from './checks.js';
import type { Jitter } from './core/backoff.js';
import type { CloseInfo, CloseVerdict, Cursor, Gap, Overflow, Policy, TokenReason } from './core/io.js';
import type { SessionOptions } from './core/session.js';
import type { Environment, WebSocketConstructor } from './environment.js';
import { ReliableSocketError } from './errors.js';
import type { Lifecycle } from './lifecycle/page.js';
import { OVERFLOWS, queue, resolvePolicy, type SendPolicy } from './policies.js';
import type { Message, Protocol } from './protocol/frames.js';
import { json } from './protocol/json.js';
import type { StandardSchema } from './schema.js';
import type { OutboxStore } from './store.js';
import type { MessageOf, TypeOf } from './types.js';

/** Where to connect to: asked anew for every attempt if it is a function. */
export type UrlProvider = string | URL | (() => string | URL | Promise<string | URL>);

export interface ConnectOptions {
  /** ms for one attempt: token, url, handshake and, with `auth.via: 'message'`, the welcome. @default 10_000 */
  readonly timeout?: number | undefined;
  /** Wait for the first `connect()`, `send()`, `request()`, `opened()` or channel listener. @default false */
  readonly lazy?: boolean | undefined;
}

export interface BackoffOptions {
  /** Mean of the first delay, in ms. @default 1_000 */
  readonly base?: number | undefined;
  /** The factor by which the mean grows with each failed attempt. @default 2 */
  readonly factor?: number | undefined;
  /** ms; no delay is longer. @default 30_000 */
  readonly max?: number | undefined;
  /** How a delay is spread: drawn from [0, twice its mean) and capped first, or none, or your own. @default 'full' */
  readonly jitter?: Jitter | undefined;
  /** Retries in a row after which the state is `closed { reason: 'retries-exhausted' }`. @default Infinity */
  readonly maxRetries?: number | undefined;
  /** ms that a connection must last before the backoff starts anew. @default 5_000 */
  readonly stableAfter?: number | undefined;
}

export interface HeartbeatOptions {
  /** ms of silence, or with something unproved, after which a ping is written. @default 30_000 */
  readonly interval?: number | undefined;
  /** ms after a ping without any frame, after which the link is dead. @default 10_000 */
  readonly timeout?: number | undefined;
}

export interface ResumeOptions {
  /** Say where to continue in the query of the url, or in a `subscribe` frame (for signed urls). @default 'url' */
  readonly via?: 'url' | 'message' | undefined;
  /** Name of the query parameter. @default 'lastSeq' */
  readonly param?: string | undefined;
  /** Continue from here instead of from now on, for instance after a reload. `{ seq: 0 }` wants all there is. */
  readonly from?: Cursor | undefined;
  /** The server numbers without holes, so that a hole is a gap. A server can say so itself. @default false */
  readonly contiguous?: boolean | undefined;
  /** Send `client` and `conn`, so that the server can let a newer connection take over. @default true */
  readonly identity?: boolean | undefined;
}

export interface QueueOptions {
  /** Messages that may wait or be unproved with an ack. @default 10_000 */
  readonly maxMessages?: number | undefined;
  /** Bytes of these messages, as encoded. @default 8_388_608 */
  readonly maxBytes?: number | undefined;
  /**
   * What happens when the queue is full: the oldest messages that were never written make room, the new one ends as
   * `dropped`, or the new one ends as `rejected`. @default 'drop-oldest'
   */
  readonly overflow?: Overflow | undefined;
  /** Bytes in the socket's buffer (`bufferedAmount`) above which writing pauses. @default 1_048_576 */
  readonly highWaterMark?: number | undefined;
  /** Messages per second at most. @default Infinity */
  readonly flushRate?: number | undefined;
}

export interface AuthOptions {
  /**
   * `'query'`: in the url, which any server can read and many log. `'subprotocol'`: beside `reliable-socket` as
   * `auth.<base64url>`. `'message'`: in the first frame. @default 'query'
   */
  readonly via?: 'query' | 'subprotocol' | 'message' | undefined;
  /** Name of the query parameter. @default 'token' */
  readonly param?: string | undefined;
}

export interface TokenRequest {
  readonly reason: TokenReason;
  /** Number of the attempt that waits for it; 0 on a live link. */
  readonly attempt: number;
  /** Aborted when nobody waits any more. Undefined only where the runtime has no AbortController. */
  readonly signal: AbortSignal | undefined;
}

export type TokenResult =
  | string
  | {
      readonly token: string;
      /** ms from now. The next one is asked for when a fifth of it, at most a minute, is left. */
      readonly expiresIn?: number | undefined;
      /** Whose it is, say a user id. When it changes, the outbox and the cursors are dropped, and you are told. */
      readonly subject?: string | undefined;
    };

export interface ReliableSocketOptions<In extends Message = Message, Out extends Message = Message> {
  /** The class to connect with: that of `ws` in Node 20. @default the runtime's own, looked up when connecting */
  readonly WebSocket?: WebSocketConstructor | undefined;
  /** Subprotocols to offer (RFC 6455 section 1.9). @default [] */
  readonly protocols?: string | readonly string[] | undefined;
  /** When to connect, and how long an attempt may take. */
  readonly connect?: ConnectOptions | undefined;
  /** How long to wait before the next attempt, and how often to try. */
  readonly backoff?: BackoffOptions | undefined;
  /** `false` writes no pings: then a dead link is found only by the runtime, minutes later, and only an ack proves anything. */
  readonly heartbeat?: false | HeartbeatOptions | undefined;
  /** `false` ignores `seq` and sends no parameters: messages come at most once. */
  readonly resume?: false | ResumeOptions | undefined;
  /** What may wait, and how fast it is written. */
  readonly queue?: QueueOptions | undefined;
  /** What happens to the messages of each type while the link is down, by `queue()`, `latest()`, `drop()` or `reject()`. */
  readonly policies?: { readonly [T in TypeOf<Out>]?: SendPolicy<MessageOf<Out, T>> | undefined } | undefined;
  /** For types without one of their own. @default queue() */
  readonly defaultPolicy?: SendPolicy<Out> | undefined;
  /** For `request()`. */
  readonly request?:
    | {
        /** ms until a request without an answer rejects. @default 30_000 */
        readonly timeout?: number | undefined;
      }
    | undefined;
  /**
   * Brings a token; asked once for all who wait. The token is kept until it is refused, about to expire, or `close()` is
   * called.
   */
  readonly token?: ((request: TokenRequest) => TokenResult | Promise<TokenResult>) | undefined;
  /** How the token goes to the server. */
  readonly auth?: AuthOptions | undefined;
  /**
   * Fetches what a gap left out. Live messages of its stream wait, bounded, until it resolves. If it resolves with a
   * cursor, they go on after its `seq`: the last number that the snapshot includes, in the numbering of `gap.epoch`.
   */
  readonly onGap?: ((gap: Gap) => Promise<Cursor | undefined | void> | Cursor | undefined | void) | undefined;
  /** Decides what follows a close code; undefined leaves it to the default of that code. */
  readonly onClose?: ((info: CloseInfo) => CloseVerdict | void) | undefined;
  /** Where hints about the app's life come from. @default the web page's events, if there is a page */
  readonly lifecycle?: false | Lifecycle | undefined;
  /** Keeps messages with `queue({ durable: true })`. Without it they are kept in memory, like all others. */
  readonly store?: OutboxStore | undefined;
  /** How frames are written and read. @default json() */
  readonly protocol?: Protocol | undefined;
  /** Checks each incoming message (Standard Schema, synchronous); listeners get the value that it returns. */
  readonly schema?: StandardSchema<In> | undefined;
  /** Clock, timers, random numbers: for tests, and for timers of a worker. */
  readonly environment?: Partial<Environment> | undefined;
}

/** Options with each of them there. */
type Filled<T> = { readonly [K in keyof T]-?: Exclude<T[K], undefined> };

/** The options that are numbers, words and flags, each with a value. */
export interface Defaults {
  readonly connect: Filled<ConnectOptions>;
  readonly backoff: Filled<BackoffOptions>;
  readonly heartbeat: Filled<HeartbeatOptions>;
  readonly resume: Filled<Omit<ResumeOptions, 'from'>> & { readonly from: Cursor | undefined };
  readonly queue: Filled<QueueOptions>;
  readonly request: { readonly timeout: number };
  readonly auth: Filled<AuthOptions>;
}

/** Every default, in ms and bytes. */
export const defaults: Defaults = {
  connect: { timeout: 10_000, lazy: false },
  backoff: { base: 1_000, factor: 2, max: 30_000, jitter: 'full', maxRetries: Infinity, stableAfter: 5_000 },
  heartbeat: { interval: 30_000, timeout: 10_000 },
  resume: { via: 'url', param: 'lastSeq', from: undefined, contiguous: false, identity: true },
  queue: {
    maxMessages: 10_000,
    maxBytes: 8_388_608,
    overflow: 'drop-oldest',
    highWaterMark: 1_048_576,
    flushRate: Infinity,
  },
  request: { timeout: 30_000 },
  auth: { via: 'query', param: 'token' },
};
for (const group of [defaults, ...Object.values(defaults)]) Object.freeze(group);

export interface ResolvedOptions {
  readonly session: SessionOptions;
  readonly lazy: boolean;
  readonly requestTimeout: number;
  policyOf(type: string): Policy;
  readonly requestPolicyOf: (type: string) => Policy;
}

const RULES: { readonly [G in keyof Defaults]: { readonly [K in keyof Defaults[G]]?: Rule } } = {
  connect: { timeout: 1, lazy: ['boolean'] },
  backoff: { base: 0, factor: 1, max: 0, jitter: ['full', 'none', 'function'], maxRetries: 0, stableAfter: 0 },
  heartbeat: { interval: 1, timeout: 1 },
  resume: { via: ['url', 'message'], contiguous: ['boolean'], identity: ['boolean'] },
  queue: {
    maxMessages: 1,
    maxBytes: 1,
    overflow: OVERFLOWS,
    highWaterMark: 1,
    flushRate: Number.MIN_VALUE,
  },
  request: { timeout: 1 },
  auth: { via: ['query', 'subprotocol', 'message'] },
};

/** Fills in the defaults and checks every range; throws `bad-option` with the option's name and value. */
export const resolveOptions = <In extends Message, Out extends Message>(
  options: ReliableSocketOptions<In, Out>,
  clientId: string,
  hasUrlProvider: boolean,
): ResolvedOptions => {
  const group = <G extends keyof Defaults>(name: G): Defaults[G] =>
    resolveGroup(name, options[name], defaults[name], RULES[name]);
  const { timeout: connectTimeout, lazy } = group('connect');
  const queueOptions = group('queue');
  const heartbeat = options.heartbeat !== false && group('heartbeat');
  // A wait that never ends can not be told from none, and one ping would follow the other.
  if (heartbeat && heartbeat.timeout === Infinity) check('heartbeat.timeout', Infinity, ['a finite number']);
  const resume = options.resume !== false && group('resume');
  const protocol = options.protocol ?? json();
  const from = resume ? resume.from : undefined;
  if (from) checkSeq('resume.from.seq', from.seq);
  // Only the type is told, not the value: a string in the place of the hook may be the token.
  for (const name of ['token', 'onGap', 'onClose', 'WebSocket', 'lifecycle'] as const) {
    if (options[name]) check(`typeof ${name}`, typeof options[name], ['function']);
  }

  const queueing = {
    ...queueOptions,
    pongsProve: heartbeat !== false && !protocol.literalPing,
    hasStore: options.store !== undefined,
  };
  const fallback = resolvePolicy('defaultPolicy', options.defaultPolicy ?? queue(), queueing);
  const policies = new Map<string, Policy>();
  const requests = new Map<string, Policy>();
  for (const [type, policy] of Object.entries<SendPolicy<never> | undefined>(options.policies ?? {})) {
    if (policy !== undefined) policies.set(type, resolvePolicy(`policies.${type}`, policy, queueing));
  }
  const policyOf = (type: string): Policy => policies.get(type) ?? fallback;

  return {
    lazy,
    requestTimeout: group('request').timeout,
    policyOf,
    // An answer is an ack with data, so a request is always acked by message; the rest is as its type says.
    requestPolicyOf(type) {
      const own = policyOf(type);
      // The very same, since a policy counts what it has in flight.
      if (own.ack === 'message') return own;
      const asked =
        requests.get(type) ??
        resolvePolicy(type, { ...(own.kind === 'queue' ? own : queue()), ack: 'message' }, queueing);
      requests.set(type, asked);
      return asked;
    },
    session: {
      connectTimeout,
      backoff: group('backoff'),
      heartbeat,
      resume,
      queue: queueing,
      auth: group('auth'),
      protocol,
      protocols: [options.protocols ?? []].flat(),
      hasTokenHook: options.token !== undefined,
      hasUrlProvider,
      asksForGaps: options.onGap !== undefined,
      clientId,
    },
  };
};

/** A url that a WebSocket takes, as text; http becomes ws, as the WHATWG standard does. Throws `bad-url`. */
export const checkUrl = (url: unknown): string => {
  const text = String(url).replace(/^http/i, 'ws');
  if (/^wss?:\/\/[^\s/?#]+\S*$/i.test(text)) return text;
  // What is shown ends before the query: it may hold a token.
  const shown = String(url).replace(/\?.*$/s, '?...');
  throw new ReliableSocketError('bad-url', `connect: the url is "${shown}", wanted one like wss://host/path`);
};

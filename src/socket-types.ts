import type { ClosedReason, CloseInfo, Gap, LossCause, OutcomeName, Place, State } from './core/io.js';
import type { ReliableSocketError } from './errors.js';
import type { Message } from './protocol/frames.js';

/**
 * Where the conversation is: look at `status` first, it says which other fields there are.
 *
 * - `idle`: nothing was tried yet.
 * - `connecting`: attempt number `attempt`: 1 for the first, and each loss or failure since the last healthy connection adds one.
 * - `open`: since `since`. `resumed`: the server was asked to continue after the last message.
 * - `waiting`: for the next attempt, at `retryAt`. `reason` is a word to log: a close code, `heartbeat`, `token-failed`, ...
 * - `suspended`: the page is frozen or in the back-forward cache (`why` is the event), or the tab has no leader.
 * - `closing`: `close()` waits for the server, a second at most.
 * - `closed`: over, until `connect()` or `reconnect()`. `error` says what to do, unless you called `close()`.
 *
 * `since` and `retryAt` are ms since 1970.
 */
export type SocketState =
  | Exclude<State, { readonly status: 'closed' }>
  | { readonly status: 'closed'; readonly reason: ClosedReason; readonly error?: ReliableSocketError };

/** A message that will not arrive, or of which nobody knows whether it did. */
export interface Undelivered {
  /** That of its receipt. */
  readonly id: string;
  readonly message: Message;
  /** The channel's name; undefined for the default stream. */
  readonly channel: string | undefined;
  /** `unknown` if it may have arrived; any other outcome means that it had no effect. */
  readonly outcome: OutcomeName;
  /**
   * Why, in a word to log: `queue-full`, `ttl`, `not-writable` (no open link), `link-lost`, `ack-timeout`, `nack`,
   * `poisoned`, `ids-expired`, `cancelled`, `cleared`, `subject-changed`, `closed`, ...
   */
  readonly reason: string;
}

export interface SocketEvents {
  /** The new snapshot, also found as `socket.state`. */
  state: SocketState;
  /** The connection is open. `resumed`: the server was asked to continue after the last message. */
  open: { readonly resumed: boolean; readonly attempt: number };
  /** Messages are missing, or one came out of order. Of every channel; `channel` says which. */
  gap: Gap;
  /** Where a stream stands: after each message and each gap of it, and when the server first says it. */
  cursor: { readonly channel: string | undefined; readonly to: Place };
  /**
   * Fires once for each message whose outcome is none of `acked`, `sent`, `replaced` and `kept`, and with `unknown` for one
   * that was `sent` on a link which then died without a proof of it.
   */
  undelivered: Undelivered;
  /** Something is wrong that no call could throw. Without a listener it is ignored. */
  error: ReliableSocketError;
  /** A connection that was open is lost. Told before the `state` that says what follows, which is still the old one here. */
  close: CloseInfo & { readonly cause: LossCause };
}

export const SOCKET_EVENTS: readonly (keyof SocketEvents)[] = [
  'state',
  'open',
  'gap',
  'cursor',
  'undelivered',
  'error',
  'close',
];

export interface SendOptions {
  /**
   * The idempotency key, if the application has its own. Servers know it together with the user, or without users
   * together with this client instance. @default random and unique
   */
  readonly id?: string | undefined;
  /** ms that the message may wait, instead of the policy's `ttl`. */
  readonly ttl?: number | undefined;
  /** Takes the message back when it is aborted, as `receipt.cancel()` does. */
  readonly signal?: AbortSignal | undefined;
  /**
   * For a message that another instance had, for instance one before a restart: the time in ms since 1970 from which on it
   * may have been written under this `id`. It is sent if its policy has an `ack`, or is `latest()`; else it could arrive
   * twice, and is `unknown` at once. @default the message is new
   */
  readonly since?: number | undefined;
}

export interface RequestOptions {
  /** ms to wait for the answer. @default the `request.timeout` option */
  readonly timeout?: number | undefined;
  /** Gives the request up: rejects with `aborted`, or with `outcome-unknown` if it was written. */
  readonly signal?: AbortSignal | undefined;
  /** As for `send`. */
  readonly id?: string | undefined;
  /** As for `send`. */
  readonly since?: number | undefined;
}

export interface CloseOptions {
  /** 1000, or 3000 to 4999. @default 1000 */
  readonly code?: number | undefined;
  /** At most 123 bytes (RFC 6455 section 5.5). @default '' */
  readonly reason?: string | undefined;
  /**
   * First waits until the outbox is empty, for so many ms at most; `true` is 10_000. Without it what waits settles as
   * `closed`. @default false
   */
  readonly drain?: boolean | number | undefined;
}

export interface SocketStats {
  /** ms from the last answered ping to its pong. */
  readonly roundTrip: number | undefined;
  /** Connections that opened. */
  readonly opened: number;
  /** Application messages written, repetitions included. */
  readonly sent: number;
  readonly bytesSent: number;
  /** Frames read, control frames included. */
  readonly received: number;
  readonly bytesReceived: number;
  /** Messages written without proof that were too many to remember: if they are lost, nobody can say which they were. */
  readonly forgotten: number;
  /** How many messages the server replayed on the last connection, if its `welcome` said so. */
  readonly recovered: number | undefined;
  readonly lastClose: CloseInfo | undefined;
}

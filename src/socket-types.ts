import type { ClosedReason, CloseInfo, Gap, LossCause, OutcomeName, Place, State } from './core/io.js';
import type { ReliableSocketError } from './errors.js';
import type { Message } from './protocol/frames.js';

/** Where the conversation is. `attempt` counts from 1 since the last healthy connection; times are ms since 1970. */
export type SocketState =
  | Exclude<State, { readonly status: 'closed' }>
  | { readonly status: 'closed'; readonly reason: ClosedReason; readonly error?: ReliableSocketError };

/** A message that will not arrive, or of which nobody knows whether it did. */
export interface Undelivered {
  readonly id: string;
  readonly message: Message;
  readonly channel: string | undefined;
  readonly outcome: OutcomeName;
  /** In a word: `queue-full`, `ttl`, `link-lost`, `ack-timeout`, `nack`, `poisoned`, `ids-expired`, `closed`, ... */
  readonly reason: string;
}

export interface SocketEvents {
  /** The new snapshot, also found as `socket.state`. */
  state: SocketState;
  /** The connection is open. `resumed`: it was asked to continue from a cursor. */
  open: { readonly resumed: boolean; readonly attempt: number };
  /** Messages are missing, or one came out of order. Of every channel; `channel` says which. */
  gap: Gap;
  /** Where a stream stands: after each message and each gap of it, and when the server first says it. */
  cursor: { readonly channel: string | undefined; readonly to: Place };
  /** Fires once for each message whose outcome is none of `acked`, `sent`, `replaced` and `kept`. */
  undelivered: Undelivered;
  /** Something is wrong that no call could throw. Without a listener it is ignored. */
  error: ReliableSocketError;
  /** A connection that was open is lost; what follows is in `state`. */
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
  /** The idempotency key, if the application has its own. @default random and unique */
  readonly id?: string;
  /** ms; instead of the policy's. */
  readonly ttl?: number;
  /** Cancels the message when it is aborted. */
  readonly signal?: AbortSignal;
  /**
   * ms since 1970: since when another instance had the message under this `id` and may have written it. Only what its
   * policy proves, or a last value, is then sent; the rest is `unknown` at once.
   */
  readonly since?: number;
}

export interface RequestOptions {
  /** ms. @default the `request.timeout` option */
  readonly timeout?: number;
  /** Gives the request up: rejects with `aborted`, or with `outcome-unknown` if it was written. */
  readonly signal?: AbortSignal;
  /** As for `send`. */
  readonly id?: string;
  /** As for `send`. */
  readonly since?: number;
}

export interface CloseOptions {
  /** @default 1000 */
  readonly code?: number;
  /** At most 123 bytes (RFC 6455 section 5.5). @default '' */
  readonly reason?: string;
  /** First let the outbox empty, for so many ms at most; `true` is 10_000. @default false */
  readonly drain?: boolean | number;
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
  /** Messages whose connection died while they were unproved, and that were too many to be remembered and told. */
  readonly forgotten: number;
  /** What the last `welcome` said it replayed. */
  readonly recovered: number | undefined;
  readonly lastClose: CloseInfo | undefined;
}

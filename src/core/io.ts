import type { Encoded, Message } from '../protocol/frames.js';

/** A place in a stream: the number of its last message, and the server's name for that numbering, if it has one. */
export interface Cursor {
  readonly seq: number;
  readonly epoch?: string | undefined;
}

/** Where the stream of a channel stands; without `channel` the default stream. */
export interface NamedCursor extends Cursor {
  readonly channel?: string;
}

/** What lets another instance go on where this one stood: who it is to the server, and how far it has read. */
export interface Continuation {
  /** The `client` of the wire. A server that knows no principals keys takeover and idempotency by it. */
  readonly client: string;
  /** The newest `conn` that was dialled; the next instance dials with a higher one, so that it takes over. */
  readonly conn: number;
  readonly cursors: readonly NamedCursor[];
  /** Whose conversation it is, if the token hook says so: one of somebody else does not go on with it. */
  readonly subject?: string | undefined;
  /** The server says `welcome`: what is sent again waits for it, since it says how long ids are remembered. */
  readonly welcomed?: boolean | undefined;
}

/**
 * What is missing from a stream: the messages after `from` up to and including `to`. With another epoch `from` belongs
 * to the old numbering and `to` to the new one. `undefined` means not known.
 */
export interface Gap {
  /** The channel's name; undefined for the default stream. */
  readonly channel: string | undefined;
  readonly from: number | undefined;
  readonly to: number | undefined;
  /**
   * `missed`: the server goes on after numbers that never came. `epoch`: another incarnation of the numbering.
   * `renumbered`: no epoch, and the numbers went back. `out-of-order`: this one came late, and is delivered. `overflow`:
   * more waited for `onGap` than the bound allows. `subject`: another user's token. Any
   * other is the `reason` of the server's `reset`.
   */
  readonly reason: string;
  /** The epoch from here on, that is of `to`. */
  readonly epoch: string | undefined;
}

/** Where a stream is, as far as is known. */
export interface Place {
  readonly seq: number | undefined;
  readonly epoch: string | undefined;
}

/** A step of a stream, for the shell to carry out in order; `to` is where the cursor is after it. */
export type Passage = { readonly channel: string | undefined; readonly to: Place } & (
  | { readonly do: 'deliver'; readonly message: Message; readonly numbered: boolean }
  | { readonly do: 'gap'; readonly gap: Gap; readonly ask: boolean }
);

/**
 * What happens when a message does not fit into the queue: the oldest that were never written make room, or it is itself
 * `dropped`, or it is `rejected`.
 */
export type Overflow = 'drop-oldest' | 'drop-newest' | 'reject';

/** A send policy with every default filled in: the fields that its kind does not know have no effect. */
export interface Policy {
  readonly kind: 'queue' | 'latest' | 'drop' | 'reject';
  readonly ttl: number;
  readonly ack: 'none' | 'message' | 'pong';
  readonly ackTimeout: number;
  readonly overflow: Overflow;
  readonly inFlight: number;
  readonly durable: boolean;
  readonly key: (message: never) => unknown;
}

/** What became of a message at once. `replaced`: it waits, in the place of an older value of its key. */
export type ReceiptStatus = 'written' | 'queued' | 'replaced' | 'dropped' | 'rejected';

/** How a message ended. docs/GUARANTEES.md has a table of what each means for what the server has seen. */
export type OutcomeName =
  | 'acked'
  | 'sent'
  | 'replaced'
  | 'dropped'
  | 'rejected'
  | 'expired'
  | 'cancelled'
  | 'refused'
  | 'unknown'
  | 'kept'
  | 'closed';

/** How a message ended; the shell makes the public `Outcome` of it. `serverCode` and `serverMessage` are what its `nack` said. */
export interface Ending {
  readonly outcome: OutcomeName;
  /** For `acked` what proved it: `ack` or `pong`. */
  readonly reason: string;
  readonly data?: unknown;
  readonly serverCode?: string | number | undefined;
  readonly serverMessage?: string | undefined;
}

/** One message on its way out. The core keeps it from `send` until it has ended, and after that until it is proved. */
export interface Entry {
  readonly id: string;
  readonly message: Message;
  readonly channel: string | undefined;
  data: Encoded;
  readonly bytes: number;
  readonly policy: Policy;
  /** The store has it, or is about to. */
  durable: boolean;
  /** Scoped by channel and type; only a `latest` message has one. */
  readonly key: string | undefined;
  readonly createdAt: number;
  readonly expiresAt: number;
  status: ReceiptStatus;
  ending: Ending | undefined;
  /** Set once somebody waits to hear how it ended. */
  resolve: ((ending: Ending) => void) | undefined;
  /** When it was first written: what the server's memory of ids is compared with. */
  firstWrittenAt: number | undefined;
  /** Its number among the writes of this connection. */
  mark: number;
  /** When its ack timeout ends (ms); Infinity unless it was written on this connection. */
  ackBy: number;
  /** How often that ended without an ack on this connection. */
  ackTimeouts: number;
  /** After a `nack` with `retry` it is not written again before this (ms). */
  notBefore: number;
  /** How many such `nack`s there were. */
  refusals: number;
  /** What speaks for and against it as a killer of links. */
  evidence: Evidence | undefined;
  /** The line in which it waits, and its neighbours there. */
  line: Line | undefined;
  previous: Entry | undefined;
  next: Entry | undefined;
}

/** Messages in a row. A message is in one line at most. */
export interface Line extends Iterable<Entry> {
  readonly size: number;
  readonly first: Entry | undefined;
  /** Adds it at the end, or in front of `before`. */
  add(entry: Entry, before?: Entry): void;
  remove(entry: Entry): void;
}

/** What is known of a message that may kill links; poison.ts says how it is used. */
export interface Evidence {
  /** Links that died with it unproved, each by the weight of its close code. */
  kills: number;
  /** Links in a row that died with it alone, soon after it was written. */
  convictions: number;
  /** Links that died without it. */
  alibis: number;
}

/** What the core is told beside an input, and where it puts its commands. */
export interface Turn {
  now: number;
  random: () => number;
  /** Bytes that wait in the socket; what this turn writes is added by the core. */
  bufferedAmount: number;
  /** Adds a command to the answer. */
  tell(command: Command): void;
}

/**
 * Why a token is asked for. `first`: there is none yet, or none since `close()`. `expiring`: a new one before the old one ends.
 * `refused`: the server did not take it. `handshake-failed`: several attempts in a row never opened, which is all that a
 * page sees of a refused upgrade.
 */
export type TokenReason = 'first' | 'expiring' | 'refused' | 'handshake-failed';

/**
 * Who or what ended a connection that was open. `peer`: the server or the network. `heartbeat`: a ping was not answered in
 * time. `reconnect`, `called`: you, by `reconnect()` or `close()`. `goaway`: the server asked for it. `suspended`: the page
 * is frozen. `token`: the new token is of another subject, or the server refused one token too many.
 */
export type LossCause = 'peer' | 'heartbeat' | 'reconnect' | 'goaway' | 'suspended' | 'called' | 'token';

/** How a connection ended, as a `close` event of a WebSocket tells it. */
export interface CloseInfo {
  readonly code: number;
  readonly reason: string;
  readonly wasClean: boolean;
}

/**
 * What `onClose` may answer. `retry`: connect again after the backoff; `retryAfter`: after so many ms. `refresh-token`: ask
 * the token hook first. `stop`: end as `refused-by-server`. undefined: what the close code means by default.
 */
export type CloseVerdict = 'retry' | { readonly retryAfter: number } | 'refresh-token' | 'stop' | undefined;

/** A hint of the page or the app: see `Lifecycle` for what follows each. */
export type LifecycleSignal =
  | 'online'
  | 'offline'
  | 'network'
  | 'visible'
  | 'hidden'
  | 'wake'
  | 'freeze'
  | 'resume'
  | 'pagehide'
  | 'pageshow';

/**
 * Whether a channel is subscribed. `refused`: the server said no, or took it away; it is asked for again by itself only if
 * the server said `retry`.
 */
export type ChannelState =
  | { readonly status: 'idle' | 'subscribing' | 'subscribed' }
  | { readonly status: 'refused'; readonly code: string | number | undefined; readonly message: string | undefined };

/**
 * Why a conversation is over. `called`: you called `close()`. All others come with an error, and keep what waits for a
 * `reconnect()`.
 */
export type ClosedReason = 'called' | 'unauthorized' | 'retries-exhausted' | 'refused-by-server' | 'no-websocket';

/** The one state of the conversation. Internal: the shell adds the error object to `closed`. */
export type State =
  | { readonly status: 'idle' }
  | { readonly status: 'connecting'; readonly attempt: number }
  | { readonly status: 'open'; readonly since: number; readonly resumed: boolean }
  | { readonly status: 'waiting'; readonly attempt: number; readonly retryAt: number; readonly reason: string }
  | { readonly status: 'suspended'; readonly why: string }
  | { readonly status: 'closing' }
  | { readonly status: 'closed'; readonly reason: ClosedReason };

/** A message that is not taken at all. */
export interface Refusal {
  readonly entry: Entry;
  readonly outcome: OutcomeName;
  readonly reason: string;
}

export type Input =
  | {
      readonly type: 'connect' | 'reconnect' | 'alarm' | 'clear' | 'drain' | 'no-websocket' | 'errored' | 'watch-ready';
    }
  | { readonly type: 'close'; readonly code: number; readonly reason: string; readonly drain: number }
  | { readonly type: 'send'; readonly entry: Entry }
  /** From the store; `subject` is whose it is, if that was known when it was kept. */
  | { readonly type: 'restore'; readonly entry: Entry; readonly subject?: string | undefined }
  | ({ readonly type: 'refuse' } & Refusal)
  | { readonly type: 'cancel'; readonly id: string }
  | { readonly type: 'token'; readonly token: string; readonly expiresIn: number; readonly subject: string | undefined }
  | { readonly type: 'token-failed' }
  | { readonly type: 'url'; readonly conn: number; readonly url: string }
  | { readonly type: 'url-failed'; readonly conn: number }
  | { readonly type: 'opened' }
  | { readonly type: 'frame'; readonly data: unknown }
  | { readonly type: 'closed'; readonly info: CloseInfo; readonly httpStatus?: number; readonly verdict?: CloseVerdict }
  | { readonly type: 'signal'; readonly signal: LifecycleSignal }
  | { readonly type: 'subscribe' | 'unsubscribe'; readonly channel: string }
  | { readonly type: 'filled'; readonly channel: string | undefined; readonly cursor: Cursor | undefined };

/** The codes of errors that the core tells; errors.ts has all codes. */
export type CoreErrorCode =
  | 'listener-threw'
  | 'bad-frame'
  | 'heartbeat-unanswered'
  | 'protocol-version'
  | 'unproved-forgotten';

export type Command =
  | Passage
  | { readonly do: 'state'; readonly state: State; readonly text: string }
  /** The cursor moved without a message or a gap. */
  | { readonly do: 'cursor'; readonly channel: string | undefined; readonly to: Place }
  | { readonly do: 'open'; readonly resumed: boolean; readonly attempt: number }
  | { readonly do: 'close-event'; readonly info: CloseInfo; readonly cause: LossCause }
  | { readonly do: 'ask-token'; readonly reason: TokenReason; readonly attempt: number }
  | { readonly do: 'abort-token' }
  | { readonly do: 'ask-url'; readonly conn: number }
  | { readonly do: 'dial'; readonly url: string; readonly protocols: readonly string[] }
  | { readonly do: 'write'; readonly data: Encoded; readonly bytes?: number }
  | { readonly do: 'hang-up'; readonly code: number; readonly reason: string }
  /** Let go of the socket at once. `dead`: it will not even answer a close, so nothing should wait for that. */
  | { readonly do: 'abandon'; readonly dead: boolean }
  | { readonly do: 'ready' }
  | { readonly do: 'settle'; readonly entry: Entry; readonly ending: Ending }
  | { readonly do: 'undelivered'; readonly entry: Entry; readonly ending: Ending }
  /** `over`: nobody will ask for it again. */
  | { readonly do: 'channel'; readonly channel: string; readonly state: ChannelState; readonly over: boolean }
  | { readonly do: 'error'; readonly code: CoreErrorCode; readonly text: string; readonly cause?: unknown };

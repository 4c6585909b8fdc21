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
   * more waited for `onGap` than the bound allows. `subject`: another user's token. Else the server's own word.
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

/** When the newest of too many is turned away, or an older one makes room. */
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

/** How a message ended, before the shell dresses it for the user. `detail` is the server's or our word for why. */
export interface Ending {
  readonly outcome: OutcomeName;
  readonly reason: string;
  readonly by?: 'ack' | 'pong';
  readonly data?: unknown;
  readonly detail?: { readonly code?: string | number | undefined; readonly message?: string | undefined };
}

/** One message on its way out. The core keeps it from `send` until its ending, and past it while unproved. */
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
  /** Who waits to hear how it ended. */
  resolve: ((ending: Ending) => void) | undefined;
  /** When it was first written: what the server's memory of ids is compared with. */
  firstWrittenAt: number | undefined;
  /** Its number among the writes of this connection. */
  mark: number;
  ackBy: number;
  ackTimeouts: number;
  /** A server that says `retry` is not asked again before this. */
  notBefore: number;
  refusals: number;
  /** What speaks for and against it as a killer of links. */
  evidence: Evidence | undefined;
  /** Where it waits, and between whom. */
  line: Line | undefined;
  previous: Entry | undefined;
  next: Entry | undefined;
}

/** Messages in a row, each in one at most. */
export interface Line extends Iterable<Entry> {
  readonly size: number;
  readonly first: Entry | undefined;
  /** Takes it in at the end, or before another one. */
  add(entry: Entry, before?: Entry): void;
  remove(entry: Entry): void;
}

/** See poison.ts. */
export interface Evidence {
  kills: number;
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
 * is frozen. `token`: the new token is of another subject.
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

/** Whether a channel is subscribed. `refused`: the server said no, or took it away; it is not asked for again by itself. */
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
  | { readonly type: 'send' | 'restore'; readonly entry: Entry }
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

/** What the core may complain of; errors.ts has them all. */
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
  | { readonly do: 'write'; readonly data: Encoded }
  | { readonly do: 'hang-up'; readonly code: number; readonly reason: string }
  /** Let go of the socket; a dead one need not be asked to close. */
  | { readonly do: 'abandon'; readonly dead: boolean }
  | { readonly do: 'ready' }
  | { readonly do: 'settle'; readonly entry: Entry; readonly ending: Ending }
  | { readonly do: 'undelivered'; readonly entry: Entry; readonly ending: Ending }
  /** `over`: nobody will ask for it again. */
  | { readonly do: 'channel'; readonly channel: string; readonly state: ChannelState; readonly over: boolean }
  | { readonly do: 'error'; readonly code: CoreErrorCode; readonly text: string; readonly cause?: unknown };

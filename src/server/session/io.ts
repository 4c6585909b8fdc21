import type { Message } from '../../protocol/frames.js';
import type { ServerProtocol } from '../../protocol/server-frames.js';
import type { Batch } from '../batch.js';
import type { Answer, Cursor, Slice } from '../replay-log.js';

/** What the client said of itself when it came. */
export interface Hello {
  readonly client: string | undefined;
  readonly conn: number;
  readonly cursor: Cursor | undefined;
  readonly token: string | undefined;
}

/** Whom a token speaks for. */
export interface Identity {
  /**
   * Names the user: message ids and takeovers of one principal never touch another's. Without it the client instance
   * stands for itself.
   */
  readonly principal?: string | undefined;
  /** When the token ends, by `Date.now()`, in ms. @default never */
  readonly expiresAt?: number | undefined;
  /** What the application wants to find again in its hooks. */
  readonly user?: unknown;
}

/** What became of a token. `failed`: nobody could tell. */
export type TokenVerdict = Identity | 'unauthorized' | 'forbidden' | 'failed';

/** Why a channel is not given, or is taken away. `retry`: `true`, or the ms to wait before asking again. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly retry?: boolean | number;
}

/**
 * Whether a client may send to a channel. `granted`: it follows the channel, so it was let in already. `asked`: it wants
 * to follow it, and nobody has said yet whether it may.
 */
export type Right = 'granted' | 'asked' | 'unknown';

/** A message for the application. */
export interface Received {
  readonly message: Message;
  readonly channel: string | undefined;
  readonly messageId: string | undefined;
  readonly bytes: number;
}

/** Messages that follow each other, as all who follow the stream get them. */
export interface Numbered {
  /** The number of the last one. */
  readonly seq: number;
  readonly batch: Batch;
}

/** One message that was appended just now. */
export interface Live extends Numbered {
  readonly epoch: string;
}

/** What was read from the log, ready to be written. */
export interface Reading extends Omit<Slice, 'entries'> {
  readonly entries: readonly Numbered[];
}

/** Bounds on one connection. */
export interface Limits {
  /** The largest frame, in bytes; else close code 1009. @default 1_048_576 */
  readonly frameBytes: number;
  /** Channels that one connection follows; one more is refused with `too-many-channels`. @default 1_000 */
  readonly channels: number;
  /**
   * Told as `welcome.rate`; ten seconds' worth may come at once, since a bad link holds frames back. Else close code
   * 4429. Every frame counts. `Infinity` for no limit. @default 1_000
   */
  readonly messagesPerSecond: number;
  /** ms until a client is let in, else close code 4401, or 1013 if it waits for our own hook. @default 10_000 */
  readonly unauthenticated: number;
  /**
   * Bytes that one client leaves unread, and bytes of it that wait for the handler. At a quarter of it messages wait in
   * the log; past it the client is cut off with `goaway` and close code 1013. A single message that takes more than three
   * quarters of it goes all the same, and does not count. @default 1_048_576
   */
  readonly bufferedBytes: number;
  /** ms without any progress of a reader for which messages wait, then it is cut off in the same way. @default 30_000 */
  readonly stalled: number;
  /** Characters of a channel's name, a message id, a client id or an epoch. @default 256 */
  readonly nameLength: number;
}

export interface SessionOptions {
  readonly protocol: ServerProtocol;
  readonly authByMessage: boolean;
  readonly resumeByMessage: boolean;
  /** False if nobody asks who is there. */
  readonly guarded: boolean;
  readonly heartbeat: number;
  /** ms, for `welcome.ids` */
  readonly ids: number;
  /** How many messages of one client are handled at a time. */
  readonly concurrency: number;
  readonly limits: Limits;
}

export interface Goaway {
  readonly retryAfter: number;
  readonly within: number;
  readonly reason: string;
}

/** `ticket` names the question that an input answers: an answer to an older one is ignored. */
export type Input =
  | { readonly type: 'opened'; readonly hello: Hello }
  /** `text` is undefined for a binary message. */
  | { readonly type: 'frame'; readonly text: string | undefined; readonly bytes: number }
  | { readonly type: 'judged'; readonly verdict: TokenVerdict }
  | { readonly type: 'taken-over'; readonly won: boolean }
  | { readonly type: 'authorized'; readonly ticket: number; readonly verdict: true | Refusal }
  | { readonly type: 'slice'; readonly ticket: number; readonly slice: Reading }
  | { readonly type: 'live'; readonly channel: string | undefined; readonly live: Live }
  | { readonly type: 'missed'; readonly channel: string | undefined }
  /** Without an answer nobody knows what became of it; the connection ends, and the client asks again. */
  | { readonly type: 'answered'; readonly messageId: string | undefined; readonly answer: Answer | undefined }
  | { readonly type: 'revoke'; readonly channel: string; readonly refusal: Refusal }
  | { readonly type: 'goaway'; readonly goaway: Goaway }
  | { readonly type: 'close'; readonly code: number; readonly reason: string }
  /** Take nothing more, and close with 1012 once what was taken is answered, or after so many ms. */
  | { readonly type: 'finish'; readonly reason: string; readonly patience: number }
  | { readonly type: 'flushed' | 'retire' | 'alarm' | 'closed' };

export type Command =
  /** `flushed`: say when this, and all before it, has left the process. */
  | { readonly do: 'write'; readonly data: string | Batch; readonly flushed: boolean }
  | { readonly do: 'close'; readonly code: number; readonly reason: string }
  | { readonly do: 'terminate' }
  /** Stop reading from the connection, or go on. */
  | { readonly do: 'pause' | 'resume' }
  | { readonly do: 'authenticate'; readonly token: string | undefined }
  | { readonly do: 'take-over'; readonly client: string | undefined; readonly conn: number }
  | { readonly do: 'authorize'; readonly channel: string; readonly ticket: number }
  | { readonly do: 'follow' | 'unfollow'; readonly channel: string | undefined }
  | {
      readonly do: 'read';
      readonly channel: string | undefined;
      readonly ticket: number;
      readonly cursor: Cursor | undefined;
    }
  | { readonly do: 'handle'; readonly received: Received; readonly right: Right }
  /** Nothing of this connection is at work any more. */
  | { readonly do: 'ended' };

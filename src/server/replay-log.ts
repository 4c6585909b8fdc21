/** A place in a stream: the number of its last message, and the incarnation of the numbering. */
export interface Cursor {
  readonly seq: number;
  readonly epoch?: string | undefined;
}

/** A message as the log keeps it: its number, and the text that was appended. */
export interface Entry {
  readonly seq: number;
  readonly data: string;
}

/** What was read from a stream. */
export interface Slice {
  readonly epoch: string;
  /** What follows is newer than this. The cursor's own number, unless `gone`. */
  readonly from: number;
  /** The number of the newest message; 0 if there was none. */
  readonly head: number;
  /** True if not all that follows the cursor is held any more, or if the cursor is of another numbering. */
  readonly gone: boolean;
  /** In the order of their numbers, without holes. */
  readonly entries: readonly Entry[];
}

/** The most that one reading brings; at least one message if there is any and `messages` is not 0. */
export interface SliceLimit {
  readonly messages: number;
  readonly bytes: number;
}

export interface Appended {
  /** The number of the message; of the newest one, if it was appended before. */
  readonly seq: number;
  readonly epoch: string;
  /** The answer that is remembered under the key, if there is one. */
  readonly answer: Answer | undefined;
}

/** What becomes of a message with an id: an ack, with `data` for a request, or a nack. */
export type Answer =
  | { readonly data?: unknown }
  | { readonly nack: { readonly code: string; readonly message: string; readonly retry?: boolean | number } };

/** Names an append, so that it is done once however often it is tried. */
export interface Once {
  readonly key: string;
  readonly answer: Answer;
}

/** Hears what is appended to one stream, by this process or another. */
export interface LogListener {
  /** In the order of the numbers. */
  entry(entry: Entry, epoch: string): void;
  /** Something may have been appended that was not told: read again. */
  missed(): void;
}

/**
 * Numbered streams with a bounded history; `channel` is `undefined` for the default stream.
 *
 * An implementation numbers each stream from 1 without holes, under an epoch that names one unbroken numbering: when
 * numbers were lost it starts another epoch. Epochs have no `~`, which marks the names that single clients have for one.
 */
export interface ReplayLog {
  /** Numbers a text and keeps it. With `once` a key that is known appends nothing, and key and text are kept in one step. */
  append(channel: string | undefined, data: string, once?: Once): Promise<Appended>;
  /**
   * Reads what follows the cursor. Without one it reads from the head, so nothing. A cursor of another epoch, or ahead
   * of the head, is `gone`: the reading begins with the oldest message that is held.
   */
  readAfter(channel: string | undefined, cursor: Cursor | undefined, limit: SliceLimit): Promise<Slice>;
  /** Resolves once nothing is missed any more. The function it yields ends it. */
  subscribe(channel: string | undefined, listener: LogListener): Promise<() => void>;
  /** The memory of ids that is kept in one step with the messages. */
  readonly ids: IdMemory;
  /** For a log that several processes share: without it a takeover works within one process. */
  readonly seats?: Seats;
}

/** Where each client is connected, over all processes of a log. The key holds the principal and the client. */
export interface Seats {
  /**
   * Takes the seat for a connection of this process. False if a newer one of another process has it; else true, once
   * nothing of the older ones of other processes is at work any more, or their process is dead.
   */
  take(key: string, conn: number): Promise<boolean>;
  /** This connection has come to its end. */
  leave(key: string, conn: number): void;
  /**
   * Says what ends the connections of this process that are at most as new as the number, when another process has a newer
   * one. It resolves once nothing of them is at work any more.
   */
  onTaken(vacate: (key: string, conn: number) => Promise<void>): void;
}

/** What is known of a message id that came. */
export type Claim =
  /** Nobody has it: handle the message, then `settle` or `release`. `again`: somebody began, and is no more. */
  { readonly state: 'mine'; readonly again: boolean } | { readonly state: 'answered'; readonly answer: Answer };

/** Remembers message ids with their answers. The key holds the principal (else the client) and the id. */
export interface IdMemory {
  /** An answer is kept for at least so many ms. `welcome.ids` says a minute less. */
  readonly keep: number;
  /** Takes an id. While somebody else handles it, this waits for their answer. */
  claim(key: string): Promise<Claim>;
  settle(key: string, answer: Answer): Promise<void>;
  /** Forgets the claim: the message had no effect, and may come again. */
  release(key: string): Promise<void>;
}

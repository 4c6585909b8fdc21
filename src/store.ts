import type { Continuation } from './core/io.js';
import type { Message } from './protocol/frames.js';

/** A message as a store keeps it. */
export interface StoredMessage {
  readonly id: string;
  readonly message: Message;
  readonly channel?: string | undefined;
  /** ms since 1970. */
  readonly createdAt: number;
  /** Whose it is, if the token hook says so. It is not sent for anybody else. */
  readonly subject?: string | undefined;
  /** Bytes as encoded, for the bounds of a store. A store need not give it back. */
  readonly bytes?: number;
}

/**
 * Keeps messages with `queue({ durable: true })` until they are proved, so that another life of the app can send them
 * with the same ids. A failure is told by an `error` event with code `store-failed`; the message is then kept in memory.
 * What fails again is told again only after a message was kept in between. `reliable-socket/store-contract` checks an
 * implementation.
 */
export interface OutboxStore {
  /**
   * In the order in which they were put. Asked before the first connection, and again if it was closed. Nothing is
   * connected before it and `resume()` have settled: until then attempts fail with the reason `connect-timeout: url`, so
   * what may hang needs a limit in time of its own.
   *
   * @param failed Tells a failure that no call tells: messages that were kept are in memory alone now.
   */
  load(failed?: (cause: unknown) => void): Promise<readonly StoredMessage[]>;
  /** Resolves once a crash can not take it away any more: this is what `receipt.durable` tells. */
  put(message: StoredMessage): Promise<void>;
  /** Resolves also for an id that it does not have. */
  remove(id: string): Promise<void>;
  /**
   * Who the earlier life was to the server, so that this one goes on as the same `client`: a server that knows no
   * principals knows the ids of the messages by it. Asked after `load()` and before the connection; undefined if there
   * is nothing to go on with.
   *
   * Its `conn` is never less than one that an earlier life dialled with, however it ended. So a store that has this
   * writes down, before it resolves, numbers that this life will not reach. Its `cursors` are never ahead of what
   * listeners were given.
   *
   * @param place Where this life stands; may be asked at any time. A socket that goes on where another one with a store
   * stood, as the tabs of `shareAcrossTabs` do, has a `conn` of a store's from the start, and stays the client that it is.
   */
  resume?(place: () => Continuation): Promise<Continuation | undefined>;
  /**
   * The conversation was ended by `close()`: lets go of what other instances may need. A conversation that is revived
   * loads anew.
   */
  close?(): Promise<void>;
}

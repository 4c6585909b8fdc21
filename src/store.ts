import type { Message } from './protocol/frames.js';

/** A message as a store keeps it. */
export interface StoredMessage {
  readonly id: string;
  readonly message: Message;
  readonly channel?: string;
  /** ms since 1970. */
  readonly createdAt: number;
}

/**
 * Keeps messages with `queue({ durable: true })` until they are proved, so that another life of the app can send them
 * with the same ids. A failure is told by an `error` event with code `store-failed`; the message is then kept in memory.
 */
export interface OutboxStore {
  /** In the order in which they were put. Asked once, before the first connection. */
  load(): Promise<readonly StoredMessage[]>;
  put(message: StoredMessage): Promise<void>;
  remove(id: string): Promise<void>;
}

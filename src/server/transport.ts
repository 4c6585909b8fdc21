import type { Batch } from './batch.js';

/** What the server needs of a connection: the seam between it and the library that holds the sockets. */
export interface Transport {
  /** Bytes that wait in this process. */
  readonly buffered: number;
  /**
   * Sends a text message.
   *
   * @param flushed Called once this, and all before it, has left the process; or never, if the connection ends.
   */
  send(text: string, flushed?: () => void): void;
  /** Sends each text of a batch as a message: for who can do it at once. Without it `send` is called for each. */
  sendBatch?(batch: Batch, flushed?: () => void): void;
  close(code: number, reason: string): void;
  /** Ends the connection without a close frame. */
  terminate(): void;
  pause(): void;
  resume(): void;
}

/** What a connection brings of its upgrade. */
export interface Upgrade {
  /** Its path and query. */
  readonly url: string;
  header(name: string): string | undefined;
}

/** Where an adapter puts what comes from the connection. */
export interface Connection {
  /** @param text undefined for a binary message. */
  message(text: string | undefined, bytes: number): void;
  closed(): void;
}

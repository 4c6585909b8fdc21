import type { Input } from './core/io.js';
import type { SendQueue } from './core/send-queue.js';
import type { Message } from './protocol/frames.js';

/** A message that was sent and is not proved yet. */
export interface OutboxEntry {
  readonly id: string;
  readonly message: Message;
  readonly channel: string | undefined;
  readonly bytes: number;
  /** ms since 1970. */
  readonly createdAt: number;
  /** `queued`: never written. `unproved`: written, and only an ack or a pong tells whether it arrived. */
  readonly status: 'queued' | 'unproved';
}

/** What waits to be written or proved. A live view: iterate it, take from it, empty it. */
export class Outbox implements Iterable<OutboxEntry> {
  readonly #queue: SendQueue;
  readonly #run: (input: Input) => void;

  constructor(queue: SendQueue, run: (input: Input) => void) {
    this.#queue = queue;
    this.#run = run;
  }

  /** Number of messages. */
  get size(): number {
    return this.#queue.size;
  }

  /** Their bytes as encoded. */
  get bytes(): number {
    return this.#queue.bytes;
  }

  *[Symbol.iterator](): Generator<OutboxEntry> {
    for (const { id, message, channel, bytes, createdAt, firstWrittenAt } of [...this.#queue]) {
      const status = firstWrittenAt === undefined ? 'queued' : 'unproved';
      yield { id, message, channel, bytes, createdAt, status };
    }
  }

  /** Takes one message back. False if it is not here any more. */
  cancel(id: string): boolean {
    const found = this.#queue.find(id) !== undefined;
    if (found) this.#run({ type: 'cancel', id });
    return found;
  }

  /** Takes all back: `cancelled`, or `unknown` for what was written and not proved. */
  clear(): void {
    this.#run({ type: 'clear' });
  }

  /** Takes out what was never written, and hands it to you. */
  drain(): OutboxEntry[] {
    const unsent = [...this].filter(({ status }) => status === 'queued');
    this.#run({ type: 'drain' });
    return unsent;
  }
}

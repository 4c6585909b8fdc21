import type { OutboxEntry } from '../index.js';
import type { Input } from './io.js';
import type { Mail } from './mail.js';

/** What this tab has sent and what has no ending yet: a live view. */
export class TabOutbox implements Iterable<Omit<OutboxEntry, 'bytes'>> {
  readonly #mail: Mail;
  readonly #run: (input: Input) => void;

  constructor(mail: Mail, run: (input: Input) => void) {
    this.#mail = mail;
    this.#run = run;
  }

  /** Number of messages. */
  get size(): number {
    return this.#mail.own.size;
  }

  /** `queued`: no leader had it. `unproved`: one has it, and may have written it. */
  *[Symbol.iterator](): Generator<Omit<OutboxEntry, 'bytes'>> {
    for (const { id, message, channel, createdAt, since } of [...this.#mail.own.values()]) {
      yield { id, message, channel, createdAt, status: since === undefined ? 'queued' : 'unproved' };
    }
  }

  /** Takes one message back. False if it is not here any more. */
  cancel(id: string): boolean {
    const found = this.#mail.own.has(id);
    if (found) this.#run({ type: 'cancel', id });
    return found;
  }

  /** Takes all back: `cancelled`, or `unknown` for what was written and not proved. */
  clear(): void {
    for (const { id } of this) this.cancel(id);
  }
}

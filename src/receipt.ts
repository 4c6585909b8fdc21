import type { Ending, Entry, OutcomeName, ReceiptStatus } from './core/io.js';
import { type ErrorCode, ReliableSocketError } from './errors.js';

/** How a message ended. docs/GUARANTEES.md says what each word means for what the server has seen. */
export interface Outcome {
  readonly outcome: OutcomeName;
  /** What proved it, for `acked`. */
  readonly by?: 'ack' | 'pong';
  /** What the server's `ack` carried. */
  readonly data?: unknown;
  /** Why, for `refused`, `unknown`, `expired`, `dropped`, `rejected` and `closed`. */
  readonly error?: ReliableSocketError;
}

/** What `send` returns at once. It is not thenable, so that `await send()` can not be mistaken for delivery. */
export interface Receipt {
  /** The idempotency key: stable across retries; on the wire for messages with an ack. */
  readonly id: string;
  /** What became of the message at the time of `send`. `replaced`: it waits in the place of an older value. */
  readonly status: ReceiptStatus;
  /** Resolves when the message has ended, and never rejects. */
  readonly settled: Promise<Outcome>;
  /** True once the store has it; false if it is not durable, or the store failed. */
  readonly durable: Promise<boolean>;
  /** Takes the message back: `cancelled` if it was never written, else `unknown` and not sent again. */
  cancel(): void;
}

const CODES: Partial<Record<OutcomeName, ErrorCode>> = {
  refused: 'refused',
  unknown: 'outcome-unknown',
  expired: 'timeout',
  dropped: 'dropped',
  rejected: 'rejected',
  closed: 'closed',
};

const outcomeOf = ({ id, message }: Entry, { outcome, reason, data, serverCode, serverMessage }: Ending): Outcome => {
  const special = reason === 'poisoned' || reason === 'ids-expired' ? reason : undefined;
  const code = special ?? CODES[outcome];
  const said = serverMessage ?? serverCode;
  const text = `send "${message.type}": ${outcome} (${reason}${said === undefined ? '' : `: ${said}`})`;
  return {
    outcome,
    // Safe: the reason that something is acked is what proved it.
    ...(outcome === 'acked' && { by: reason as 'ack' | 'pong' }),
    ...(data !== undefined && { data }),
    ...(code && { error: new ReliableSocketError(code, text, { id, serverCode, serverMessage }) }),
  };
};

/** The receipt of an entry; the promise of its outcome is made only if somebody asks. */
export class EntryReceipt implements Receipt {
  readonly status: ReceiptStatus;
  readonly durable: Promise<boolean>;
  readonly #entry: Entry;
  readonly #cancel: (entry: Entry) => void;
  #settled: Promise<Outcome> | undefined;

  constructor(entry: Entry, durable: Promise<boolean>, cancel: (entry: Entry) => void) {
    this.status = entry.status;
    this.durable = durable;
    this.#entry = entry;
    this.#cancel = cancel;
  }

  get id(): string {
    return this.#entry.id;
  }

  get settled(): Promise<Outcome> {
    const entry = this.#entry;
    this.#settled ??= new Promise<Ending>((resolve) => {
      if (entry.ending) resolve(entry.ending);
      else entry.resolve = resolve;
    }).then((ending) => outcomeOf(entry, ending));
    return this.#settled;
  }

  cancel(): void {
    this.#cancel(this.#entry);
  }
}

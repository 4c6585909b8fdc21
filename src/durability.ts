import type { Ending, Entry } from './core/io.js';
import type { ErrorCode } from './errors.js';
import type { OutboxStore, StoredMessage } from './store.js';

type Tell = (code: ErrorCode, text: string, cause?: unknown) => void;

const no: Promise<boolean> = Promise.resolve(false);

/** Keeps durable messages in the store, if there is one; a store that fails is told and costs no message. */
export class Durability {
  readonly #store: OutboxStore | undefined;
  readonly #tell: Tell;

  constructor(store: OutboxStore | undefined, tell: Tell) {
    this.#store = store;
    this.#tell = tell;
  }

  /** What an earlier life of the app left; calls `then` in any case. */
  load(then: (messages: readonly StoredMessage[]) => void): void {
    if (!this.#store) return then([]);
    this.#attempt('load', this.#store.load()).then((messages) => then(messages ?? []));
  }

  /** Resolves true once the store has it. */
  keep({ id, message, channel, createdAt, policy, fate }: Entry): Promise<boolean> {
    if (!this.#store || policy.kind !== 'queue' || !policy.durable || fate.ending) return no;
    const stored = { id, message, createdAt, ...(channel !== undefined && { channel }) };
    return this.#attempt(
      'put',
      this.#store.put(stored).then(() => true),
    ).then((kept) => kept === true);
  }

  settled({ id, policy }: Entry, { outcome }: Ending): void {
    if (!this.#store || policy.kind !== 'queue' || !policy.durable || outcome === 'kept') return;
    this.#attempt('remove', this.#store.remove(id));
  }

  async #attempt<T>(action: string, work: Promise<T>): Promise<T | undefined> {
    try {
      return await work;
    } catch (cause) {
      this.#tell('store-failed', `store.${action}: it failed, the messages stay in memory`, cause);
      return undefined;
    }
  }
}

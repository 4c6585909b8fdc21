import type { Entry } from './core/io.js';
import type { ErrorCode } from './errors.js';
import type { OutboxStore, StoredMessage } from './store.js';

/** One for all: most messages are not durable, and a promise for each would be a waste. */
const NO = Promise.resolve(false);

/** Keeps durable messages in the store, if there is one; a store that fails is told and costs no message. */
export interface Durability {
  /** Hands over each message that an earlier life of the app left, and then goes on in any case. */
  load(restore: (message: StoredMessage) => void, then: () => void): void;
  /** Resolves true once the store has it. */
  keep(entry: Entry): Promise<boolean>;
  settled(entry: Entry): void;
}

export const createDurability = (
  store: OutboxStore | undefined,
  tellError: (code: ErrorCode, text: string, cause?: unknown) => void,
): Durability => {
  const attempt = async <T>(action: string, work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await work();
    } catch (cause) {
      tellError('store-failed', `store.${action}: it failed, the messages stay in memory`, cause);
      return undefined;
    }
  };
  return {
    load(restore, then) {
      if (!store) return then();
      attempt('load', async () => {
        // One that can not be sent any more is no reason to keep the others back.
        for (const message of await store.load()) attempt('load', async () => restore(message));
      }).then(then);
    },
    keep(entry) {
      if (!store || !entry.durable || entry.ending) return NO;
      const { id, message, channel, createdAt } = entry;
      const stored = { id, message, createdAt, ...(channel !== undefined && { channel }) };
      return attempt('put', () => store.put(stored).then(() => true)).then((kept) => kept === true);
    },
    settled(entry) {
      if (store && entry.durable && entry.ending?.outcome !== 'kept') attempt('remove', () => store.remove(entry.id));
    },
  };
};

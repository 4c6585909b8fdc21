import type { Entry } from './core/io.js';
import type { ErrorCode } from './errors.js';
import type { OutboxStore, StoredMessage } from './store.js';

/** One for all: most messages are not durable, and a promise for each would be a waste. */
const NO = Promise.resolve(false);

/** Keeps durable messages in the store, if there is one; a store that fails is told and costs no message. */
export interface Durability {
  /** What an earlier life of the app left. Calls back in any case, at once where there is no store. */
  load(then: (messages: readonly StoredMessage[]) => void): void;
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
  const isDurable = ({ policy }: Entry): boolean => policy.kind === 'queue' && policy.durable;
  return {
    load(then) {
      if (store) attempt('load', () => store.load()).then((messages = []) => then(messages));
      else then([]);
    },
    keep(entry) {
      if (!store || !isDurable(entry) || entry.fate.ending) return NO;
      const { id, message, channel, createdAt } = entry;
      const stored = { id, message, createdAt, ...(channel !== undefined && { channel }) };
      return attempt('put', () => store.put(stored).then(() => true)).then((kept) => kept === true);
    },
    settled(entry) {
      if (store && isDurable(entry) && entry.fate.ending?.outcome !== 'kept')
        attempt('remove', () => store.remove(entry.id));
    },
  };
};

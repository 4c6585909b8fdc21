import type { Continuation, Entry } from './core/io.js';
import type { ErrorCode } from './errors.js';
import type { OutboxStore, StoredMessage } from './store.js';

/** One promise for all messages that are not durable, which are most. */
const NO = Promise.resolve(false);

/** What a store gives back to the conversation. */
export interface Restorer {
  restore(message: StoredMessage): void;
  adopt(continuation: Continuation): void;
  place(): Continuation;
  /** Whose message one is that is kept now. */
  subject(): string | undefined;
}

/** Keeps durable messages in the store, if there is one; a store that fails is told and costs no message. */
export interface Durability {
  /** Calls back once what an earlier life of the app left is here, or can not be had. */
  ready(call?: () => void): void;
  /** Resolves true once the store has it. */
  keep(entry: Entry): Promise<boolean>;
  settled(entry: Entry): void;
  /** The conversation was closed. */
  end(): void;
  /** Resolves when the store has let go of it. */
  ended(): Promise<unknown>;
}

export const createDurability = (
  store: OutboxStore | undefined,
  { restore, adopt, place, subject }: Restorer,
  tellError: (code: ErrorCode, text: string, cause?: unknown) => void,
): Durability => {
  let loading: Promise<unknown> | undefined;
  /** A failure was told and no message was kept since, so that further ones are not told. */
  let failing = false;
  /** The store has been read before: the conversation goes on after a `close()`. */
  let revived = false;
  /** Messages that ended before the store was read: it may still have them. */
  const gone = new Set<string>();
  let ending: Promise<unknown> = NO;

  const tell = (action: string, cause: unknown): void => tellError('store-failed', `store.${action}: it failed`, cause);
  const fail = (action: string, cause: unknown): void => {
    if (!failing) tell(action, cause);
    failing = true;
  };
  const attempt = async (action: string, work: () => unknown): Promise<boolean> => {
    try {
      await work();
      return true;
    } catch (cause) {
      fail(action, cause);
      return false;
    }
  };
  const load = async (from: OutboxStore): Promise<void> => {
    const left = await from.load((cause) => fail('load', cause));
    await attempt('resume', async () => {
      const continuation = await from.resume?.(place);
      // In a conversation that is revived the listeners are further than what was written down.
      if (continuation && loading) adopt(revived ? { ...continuation, cursors: [] } : continuation);
    });
    // It was closed in the meantime.
    if (!loading) return;
    revived = true;
    for (const message of left) {
      // One that can not be sent any more is no reason to keep the others back.
      try {
        if (!gone.has(message.id)) restore(message);
      } catch (cause) {
        tell('load', cause);
      }
    }
  };
  return {
    ready(call) {
      if (!store) return call?.();
      loading ??= ending.then(() => attempt('load', () => load(store)));
      loading.then(call);
    },
    keep(entry) {
      if (!entry.durable || entry.ending) return NO;
      const { id, message, channel, createdAt, bytes } = entry;
      const stored = { id, message, createdAt, bytes, channel, subject: subject() };
      return attempt('put', () => store?.put(stored)).then((kept) => {
        if (kept) failing = false;
        else entry.durable = false;
        return kept;
      });
    },
    settled(entry) {
      if (!entry.durable || entry.ending?.outcome === 'kept') return;
      if (!revived) gone.add(entry.id);
      attempt('remove', () => store?.remove(entry.id));
    },
    end() {
      const begun = loading;
      loading = undefined;
      if (!store?.close) return;
      ending = attempt('close', async () => {
        await begun;
        await store.close?.();
      });
    },
    ended: () => ending,
  };
};

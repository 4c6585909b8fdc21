import type { Continuation, OutboxStore, StoredMessage } from '../index.js';

/**
 * A store that keeps messages as long as the object lives: for tests, for a page that makes one socket after the other,
 * and to read before writing one of your own.
 */
export const memoryStore = (): Required<OutboxStore> => {
  const kept = new Map<string, StoredMessage>();
  let place: (() => Continuation) | undefined;
  return {
    load: async () => [...kept.values()],
    async put(message) {
      // The app may go on to change its object.
      kept.set(message.id, structuredClone(message));
    },
    async remove(id) {
      kept.delete(id);
    },
    async resume(next) {
      // Nothing has to be written down: the earlier life can still be asked where it stood.
      const left = place?.();
      place = next;
      return left;
    },
    async close() {},
  };
};

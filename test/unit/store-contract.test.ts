import { describe, expect, it } from 'vitest';
import type { OutboxStore } from '../../src/index.js';
import { memoryStore, type StoreSubject, storeChecks } from '../../src/store-contract/index.js';

/** Each name has one object, which outlives the app. */
const inMemory = (change: (store: Required<OutboxStore>) => Partial<OutboxStore> = () => ({})): StoreSubject => {
  const stores = new Map<string, OutboxStore>();
  return {
    open(name) {
      const memory = memoryStore();
      const store = stores.get(name) ?? { ...memory, ...change(memory) };
      stores.set(name, store);
      return store;
    },
  };
};

describe('memoryStore()', () => {
  it.each(storeChecks)('$name', ({ run }) => run(inMemory()));
});

describe('the checks of the contract', () => {
  it.each<[fault: string, seenBy: string, change: (store: Required<OutboxStore>) => Partial<OutboxStore>]>([
    ['puts nothing', 'gives each message back', () => ({ put: async () => {} })],
    [
      'reverses the order',
      'keeps the order of many',
      ({ load }) => ({ load: async () => [...(await load())].reverse() }),
    ],
    ['removes nothing', 'forgets what was removed', () => ({ remove: async () => {} })],
    [
      'keeps the object of the app',
      'keeps a message as it was',
      () => {
        const kept: Parameters<OutboxStore['put']>[0][] = [];
        return { load: async () => kept, put: async (message) => void kept.push(message) };
      },
    ],
    [
      'drops the channel',
      'gives each message back',
      ({ load }) => ({ load: async () => (await load()).map(({ channel, ...rest }) => rest) }),
    ],
    [
      'forgets who it was',
      'goes on as the same client',
      ({ resume }) => ({ resume: async (place) => void (await resume(place)) }),
    ],
    [
      'begins its numbers anew',
      'goes on as the same client',
      ({ resume }) => ({
        async resume(place) {
          const left = await resume(place);
          return left && { ...left, conn: 1 };
        },
      }),
    ],
    [
      'skips what the listeners have not had',
      'has no cursor that is ahead',
      ({ resume }) => ({
        async resume(place) {
          const left = await resume(place);
          return left && { ...left, cursors: left.cursors.map((cursor) => ({ ...cursor, seq: cursor.seq + 1 })) };
        },
      }),
    ],
  ])('find a store that %s', async (_fault, seenBy, change) => {
    const check = storeChecks.find(({ name }) => name.startsWith(seenBy));
    await expect(check?.run(inMemory(change))).rejects.toThrow(/got|wanted/);
  });

  it('find tabs that share what is theirs', async () => {
    const found: string[] = [];
    for (const { name, run } of storeChecks) {
      await run({ ...inMemory(), tabs: true }).catch(() => found.push(name));
    }
    expect(found).toEqual([expect.stringContaining('two tabs apart')]);
  });
});

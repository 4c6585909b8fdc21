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
    [
      'begins with something',
      'is empty at first',
      ({ load }) => ({
        load: async () => [...(await load()), { id: 'x', message: { type: 'x' }, createdAt: 0 }],
      }),
    ],
    ['puts nothing', 'gives each message back', () => ({ put: async () => {} })],
    [
      'brings the newest life first',
      'keeps the order over several lives',
      ({ load }) => ({ load: async () => [...(await load())].sort((a, b) => b.createdAt - a.createdAt) }),
    ],
    [
      'puts later than it removes',
      'forgets what is removed while it is put',
      ({ put }) => ({ put: (message) => Promise.resolve().then(() => put(message)) }),
    ],
    [
      'takes no id twice',
      'takes an id again',
      ({ put }) => {
        const taken = new Set<string>();
        return {
          async put(message) {
            if (!taken.has(message.id)) await put(message);
            taken.add(message.id);
          },
        };
      },
    ],
    [
      'takes nothing before it was loaded',
      'takes what is put before',
      ({ load, put }) => {
        let isLoaded = false;
        return {
          put: async (message) => void (isLoaded && (await put(message))),
          async load() {
            isLoaded = true;
            return load();
          },
        };
      },
    ],
    [
      'leaves out what is long',
      'takes a long message',
      ({ put }) => ({
        put: async (message) => void (JSON.stringify(message).length < 100_000 && (await put(message))),
      }),
    ],
    [
      'forgets all at close()',
      'loads again after close()',
      ({ load, remove }) => ({
        async close() {
          for (const { id } of await load()) await remove(id);
        },
      }),
    ],
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

  it.each([undefined, memoryStore()])('want a subject that opens stores, not %o', async (subject) => {
    // Safe: what is wrong with it is the test.
    const ran = storeChecks[0]?.run(subject as unknown as StoreSubject);
    await expect(ran).rejects.toThrow('run: subject.open is no function, wanted one that opens a store');
  });

  it('find tabs that share what is theirs', async () => {
    const found: string[] = [];
    for (const { name, run } of storeChecks) {
      await run({ ...inMemory(), tabs: true }).catch(() => found.push(name));
    }
    expect(found).toEqual([expect.stringContaining('two tabs apart')]);
  });

  it('find a tab that gets nothing of those that are gone', async () => {
    const found: string[] = [];
    for (const { name, run } of storeChecks) {
      await run({ open: memoryStore, tabs: true }).catch(() => found.push(name));
    }
    expect(found).toContainEqual(expect.stringContaining('tabs that are gone'));
    expect(found).not.toContainEqual(expect.stringContaining('two tabs apart'));
  });
});

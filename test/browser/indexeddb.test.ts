import { afterEach, describe, expect, inject, it, vi } from 'vitest';
import type { OutboxStore, ReliableSocketError, TokenResult } from '../../src/index.js';
import type { IndexedDbStoreOptions } from '../../src/indexeddb/index.js';
import { RemoteNetwork } from '../support/remote-network.js';
import { until } from '../support/until.js';

// What is tested is the built package, with the browser's own IndexedDB and Web Locks.
const load = (file: string): Promise<unknown> => import(/* @vite-ignore */ `${inject('host')}/package/${file}`);
const { indexedDbStore } = (await load('indexeddb-with-idb.js')) as typeof import('../../src/indexeddb/index.js');
const { storeChecks } = (await load('store-contract.js')) as typeof import('../../src/store-contract/index.js');
const { queue, ReliableSocket } = (await load('index.js')) as typeof import('../../src/index.js');

const NOWHERE = 'ws://127.0.0.1:1';
const cleanUp: (() => unknown)[] = [];
let names = 0;

afterEach(async () => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  for (const clean of cleanUp.splice(0).reverse()) await clean();
});

interface Life {
  readonly socket: InstanceType<typeof ReliableSocket>;
  readonly errors: ReliableSocketError[];
  readonly heard: unknown[];
}

/** A life of the app, with a store of its own. */
const live = (
  url: string,
  options: IndexedDbStoreOptions,
  store: OutboxStore = indexedDbStore(options),
  token?: () => TokenResult,
): Life => {
  const socket = new ReliableSocket(url, {
    ...(token && { token }),
    backoff: { base: 20, max: 100 },
    policies: { order: queue({ ack: 'message', durable: true }) },
    store,
  });
  const life: Life = { socket, errors: [], heard: [] };
  socket.on('error', (error) => life.errors.push(error));
  socket.onMessage('news', ({ n }) => life.heard.push(n));
  cleanUp.push(() => socket.close());
  return life;
};
const newName = (): string => `orders-${Date.now()}-${++names}`;
const order = ({ socket }: Life, n: number) => socket.send({ type: 'order', n });
const openNetwork = async (): Promise<RemoteNetwork> => {
  const network = await RemoteNetwork.open(inject('host'));
  cleanUp.push(() => network.close());
  return network;
};
/** What the store has on the disk. */
const kept = async (name: string): Promise<unknown[]> => {
  const store = indexedDbStore({ name });
  const messages = await store.load();
  await store.close();
  return messages.map(({ id }) => id);
};
const openRaw = (name: string, version: number): Promise<IDBDatabase> =>
  new Promise((resolve, reject) => {
    const request = indexedDB.open(name, version);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
const expectToldOnce = ({ errors }: Life, cause: RegExp): void => {
  expect(errors.map(({ code }) => code)).toEqual(['store-failed']);
  expect(String(errors[0]?.cause)).toMatch(cause);
};

describe('indexedDbStore()', () => {
  it.each(storeChecks)('$name', ({ run }) => run({ open: (name) => indexedDbStore({ name }), tabs: true }));

  it('keeps what could not be sent for the next life, which goes on as the same client', async () => {
    const name = newName();
    const first = live(NOWHERE, { name });
    const receipts = [1, 2, 3].map((n) => order(first, n));
    expect(await Promise.all(receipts.map(({ durable }) => durable))).toEqual([true, true, true]);
    await until(() => first.socket.state.status === 'waiting');
    await first.socket.close();
    expect((await receipts[0]?.settled)?.outcome).toBe('kept');

    const network = await openNetwork();
    const second = live(network.url, { name });
    await second.socket.opened();
    await until(() => second.socket.outbox.size === 0);
    const { received, handshakes } = await network.see();
    expect(received).toEqual([1, 2, 3]);
    const { client, conn } = second.socket.continuation();
    expect(handshakes[0]).toContain(`client=${client}&conn=${conn}`);
    expect(client).toBe(first.socket.continuation().client);
    expect(conn).toBeGreaterThan(first.socket.continuation().conn);
    expect(second.errors).toEqual([]);
    await second.socket.close();
    expect(await kept(name)).toEqual([]);
  });

  it('lets go once and for all of what was sent again with its id while it was still read', async () => {
    const name = newName();
    const first = live(NOWHERE, { name });
    expect(await first.socket.send({ type: 'order', n: 1 }, { id: 'a' }).durable).toBe(true);
    await first.socket.close();

    const network = await openNetwork();
    const second = live(network.url, { name });
    const receipt = second.socket.send({ type: 'order', n: 1 }, { id: 'a' });
    expect((await receipt.settled).outcome).toBe('acked');
    expect(await receipt.durable).toBe(true);
    await second.socket.close();
    expect((await network.see()).received).toEqual([1]);
    expect(await kept(name)).toEqual([]);
  });

  it('lets go of what was taken back while it was still read', async () => {
    const name = newName();
    const first = live(NOWHERE, { name });
    expect(await first.socket.send({ type: 'order', n: 1 }, { id: 'a' }).durable).toBe(true);
    await first.socket.close();

    const second = live(NOWHERE, { name });
    const receipt = second.socket.send({ type: 'order', n: 1 }, { id: 'a' });
    receipt.cancel();
    expect((await receipt.settled).outcome).toBe('cancelled');
    const other = order(second, 2);
    expect(await other.durable).toBe(true);
    await second.socket.close();
    expect(await kept(name)).toEqual([other.id]);
  });

  it('has a message once that two tabs have left', async () => {
    const name = newName();
    const message = { id: 'a', message: { type: 'order' }, createdAt: 1 };
    const tabs = [indexedDbStore({ name }), indexedDbStore({ name })];
    for (const tab of tabs) await tab.load();
    for (const tab of tabs) await tab.put(message);
    for (const tab of tabs) await tab.close();
    const next = indexedDbStore({ name });
    expect(await next.load()).toEqual([message]);
    await next.remove('a');
    await next.close();
    expect(await kept(name)).toEqual([]);
  });

  it('takes a name that no lock may have', async () => {
    const name = `-${newName()}`;
    const life = live(NOWHERE, { name });
    expect(await order(life, 1).durable).toBe(true);
    await life.socket.close();
    expect(await kept(name)).toHaveLength(1);
  });

  it('does without its note for a reload where the application has filled the storage of the session', async () => {
    const life = live(NOWHERE, { name: newName() });
    expect(await order(life, 1).durable).toBe(true);
    vi.spyOn(Storage.prototype, 'setItem').mockImplementation(() => {
      throw new DOMException('full', 'QuotaExceededError');
    });
    const uncaught = vi.fn((event: Event) => event.preventDefault());
    addEventListener('error', uncaught);
    cleanUp.push(() => removeEventListener('error', uncaught));
    dispatchEvent(new Event('pagehide'));
    expect(uncaught).not.toHaveBeenCalled();
    expect(life.errors).toEqual([]);
  });

  it('loads anew when a conversation is revived, and connects only then', async () => {
    const network = await openNetwork();
    const life = live(NOWHERE, { name: newName() });
    // While it is loaded, and connected to nobody.
    expect(await order(life, 1).durable).toBe(true);
    await life.socket.close();
    life.socket.connect();
    await until(() => life.socket.outbox.size === 1);
    await life.socket.close();
    const { client } = life.socket.continuation();
    const other = live(network.url, { name: newName() });
    await other.socket.opened();
    await other.socket.close();
    other.socket.connect();
    await other.socket.opened();
    const [first, second] = (await network.see()).handshakes.map((url) => new URL(url, network.url).searchParams);
    expect(second?.get('client')).toBe(first?.get('client'));
    expect(Number(second?.get('conn'))).toBeGreaterThan(Number(first?.get('conn')));
    life.socket.connect();
    expect(life.socket.state.status).toBe('connecting');
    await until(() => life.socket.outbox.size === 1);
    expect(life.socket.continuation().client).toBe(client);
  });

  it('leaves to a socket that goes on where another one stood whose client it is, and writes that down', async () => {
    const network = await openNetwork();
    const options = { name: newName(), cursors: true };
    const first = live(network.url, options);
    await first.socket.opened();
    await network.publish(1, 2);
    await until(() => first.heard.length === 2);
    const place = first.socket.continuation();
    // As the leader of tabs does whose predecessor is frozen: that one still has its slot, so this one gets another.
    const second = live(network.url, options);
    second.socket.adopt(place);
    await second.socket.opened();
    const next = second.socket.continuation();
    expect(next).toMatchObject({ client: place.client, cursors: place.cursors });
    expect(next.conn).toBeGreaterThan(place.conn);
    await second.socket.close();

    // That slot is the only free one.
    const third = live(network.url, options);
    await third.socket.opened();
    expect(third.socket.continuation().client).toBe(place.client);
    expect(third.socket.continuation().conn).toBeGreaterThan(next.conn);
    // What it left is another one's now, so it does not go on as that one.
    second.socket.connect();
    await until(() => second.socket.state.status === 'open');
    expect(second.socket.continuation().client).not.toBe(place.client);
  });

  it('tells who one was before also to a socket that was told to connect many times meanwhile', async () => {
    const network = await openNetwork();
    const name = newName();
    const first = live(network.url, { name });
    await first.socket.opened();
    await first.socket.close();
    const second = live(network.url, { name });
    for (let i = 0; i < 3; i++) second.socket.reconnect();
    await second.socket.opened();
    expect(second.socket.continuation().client).toBe(first.socket.continuation().client);
  });

  it('waits for the disk once for all that is sent in one task', async () => {
    const network = await openNetwork();
    const life = live(network.url, { name: newName() });
    await life.socket.opened();
    const transaction = vi.spyOn(IDBDatabase.prototype, 'transaction');
    const receipts = Array.from({ length: 100 }, (_, n) => order(life, n + 1));
    expect(await Promise.all(receipts.map(({ durable }) => durable))).not.toContain(false);
    const strict = transaction.mock.calls.filter(([, , options]) => options?.durability === 'strict');
    expect(strict.length).toBe(1);
    expect(receipts.length).toBe(100);
  });

  it('keeps for the next life that the server says welcome', async () => {
    const network = await openNetwork();
    const name = newName();
    const first = live(network.url, { name });
    await until(() => first.socket.continuation().welcomed === true);
    expect(await order(first, 1).durable).toBe(true);
    const { client } = first.socket.continuation();
    await first.socket.close();
    await network.refuse(true);
    const second = live(network.url, { name });
    await until(() => second.socket.continuation().client === client);
    expect(second.socket.continuation().welcomed).toBe(true);
  });

  it('keeps the cursors if that is asked for', async () => {
    const network = await openNetwork();
    for (const cursors of [true, false]) {
      const name = newName();
      const first = live(network.url, { name, cursors });
      await first.socket.opened();
      await network.publish(1, 3);
      await until(() => first.heard.length === 3);
      const [cursor] = first.socket.continuation().cursors;
      await first.socket.close();
      const second = live(network.url, { name, cursors });
      await second.socket.opened();
      const { handshakes } = await network.see();
      expect(handshakes.at(-1)?.includes(`lastSeq=${cursor?.seq}&`)).toBe(cursors);
      expect(second.errors).toEqual([]);
    }
  });

  it('gives neither the cursors nor the messages of one user to the next one', async () => {
    const network = await openNetwork();
    const name = newName();
    const visit = (subject: string): Life => {
      const store = indexedDbStore({ name, cursors: true });
      return live(network.url, { name }, store, () => ({ token: subject, subject }));
    };
    const ann = visit('ann');
    await ann.socket.opened();
    await network.publish(1, 2);
    await until(() => ann.heard.length === 2);
    await network.refuse(true);
    ann.socket.reconnect();
    expect(await order(ann, 1).durable).toBe(true);
    await ann.socket.close();
    await network.refuse(false);

    const bob = visit('bob');
    await bob.socket.opened();
    expect((await network.see()).handshakes.at(-1)).not.toContain('lastSeq');
    order(bob, 2);
    await until(() => bob.socket.outbox.size === 0);
    await bob.socket.close();
    expect((await network.see()).received).toEqual([2]);
    expect(await kept(name)).toEqual([]);
    const again = visit('bob');
    await again.socket.opened();
    expect((await network.see()).handshakes.at(-1)).toContain('lastSeq=2&');
  });

  it('has bounds: what is over them stays in memory, and is told', async () => {
    const network = await openNetwork();
    const name = newName();
    const life = live(NOWHERE, { name, maxMessages: 3 });
    const receipts = [1, 2, 3, 4, 5].map((n) => order(life, n));
    expect(await Promise.all(receipts.map(({ durable }) => durable))).toEqual([true, true, true, false, false]);
    expectToldOnce(life, /4 messages of \d+ bytes, wanted 3 of 8388608/);
    await life.socket.close();
    expect(await Promise.all(receipts.map(async ({ settled }) => (await settled).outcome))).toEqual([
      'kept',
      'kept',
      'kept',
      'closed',
      'closed',
    ]);
    const next = live(network.url, { name, maxBytes: 200 });
    await next.socket.opened();
    await until(() => next.socket.outbox.size === 0);
    expect(await next.socket.send({ type: 'order', n: 6, text: 'x'.repeat(200) }).durable).toBe(false);
    expect(await order(next, 7).durable).toBe(true);
    await until(() => next.socket.outbox.size === 0);
    expect((await network.see()).received).toEqual([1, 2, 3, 6, 7]);
    expectToldOnce(next, /1 messages of \d{3} bytes, wanted 10000 of 200/);
  });
});

describe('indexedDbStore() falls back to memory, told by one error, and costs no message', () => {
  const expectSent = async (life: Life, network: RemoteNetwork, cause: RegExp): Promise<void> => {
    const receipts = [1, 2].map((n) => order(life, n));
    expect(await Promise.all(receipts.map(({ durable }) => durable))).toEqual([false, false]);
    expect(await Promise.all(receipts.map(async ({ settled }) => (await settled).outcome))).toEqual(['acked', 'acked']);
    expect(await order(life, 3).durable).toBe(false);
    await until(() => life.socket.outbox.size === 0);
    expect((await network.see()).received).toEqual([1, 2, 3]);
    expectToldOnce(life, cause);
  };

  it('without IndexedDB', async () => {
    const network = await openNetwork();
    vi.stubGlobal('indexedDB', undefined);
    await expectSent(live(network.url, { name: newName() }), network, /TypeError/);
  });

  it('without Web Locks', async () => {
    const network = await openNetwork();
    vi.spyOn(navigator, 'locks', 'get').mockReturnValue(undefined as unknown as LockManager);
    await expectSent(live(network.url, { name: newName() }), network, /no Web Locks/);
  });

  it('with a database of a later version', async () => {
    const network = await openNetwork();
    const name = newName();
    const later = await openRaw(name, 2);
    await expectSent(live(network.url, { name }), network, /VersionError/);
    later.close();
  });

  it('with a database that can not be opened because of another tab', async () => {
    const network = await openNetwork();
    const name = newName();
    const stubborn = await openRaw(name, 1);
    indexedDB.deleteDatabase(name);
    await expectSent(live(network.url, { name, openTimeout: 100 }), network, /not done in 100 ms/);
    stubborn.close();
  });

  it('with writes that fail, until they do not', async () => {
    const network = await openNetwork();
    const name = newName();
    const life = live(network.url, { name });
    await life.socket.opened();
    const put = IDBObjectStore.prototype.put;
    const aborted = new Set<IDBTransaction>();
    const full = vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(function (this: IDBObjectStore, ...args) {
      const request = put.apply(this, args);
      const { transaction } = this;
      if (!aborted.has(transaction)) queueMicrotask(() => transaction.abort());
      aborted.add(transaction);
      return request;
    });
    await expectSent(life, network, /AbortError/);
    full.mockRestore();
    expect(await order(life, 4).durable).toBe(true);
    expect(life.errors.length).toBe(1);
  });

  it('with a message that can not be cloned', async () => {
    const network = await openNetwork();
    const life = live(network.url, { name: newName() });
    const receipts = [() => {}, 1].map((filling) => life.socket.send({ type: 'order', n: 1, filling }));
    expect(await Promise.all(receipts.map(({ durable }) => durable))).toEqual([false, true]);
    await until(() => life.socket.outbox.size === 0);
    expectToldOnce(life, /DataCloneError/);
  });

  it('with a database that is deleted under it, and is made anew with the next message', async () => {
    const name = newName();
    const life = live(NOWHERE, { name });
    expect(await order(life, 1).durable).toBe(true);
    await new Promise((resolve, reject) => {
      const request = indexedDB.deleteDatabase(name);
      request.onsuccess = resolve;
      request.onerror = reject;
    });
    await until(() => life.errors.length > 0);
    expect(await order(life, 2).durable).toBe(true);
    expectToldOnce(life, /closed the database/);
    const { client } = life.socket.continuation();
    await life.socket.close();
    const network = await openNetwork();
    const next = live(network.url, { name });
    await next.socket.opened();
    await until(() => next.socket.outbox.size === 0);
    expect((await network.see()).received).toEqual([1, 2]);
    expect(next.socket.continuation().client).toBe(client);
  });
});

it('waits for the database as long as timers can', async () => {
  const store = indexedDbStore({ name: crypto.randomUUID(), openTimeout: Infinity });
  expect(await store.load(() => {})).toEqual([]);
  await store.close();
});

describe('indexedDbStore() throws', () => {
  it.each([
    [undefined, 'name is undefined, wanted a string with content'],
    ['orders', 'options is "orders", wanted object'],
    [
      { name: 'a', cursor: true },
      'cursor is no option, wanted one of name, maxMessages, maxBytes, cursors, openTimeout',
    ],
    [{ name: '' }, 'name is , wanted a string with content'],
    [{ name: 'a', cursors: 'all' }, 'cursors is "all", wanted boolean'],
    [{ name: 'a', maxMessages: 0 }, 'maxMessages is 0, wanted a number of at least 1'],
    [{ name: 'a', maxBytes: Number.NaN }, 'maxBytes is NaN, wanted a number of at least 1'],
    [{ name: 'a', openTimeout: '1' }, 'openTimeout is "1", wanted a number of at least 1'],
  ])('for %j', (options, text) => {
    // Safe: what is wrong with it is the test.
    const wrong = options as IndexedDbStoreOptions;
    expect(() => indexedDbStore(wrong)).toThrow(`indexedDbStore: ${text}`);
  });
});

import { describe, expect, it } from 'vitest';
import { type Continuation, type OutboxStore, queue, type StoredMessage } from '../../src/index.js';
import { memoryStore } from '../../src/store-contract/index.js';
import { openClient, outcome, ScriptedClient } from '../support/harness.js';

const policies = { order: queue({ ack: 'message', durable: true }), chat: queue({ ack: 'message' }) };

/** A store in memory whose calls are recorded and can be made to fail. */
class MemoryStore implements OutboxStore {
  readonly calls: string[] = [];
  failing: string | undefined;

  constructor(readonly kept: Map<string, StoredMessage> = new Map()) {}

  load(): Promise<readonly StoredMessage[]> {
    return this.#do('load', '', () => [...this.kept.values()]);
  }

  put(message: StoredMessage): Promise<void> {
    return this.#do('put', message.id, () => void this.kept.set(message.id, message));
  }

  remove(id: string): Promise<void> {
    return this.#do('remove', id, () => void this.kept.delete(id));
  }

  async #do<T>(action: string, id: string, act: () => T): Promise<T> {
    this.calls.push(`${action} ${id}`.trim());
    if (this.failing === action) throw new Error('quota exceeded');
    return act();
  }
}

/** The order of another user was not sent, but told, and the store need not keep it. */
const expectForgotten = (client: ScriptedClient, store: MemoryStore): void => {
  expect(client.numbers).toEqual([]);
  expect(client.undelivered).toMatchObject([{ outcome: 'unknown', reason: 'subject-changed', message: { n: 1 } }]);
  expect(store.kept.size).toBe(0);
};

describe('a store', () => {
  it('keeps durable messages until they are acked, and no others', async () => {
    const store = new MemoryStore();
    const client = new ScriptedClient({ policies, store });
    await client.settle();
    client.open();
    const receipt = client.socket.send({ type: 'order', n: 1 });
    expect(await client.socket.send({ type: 'chat', n: 2 }).durable).toBe(false);
    expect(await receipt.durable).toBe(true);
    expect([...store.kept.values()]).toEqual([
      { id: receipt.id, message: { type: 'order', n: 1 }, createdAt: expect.any(Number), bytes: expect.any(Number) },
    ]);
    client.ack(receipt);
    await client.settle();
    expect(store.kept.size).toBe(0);
    expect(store.calls).toEqual(['load', `put ${receipt.id}`, `remove ${receipt.id}`]);
  });

  it('gives them to the next life, which sends them first, in order and with their ids', async () => {
    const store = new MemoryStore();
    const first = new ScriptedClient({ policies, store });
    await first.settle();
    const ids = ['a', 'b'].map((id) => first.socket.send({ type: 'order' }, { id }).id);
    await first.settle();

    const second = new ScriptedClient({ policies, store: new MemoryStore(store.kept) });
    const fresh = second.socket.send({ type: 'chat', n: 3 });
    await second.settle();
    expect(second.socket.outbox.size).toBe(3);
    second.open();
    expect(second.written().map(({ messageId }) => messageId)).toEqual([...ids, fresh.id]);
    second.ack(ids[0] ?? '');
    await second.settle();
    expect([...store.kept.keys()]).toEqual([ids[1]]);
  });

  it('gives nothing of one user to the next one, and is told to forget it', async () => {
    const store = new MemoryStore();
    const live = (subject?: string): ScriptedClient =>
      new ScriptedClient({ policies, store: new MemoryStore(store.kept), token: () => ({ token: 't', subject }) });
    const ann = live('ann');
    await ann.settle();
    ann.socket.send({ type: 'order', n: 1 });
    await ann.settle();
    expect([...store.kept.values()].map(({ subject }) => subject)).toEqual(['ann']);

    const nobody = live();
    await nobody.settle();
    expect(nobody.socket.outbox.size).toBe(1);
    const bob = live('bob');
    await bob.settle();
    bob.open();
    expectForgotten(bob, store);
  });

  it('gives nothing of one user to the next one who logs in after the store was read', async () => {
    const left = { id: 'a', message: { type: 'order', n: 1 }, createdAt: 0, subject: 'ann' };
    const store = new MemoryStore(new Map([['a', left]]));
    let logIn = (_given: { token: string; subject: string }): void => {};
    const token = () => new Promise<{ token: string; subject: string }>((resolve) => (logIn = resolve));
    const bob = new ScriptedClient({ policies, store, token });
    await bob.settle();
    expect(bob.socket.outbox.size).toBe(1);
    logIn({ token: 't', subject: 'bob' });
    await bob.settle();
    bob.open();
    expectForgotten(bob, store);
  });

  it('gives no cursors of one user to the next one, who logged in before the store was read', async () => {
    const place = { client: 'c', conn: 3, cursors: [{ seq: 9 }], subject: 'ann' };
    let read = (_place: Continuation): void => {};
    const resume = () => new Promise<Continuation>((resolve) => (read = resolve));
    const store = Object.assign(new MemoryStore(), { resume });
    const bob = new ScriptedClient({ store, token: () => ({ token: 't', subject: 'bob' }) });
    await bob.settle();
    read(place);
    await bob.settle();
    expect(Object.fromEntries(bob.query)).toMatchObject({ client: 'c', conn: '4' });
    expect(bob.query.get('lastSeq')).toBeNull();
    expect(bob.socket.continuation().subject).toBe('bob');
  });

  it('gives those of a channel back to their channel', async () => {
    const store = new MemoryStore();
    const first = new ScriptedClient({ policies, store });
    first.socket.channel('a').send({ type: 'order' }, { id: 'one' });
    await first.settle();
    const second = new ScriptedClient({ policies, store: new MemoryStore(store.kept) });
    await second.settle();
    second.open();
    expect(second.written('order')).toEqual([{ type: 'order', channel: 'a', messageId: 'one' }]);
  });

  it('that is still read when the conversation is closed gives nothing to it', async () => {
    const kept = new Map<string, StoredMessage>([['a', { id: 'a', message: { type: 'order' }, createdAt: 0 }]]);
    const client = new ScriptedClient({ policies, store: new MemoryStore(kept) });
    client.socket.connect();
    const closing = client.socket.close();
    await client.settle();
    await closing;
    expect(client.socket.outbox.size).toBe(0);
  });

  it('that also gives back what was sent since does not send it twice', async () => {
    const store = new MemoryStore();
    const client = new ScriptedClient({ policies, store });
    const receipt = client.socket.send({ type: 'order', n: 1 });
    await client.settle();
    client.open();
    expect(store.calls.filter((call) => call !== 'load')).toEqual([`put ${receipt.id}`]);
    expect(client.numbers).toEqual([1]);
    expect(client.socket.outbox.size).toBe(1);
  });

  it.each(['load', 'put', 'remove'])('whose %s fails is told, and costs no message', async (failing) => {
    const store = new MemoryStore();
    store.failing = failing;
    const client = new ScriptedClient({ policies, store });
    await client.settle();
    client.open();
    const receipt = client.socket.send({ type: 'order', n: 1 });
    expect(await receipt.durable).toBe(failing !== 'put');
    expect(client.numbers).toEqual([1]);
    client.ack(receipt);
    expect(await outcome(receipt)).toBe('acked');
    await client.settle();
    expect(client.errors.map(({ code, message }) => [code, message.includes(`store.${failing}`)])).toEqual([
      ['store-failed', true],
    ]);
    expect(client.errors[0]?.cause).toEqual(new Error('quota exceeded'));
  });

  it('that also gives back what has ended since does not bring it back to life', async () => {
    const store = new MemoryStore();
    const client = new ScriptedClient({ policies, store });
    const { load } = store;
    let answer: () => void = () => {};
    // What it answers was read before the message is taken back.
    store.load = async () => {
      const left = await load.call(store);
      await new Promise<void>((resolve) => {
        answer = resolve;
      });
      return left;
    };
    const receipt = client.socket.send({ type: 'order', n: 1 });
    await client.settle();
    receipt.cancel();
    expect(await outcome(receipt)).toBe('cancelled');
    answer();
    await client.settle();
    client.open();
    expect(client.numbers).toEqual([]);
    expect(client.socket.outbox.size).toBe(0);
  });

  it('with a message that can not be sent any more tells it, and sends the others', async () => {
    const kept = new Map<string, StoredMessage>([
      ['a', { id: 'a', message: { type: 'ping' }, createdAt: 0 }],
      ['b', { id: 'b', message: { type: 'order' }, createdAt: 0 }],
    ]);
    const client = new ScriptedClient({ policies, store: new MemoryStore(kept) });
    await client.settle();
    client.open();
    expect(client.written().map(({ messageId }) => messageId)).toEqual(['b']);
    expect(client.errors).toMatchObject([{ code: 'store-failed', message: 'store.load: it failed' }]);
  });

  it('that goes on failing is told once, and again after it has worked', async () => {
    const store = new MemoryStore();
    const client = new ScriptedClient({ policies, store });
    await client.settle();
    store.failing = 'put';
    const put = async (): Promise<boolean> => client.socket.send({ type: 'order' }).durable;
    expect([await put(), await put()]).toEqual([false, false]);
    expect(client.errors.length).toBe(1);
    store.failing = undefined;
    expect(await put()).toBe(true);
    store.failing = 'put';
    expect([await put(), await put()]).toEqual([false, false]);
    expect(client.errors.length).toBe(2);
  });

  it('that did not take a message does not keep it either when the conversation is closed', async () => {
    const store = new MemoryStore();
    store.failing = 'put';
    const client = new ScriptedClient({ policies, store });
    const receipt = client.socket.send({ type: 'order' });
    expect(await receipt.durable).toBe(false);
    await client.socket.close();
    expect(await outcome(receipt)).toBe('closed');
    expect(client.undelivered.map(({ id }) => id)).toEqual([receipt.id]);
  });

  it('forgets what an earlier version of the app made durable, once it is acked', async () => {
    const kept = new Map<string, StoredMessage>([['a', { id: 'a', message: { type: 'chat' }, createdAt: 0 }]]);
    const client = new ScriptedClient({ policies, store: new MemoryStore(kept) });
    await client.settle();
    client.open();
    client.ack('a');
    await client.settle();
    expect(kept.size).toBe(0);
  });

  it('tells what no call tells', async () => {
    const store = new MemoryStore();
    let tell: ((cause: unknown) => void) | undefined;
    const client = new ScriptedClient({
      policies,
      store: {
        load: async (failed) => {
          tell = failed;
          return [];
        },
        put: (message) => store.put(message),
        remove: (id) => store.remove(id),
      },
    });
    await client.settle();
    tell?.(new Error('deleted'));
    tell?.(new Error('deleted'));
    const message = 'store.load: it failed';
    expect(client.errors).toMatchObject([{ code: 'store-failed', message, cause: new Error('deleted') }]);
  });
});

describe('a store that knows who the earlier life was', () => {
  /** Answers `resume` when the test says so. */
  const slowly = (left: Continuation) => {
    const store = memoryStore();
    let answer = (): void => {};
    const answered = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const slow: OutboxStore = { ...store, resume: () => answered.then(() => left) };
    return { store: slow, answer };
  };
  const left: Continuation = { client: 'earlier', conn: 41, cursors: [{ seq: 7 }, { channel: 'a', seq: 3 }] };

  it('is asked before the first connection, which goes on where that one stood', async () => {
    const { store, answer } = slowly(left);
    const client = new ScriptedClient({ policies, store });
    client.socket.channel('a').onMessage(() => {});
    await client.settle();
    expect(client.sockets.length).toBe(0);
    answer();
    await client.settle();
    expect(Object.fromEntries(client.query)).toEqual({ lastSeq: '7', client: 'earlier', conn: '42' });
    client.open();
    expect(client.written('subscribe')).toMatchObject([{ channel: 'a', lastSeq: 3 }]);
  });

  it('is told where this life stands', async () => {
    let place: (() => Continuation) | undefined;
    const resume = async (asked: () => Continuation): Promise<undefined> => {
      place = asked;
    };
    const client = await openClient({ store: { ...memoryStore(), resume } });
    client.receive({ type: 'news', seq: 9 });
    expect(place?.()).toEqual(client.socket.continuation());
  });

  it('is waited for also by a connection that is asked for at once', async () => {
    const { store, answer } = slowly(left);
    const client = new ScriptedClient({ policies, store, connect: { lazy: true } });
    client.socket.send({ type: 'order' }, { id: 'mine' });
    expect(client.socket.state.status).toBe('connecting');
    await client.settle();
    expect(client.sockets.length).toBe(0);
    answer();
    await client.settle();
    expect(Object.fromEntries(client.query)).toEqual({ lastSeq: '7', client: 'earlier', conn: '42' });
  });

  it('that does not answer makes attempts fail, which is told, and is gone on with once it does', async () => {
    const { store, answer } = slowly(left);
    await store.put({ id: 'a', message: { type: 'order' }, createdAt: 0 });
    const client = new ScriptedClient({ policies, store });
    await client.settle();
    client.clock.advance(10_000);
    expect(client.socket.state).toMatchObject({ status: 'waiting', reason: 'connect-timeout: url' });
    client.retry();
    await client.settle();
    expect(client.sockets.length).toBe(0);
    answer();
    await client.settle();
    expect(client.sockets.length).toBe(1);
    expect(Object.fromEntries(client.query)).toEqual({ lastSeq: '7', client: 'earlier', conn: '42' });
    client.open();
    expect(client.written().map(({ messageId }) => messageId)).toEqual(['a']);
  });

  it('is not needed by a socket that is closed at once', async () => {
    const store = new MemoryStore();
    const client = new ScriptedClient({ policies, store });
    await client.socket.close();
    await client.settle();
    expect(store.calls).toEqual([]);
  });

  it.each([{ client: '', conn: 1, cursors: [] }, 'nonsense'])(
    'and says nonsense (%j) is told, and the messages come all the same',
    async (nonsense) => {
      const store = memoryStore();
      await store.put({ id: 'a', message: { type: 'order' }, createdAt: 0 });
      // Safe: what is wrong with it is the test.
      const resume = async () => nonsense as Continuation;
      const client = new ScriptedClient({ policies, store: { ...store, resume } });
      await client.settle();
      client.open();
      expect(client.errors).toMatchObject([{ code: 'store-failed', message: 'store.resume: it failed' }]);
      expect(client.written().map(({ messageId }) => messageId)).toEqual(['a']);
    },
  );

  it('lets go when the conversation is closed, and gives all back when it is revived', async () => {
    const store = memoryStore();
    const closed: string[] = [];
    const close = async (): Promise<void> => void closed.push('closed');
    const client = new ScriptedClient({ policies, store: { ...store, close } });
    await client.settle();
    const receipt = client.socket.send({ type: 'order' });
    await client.settle();
    await client.socket.close();
    expect(closed).toEqual(['closed']);
    expect(await outcome(receipt)).toBe('kept');
    const { client: name, conn } = client.socket.continuation();

    client.socket.connect();
    expect(client.socket.state.status).toBe('connecting');
    await client.settle();
    expect(client.query.get('client')).toBe(name);
    expect(Number(client.query.get('conn'))).toBeGreaterThan(conn);
    client.open();
    expect(client.written().map(({ messageId }) => messageId)).toEqual([receipt.id]);
  });

  it('is waited for by close() until it has let go, also where that fails', async () => {
    let fail = (_: Error): void => {};
    const close = (): Promise<void> =>
      new Promise((_, reject) => {
        fail = reject;
      });
    const client = new ScriptedClient({ policies, store: { ...memoryStore(), close } });
    await client.settle();
    let over = false;
    const closing = client.socket.close().then(() => {
      over = true;
    });
    await client.settle();
    expect([client.status, over]).toEqual(['closed', false]);
    fail(new Error('busy'));
    await closing;
    expect(client.errors).toMatchObject([{ code: 'store-failed', message: 'store.close: it failed' }]);
  });

  it('without close() gives all back as well, and is not waited for', async () => {
    const store = new MemoryStore();
    const client = new ScriptedClient({ policies, store });
    await client.settle();
    const receipt = client.socket.send({ type: 'order' });
    await client.socket.close();
    expect(await outcome(receipt)).toBe('kept');

    client.socket.connect();
    await client.settle();
    client.open();
    expect(client.written().map(({ messageId }) => messageId)).toEqual([receipt.id]);

    const load = (): Promise<never> => new Promise(() => {});
    const hanging = new ScriptedClient({ store: Object.assign(new MemoryStore(), { load }) });
    await hanging.settle();
    await hanging.socket.close();
    expect(hanging.socket.state.status).toBe('closed');
  });

  it('is behind the listeners of a conversation that is revived', async () => {
    const client = new ScriptedClient({ policies, store: { ...memoryStore(), resume: async () => left } });
    await client.settle();
    client.open();
    client.receive({ type: 'news', seq: 9 });
    const closing = client.socket.close();
    client.clock.advance(1_000);
    await closing;
    client.socket.connect();
    await client.settle();
    expect(client.query.get('lastSeq')).toBe('9');
    expect(client.errors).toEqual([]);
  });
});

import { describe, expect, it } from 'vitest';
import { type OutboxStore, queue, type StoredMessage } from '../../src/index.js';
import { outcome, ScriptedClient } from '../support/harness.js';

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

  it('with a message that can not be sent any more tells it, and sends the others', async () => {
    const kept = new Map<string, StoredMessage>([
      ['a', { id: 'a', message: { type: 'ping' }, createdAt: 0 }],
      ['b', { id: 'b', message: { type: 'order' }, createdAt: 0 }],
    ]);
    const client = new ScriptedClient({ policies, store: new MemoryStore(kept) });
    await client.settle();
    client.open();
    expect(client.written().map(({ messageId }) => messageId)).toEqual(['b']);
    expect(client.errors.map(({ code }) => code)).toEqual(['store-failed']);
  });
});

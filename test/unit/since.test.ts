import { describe, expect, it } from 'vitest';
import { latest, queue, reject } from '../../src/index.js';
import { ScriptedClient } from '../support/harness.js';

const started = async (): Promise<ScriptedClient> => {
  const client = new ScriptedClient({
    policies: { order: queue({ ack: 'message' }), value: latest(), now: reject(), plain: queue() },
  });
  await client.settle();
  return client;
};

describe('a message that another instance had before, and may have written', () => {
  it('goes first and under its id if an ack proves it, and is not called unwritten', async () => {
    const client = await started();
    client.socket.send({ type: 'order', n: 2 });
    const taken = client.socket.send({ type: 'order', n: 1 }, { id: 'old', since: 1 });
    const given = client.socket.send({ type: 'order', n: 0 }, { id: 'older', since: 1 });
    given.cancel();
    expect(await given.settled).toMatchObject({ outcome: 'unknown' });
    client.open();
    expect(client.numbers).toEqual([1, 2]);
    expect(client.written('order')[0]).toMatchObject({ messageId: 'old' });
    client.receive({ type: 'ack', messageId: 'old' });
    expect(await taken.settled).toMatchObject({ outcome: 'acked' });
  });

  it('is a request whose time ends as unknown, never as unwritten', async () => {
    const client = await started();
    const answer = client.socket.request(
      { type: 'order', n: 1 },
      { timeout: 100, id: 'old', since: client.clock.now() },
    );
    const failed = expect(answer).rejects.toMatchObject({ code: 'outcome-unknown', id: 'old' });
    client.clock.advance(200);
    await failed;
  });

  it('is sent again if it is a last value', async () => {
    const client = await started();
    client.socket.send({ type: 'value', n: 1 }, { since: 1 });
    client.open();
    expect(client.numbers).toEqual([1]);
  });

  it('is unknown, never unwritten, if it is a last value for which the queue has no room', async () => {
    const client = new ScriptedClient({ policies: { value: latest() }, queue: { maxMessages: 1 } });
    await client.settle();
    const pushedOut = client.socket.send({ type: 'value' }, { since: 1 });
    client.socket.send({ type: 'plain' });
    expect(await pushedOut.settled).toMatchObject({ outcome: 'unknown' });

    const full = new ScriptedClient({ policies: { value: latest() }, queue: { maxMessages: 1, overflow: 'reject' } });
    await full.settle();
    full.socket.send({ type: 'plain' });
    expect(await full.socket.send({ type: 'value' }, { since: 1 }).settled).toMatchObject({ outcome: 'unknown' });
  });

  it.each(['plain', 'now'])('is unknown at once, and told, if nothing proves it: %s', async (type) => {
    const client = await started();
    client.open();
    const receipt = client.socket.send({ type, n: 1 }, { since: 1 });
    expect(receipt.status).toBe('rejected');
    expect(await receipt.settled).toMatchObject({ outcome: 'unknown', error: { code: 'outcome-unknown' } });
    expect(client.undelivered).toMatchObject([{ id: receipt.id, outcome: 'unknown' }]);
    expect(client.numbers).toEqual([]);
  });

  it.each(['order', 'value', 'plain'])(
    'is unknown and does not wait once the conversation is over: %s',
    async (type) => {
      const client = await started();
      await client.socket.close();
      const receipt = client.socket.send({ type, n: 1 }, { since: 1 });
      expect(receipt.status).toBe('rejected');
      expect(await receipt.settled).toMatchObject({ outcome: 'unknown', error: { code: 'outcome-unknown' } });
      expect(client.socket.outbox.size).toBe(0);
    },
  );

  it('is unknown, not cancelled, if it comes with a signal that is aborted', async () => {
    const client = await started();
    const receipt = client.socket.send({ type: 'order', n: 1 }, { since: 1, signal: AbortSignal.abort() });
    expect(receipt.status).toBe('rejected');
    expect(await receipt.settled).toMatchObject({ outcome: 'unknown' });
  });

  it('has a time that is a number', async () => {
    const client = await started();
    expect(() => client.socket.send({ type: 'plain' }, { since: Number.NaN })).toThrow('send: since is NaN');
  });
});

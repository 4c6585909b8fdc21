import { describe, expect, it } from 'vitest';
import { type AnyMessage, drop, latest, queue, reject } from '../../../src/index.js';
import { openClient, outcome, outcomes, ScriptedClient } from '../../support/harness.js';

const acked = queue({ ack: 'message' });

describe('queue()', () => {
  it('writes at once on an open link, and settles as sent', async () => {
    const client = await openClient();
    const receipt = client.socket.send({ type: 'chat', n: 1 });
    expect(receipt.status).toBe('written');
    expect(client.written()).toEqual([{ type: 'chat', n: 1 }]);
    expect(await receipt.settled).toEqual({ outcome: 'sent' });
    expect(client.socket.outbox.size).toBe(0);
  });

  it('waits while the link is down, and goes out in order when it is back', async () => {
    const client = new ScriptedClient();
    const receipts = [1, 2, 3].map((n) => client.socket.send({ type: 'chat', n }));
    expect(receipts.map(({ status }) => status)).toEqual(['queued', 'queued', 'queued']);
    await client.settle();
    expect(await outcomes(receipts)).toEqual(['pending', 'pending', 'pending']);
    client.open();
    expect(client.numbers).toEqual([1, 2, 3]);
    expect(await outcomes(receipts)).toEqual(['sent', 'sent', 'sent']);
  });

  it('does not let a later message overtake those that wait', async () => {
    const client = await openClient({ queue: { highWaterMark: 100 } });
    client.ws.bufferedAmount = 100;
    client.socket.send({ type: 'chat', n: 1 });
    client.ws.bufferedAmount = 0;
    client.socket.send({ type: 'chat', n: 2 });
    client.clock.advance(100);
    expect(client.numbers).toEqual([1, 2]);
  });

  it('tells what was written to a link that died without a proof, once, and does not send it again', async () => {
    const client = await openClient();
    const receipt = client.socket.send({ type: 'chat', n: 1 });
    client.bounce();
    expect(client.numbers).toEqual([]);
    expect(await outcome(receipt)).toBe('sent');
    expect(client.undelivered).toEqual([
      { id: receipt.id, message: { type: 'chat', n: 1 }, channel: undefined, outcome: 'unknown', reason: 'link-lost' },
    ]);
    client.bounce();
    expect(client.undelivered).toHaveLength(1);
  });
});

describe('drop() and reject()', () => {
  const policies = { d: drop(), r: reject() };

  it('are written at once on an open link', async () => {
    const client = await openClient({ policies });
    expect(client.socket.send({ type: 'd', n: 1 }).status).toBe('written');
    expect(client.socket.send({ type: 'r', n: 2 }).status).toBe('written');
    expect(client.numbers).toEqual([1, 2]);
  });

  it('are not sent at all without a link, and say so in the receipt and once as undelivered', async () => {
    const client = new ScriptedClient({ policies });
    await client.settle();
    const dropped = client.socket.send({ type: 'd', n: 1 });
    const rejected = client.socket.send({ type: 'r', n: 2 });
    expect([dropped.status, rejected.status]).toEqual(['dropped', 'rejected']);
    expect(await outcomes([dropped, rejected])).toEqual(['dropped', 'rejected']);
    expect(client.undelivered.map(({ outcome }) => outcome)).toEqual(['dropped', 'rejected']);
    client.open();
    expect(client.numbers).toEqual([]);
  });

  it('give up above the high-water mark, also on an open link', async () => {
    const client = await openClient({ policies, queue: { highWaterMark: 1_000 } });
    client.ws.bufferedAmount = 1_000;
    expect(client.socket.send({ type: 'd', n: 1 }).status).toBe('dropped');
    expect(client.socket.send({ type: 'r', n: 2 }).status).toBe('rejected');
    client.ws.bufferedAmount = 999;
    expect(client.socket.send({ type: 'd', n: 3 }).status).toBe('written');
  });

  it('may overtake a queue', async () => {
    const client = await openClient({ policies: { d: drop(), q: queue({ ack: 'message', inFlight: 1 }) } });
    for (const n of [1, 2]) client.socket.send({ type: 'q', n });
    expect(client.socket.send({ type: 'd', n: 3 }).status).toBe('written');
    expect(client.numbers).toEqual([1, 3]);
  });

  it('tell unknown when the link dies without a proof, and are not sent again', async () => {
    const client = await openClient({ policies });
    client.socket.send({ type: 'd', n: 1 });
    client.socket.send({ type: 'r', n: 2 });
    client.bounce();
    expect(client.numbers).toEqual([]);
    expect(client.undelivered.map(({ message, outcome }) => [message.type, outcome])).toEqual([
      ['d', 'unknown'],
      ['r', 'unknown'],
    ]);
  });
});

describe('latest()', () => {
  const policies = { at: latest<AnyMessage>({ key: ({ who }) => who }), cursor: latest() };

  it('keeps one value per key while the link is down, in the place of the older one', async () => {
    const client = new ScriptedClient({ policies });
    const old = client.socket.send({ type: 'at', who: 'ann', n: 1 });
    client.socket.send({ type: 'chat', n: 2 });
    const bob = client.socket.send({ type: 'at', who: 'bob', n: 3 });
    const fresh = client.socket.send({ type: 'at', who: 'ann', n: 4 });
    expect([old.status, bob.status, fresh.status]).toEqual(['queued', 'queued', 'replaced']);
    expect(client.socket.outbox.size).toBe(3);
    await client.settle();
    client.open();
    expect(client.numbers).toEqual([4, 2, 3]);
    expect(await outcomes([old, bob, fresh])).toEqual(['replaced', 'sent', 'sent']);
    expect(client.undelivered).toEqual([]);
  });

  it('scopes a key by type and by channel', async () => {
    const client = new ScriptedClient({
      policies: { ...policies, other: latest<AnyMessage>({ key: ({ who }) => who }) },
    });
    client.socket.send({ type: 'at', who: 'ann', n: 1 });
    client.socket.send({ type: 'other', who: 'ann', n: 2 });
    client.socket.channel('room').send({ type: 'at', who: 'ann', n: 3 });
    client.socket.channel('hall').send({ type: 'at', who: 'ann', n: 4 });
    client.socket.channel('room').send({ type: 'at', who: 'ann', n: 5 });
    await client.settle();
    client.open();
    expect(client.numbers).toEqual([1, 2, 5, 4]);
  });

  it('has one key per type without a key function', async () => {
    const client = new ScriptedClient({ policies });
    for (const n of [1, 2, 3]) client.socket.send({ type: 'cursor', n });
    await client.settle();
    client.open();
    expect(client.numbers).toEqual([3]);
  });

  it('writes each value on an open link', async () => {
    const client = await openClient({ policies });
    for (const n of [1, 2, 3]) client.socket.send({ type: 'cursor', n });
    expect(client.numbers).toEqual([1, 2, 3]);
  });

  it('puts the last unproved value of a key back when the link dies', async () => {
    const client = await openClient({ policies });
    for (const n of [1, 2]) client.socket.send({ type: 'cursor', n });
    client.socket.send({ type: 'at', who: 'ann', n: 3 });
    client.bounce();
    expect(client.numbers).toEqual([2, 3]);
    expect(client.undelivered).toEqual([]);
  });

  it('does not put back a value that a pong has proved', async () => {
    const client = await openClient({ policies });
    client.socket.send({ type: 'cursor', n: 1 });
    client.clock.advance(30_000);
    client.pong();
    client.bounce();
    expect(client.numbers).toEqual([]);
  });

  it('lets a newer value replace the one that was put back', async () => {
    const client = await openClient({ policies });
    const old = client.socket.send({ type: 'cursor', n: 1 });
    client.ws.drop();
    expect(client.socket.outbox.size).toBe(1);
    const fresh = client.socket.send({ type: 'cursor', n: 2 });
    expect(fresh.status).toBe('replaced');
    client.retry();
    client.open();
    expect(client.numbers).toEqual([2]);
    expect(await outcomes([old, fresh])).toEqual(['sent', 'sent']);
    expect(client.undelivered).toEqual([]);
  });

  it('does not put a value back when a newer one waits', async () => {
    const client = await openClient({ policies, queue: { highWaterMark: 1_000 } });
    client.socket.send({ type: 'cursor', n: 1 });
    client.ws.bufferedAmount = 1_000;
    client.socket.send({ type: 'cursor', n: 2 });
    client.bounce();
    expect(client.numbers).toEqual([2]);
  });

  it('tells unknown for a last value that was written, put back, and then given up', async () => {
    for (const giveUp of ['close', 'clear', 'ttl'] as const) {
      const client = await openClient({ policies: { cursor: latest({ ttl: 60_000 }) } });
      const receipt = client.socket.send({ type: 'cursor', n: 1 });
      client.ws.drop();
      if (giveUp === 'close') await client.socket.close();
      if (giveUp === 'clear') client.socket.outbox.clear();
      if (giveUp === 'ttl') {
        client.retry();
        client.clock.advance(60_000);
      }
      expect(client.undelivered.map(({ id, outcome }) => [giveUp, id, outcome])).toEqual([
        [giveUp, receipt.id, 'unknown'],
      ]);
    }
  });

  it('tells unknown for a last value that was written and finds no room to be put back', async () => {
    const client = await openClient({ policies: { cursor: latest(), q: acked }, queue: { maxMessages: 1 } });
    const value = client.socket.send({ type: 'cursor', n: 1 });
    client.socket.send({ type: 'q', n: 2 });
    client.ws.drop();
    expect(client.undelivered.map(({ id, outcome }) => [id, outcome])).toEqual([[value.id, 'unknown']]);
  });

  it('counts each key against the bound', () => {
    const client = new ScriptedClient({ policies, queue: { maxMessages: 2 } });
    const receipts = ['ann', 'bob', 'eve'].map((who) => client.socket.send({ type: 'at', who }));
    expect(client.socket.outbox.size).toBe(2);
    expect(client.undelivered.map(({ id, outcome }) => [id, outcome])).toEqual([[receipts[0]?.id, 'dropped']]);
  });
});

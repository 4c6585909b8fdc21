import { describe, expect, it } from 'vitest';
import { type AnyMessage, drop, latest, queue, type Receipt, reject } from '../../src/index.js';
import { openClient, outcome, outcomes, ScriptedClient, thrown } from '../support/harness.js';

const noPings = { heartbeat: false } as const;
const acked = queue({ ack: 'message' });

/** A message of exactly 100 bytes. */
const hundred = (n: number): AnyMessage => {
  const empty = JSON.stringify({ type: 'm', n, pad: '' }).length;
  return { type: 'm', n, pad: 'x'.repeat(100 - empty) };
};

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

describe('bounds and overflow', () => {
  const policies = {
    old: queue({ overflow: 'drop-oldest' }),
    new: queue({ overflow: 'drop-newest' }),
    no: queue({ overflow: 'reject' }),
    acked: queue({ ack: 'message', overflow: 'drop-oldest' }),
  };

  it('drop-oldest: the oldest makes room, and is told as dropped', async () => {
    const client = new ScriptedClient({ policies, queue: { maxMessages: 2 } });
    const receipts = [1, 2, 3, 4].map((n) => client.socket.send({ type: 'old', n }));
    expect(receipts.map(({ status }) => status)).toEqual(['queued', 'queued', 'queued', 'queued']);
    expect(await outcomes(receipts)).toEqual(['dropped', 'dropped', 'pending', 'pending']);
    expect(client.undelivered.map(({ message, reason }) => [(message as AnyMessage).n, reason])).toEqual([
      [1, 'queue-full'],
      [2, 'queue-full'],
    ]);
  });

  it('drop-newest: the new one is dropped', async () => {
    const client = new ScriptedClient({ policies, queue: { maxMessages: 2 } });
    const receipts = [1, 2, 3].map((n) => client.socket.send({ type: 'new', n }));
    expect(receipts[2]?.status).toBe('dropped');
    expect(await outcomes(receipts)).toEqual(['pending', 'pending', 'dropped']);
  });

  it('reject: the new one is rejected', async () => {
    const client = new ScriptedClient({ policies, queue: { maxMessages: 2 } });
    const receipts = [1, 2, 3].map((n) => client.socket.send({ type: 'no', n }));
    expect(receipts[2]?.status).toBe('rejected');
    const { error } = await (receipts[2] as Receipt).settled;
    expect(error?.code).toBe('rejected');
  });

  it('takes its overflow from the queue option where the policy names none', () => {
    const client = new ScriptedClient({ queue: { maxMessages: 1, overflow: 'reject' } });
    client.socket.send({ type: 'a' });
    expect(client.socket.send({ type: 'a' }).status).toBe('rejected');
  });

  it('bounds the bytes as encoded in UTF-8', async () => {
    const client = new ScriptedClient({ queue: { maxBytes: 250 } });
    const receipts = [1, 2, 3].map((n) => client.socket.send(hundred(n)));
    expect(await outcomes(receipts)).toEqual(['dropped', 'pending', 'pending']);
    expect(client.socket.outbox.bytes).toBe(200);
    client.socket.outbox.clear();
    const text = '\u00e9\u20ac\u{1f600}\ud800';
    client.socket.send({ type: 'm', text });
    expect(client.socket.outbox.bytes).toBe(new TextEncoder().encode(JSON.stringify({ type: 'm', text })).length);
  });

  it('pushes out as many as a large message needs, and none for one that can never fit', async () => {
    const client = new ScriptedClient({ queue: { maxBytes: 400 } });
    const small = [1, 2, 3, 4].map((n) => client.socket.send(hundred(n)));
    const huge = client.socket.send({ type: 'm', pad: 'x'.repeat(400) });
    expect(huge.status).toBe('rejected');
    expect(await outcomes(small)).toEqual(['pending', 'pending', 'pending', 'pending']);
    client.socket.send({ type: 'm', pad: 'x'.repeat(180) });
    expect(await outcomes(small)).toEqual(['dropped', 'dropped', 'dropped', 'pending']);
  });

  it('never pushes out a message whose own policy says reject', async () => {
    const client = new ScriptedClient({ policies, queue: { maxMessages: 2 } });
    const order = client.socket.send({ type: 'no' });
    const chats = [1, 2].map((n) => client.socket.send({ type: 'old', n }));
    expect(await outcomes([order, ...chats])).toEqual(['pending', 'dropped', 'pending']);
  });

  it('never pushes out what was written, and rejects the newest if there is nothing else', async () => {
    const client = await openClient({ policies, queue: { maxMessages: 2 } });
    const receipts = [1, 2, 3].map((n) => client.socket.send({ type: 'acked', n }));
    expect(receipts.map(({ status }) => status)).toEqual(['written', 'written', 'rejected']);
    client.ws.drop();
    expect(client.socket.send({ type: 'acked', n: 4 }).status).toBe('rejected');
    expect(await outcomes(receipts)).toEqual(['pending', 'pending', 'rejected']);
  });

  it('counts a message with an ack until it is settled', async () => {
    const client = await openClient({ policies, queue: { maxMessages: 1 } });
    const first = client.socket.send({ type: 'acked', n: 1 });
    expect(client.socket.outbox.size).toBe(1);
    client.ack(first);
    expect(client.socket.outbox.size).toBe(0);
    expect(client.socket.send({ type: 'acked', n: 2 }).status).toBe('written');
  });
});

describe('acks', () => {
  const policies = { order: acked, strict: queue({ ack: 'message', inFlight: 1 }) };

  it('puts a messageId only on messages with an ack', async () => {
    const client = await openClient({
      policies: { ...policies, proved: queue({ ack: 'pong' }), l: latest(), d: drop() },
    });
    for (const type of ['order', 'proved', 'plain', 'l', 'd']) client.socket.send({ type });
    const having = client.written().filter((frame) => 'messageId' in frame);
    expect(having.map(({ type }) => type)).toEqual(['order', 'proved']);
  });

  it('makes an id of its own for each message, and takes yours', async () => {
    const client = await openClient({ policies });
    const [a, b] = [client.socket.send({ type: 'order' }), client.socket.send({ type: 'order' })];
    expect(a.id).not.toBe(b.id);
    expect(client.socket.send({ type: 'order' }, { id: 'mine' }).id).toBe('mine');
    expect(client.written().map(({ messageId }) => messageId)).toEqual([a.id, b.id, 'mine']);
  });

  it('settles with what the ack carried, also when read afterwards', async () => {
    const client = await openClient({ policies });
    const receipt = client.socket.send({ type: 'order' });
    expect(await outcome(receipt)).toBe('pending');
    client.ack(receipt, { order: 7 });
    expect(await receipt.settled).toEqual({ outcome: 'acked', by: 'ack', data: { order: 7 } });
    const late = client.socket.send({ type: 'order' });
    client.ack(late);
    await client.settle();
    expect(await late.settled).toEqual({ outcome: 'acked', by: 'ack' });
    expect(late.settled).toBe(late.settled);
  });

  it('takes many ids in one ack, and ignores those that it does not wait for', async () => {
    const client = await openClient({ policies });
    const receipts = [1, 2, 3].map((n) => client.socket.send({ type: 'order', n }));
    client.receive({ type: 'ack', messageIds: [receipts[2]?.id, 'nobody', receipts[0]?.id] });
    expect(await outcomes(receipts)).toEqual(['acked', 'pending', 'acked']);
    expect(client.errors).toEqual([]);
  });

  it('does not believe an ack for a message that was never written', async () => {
    const client = await openClient({ policies });
    const receipts = [1, 2].map((n) => client.socket.send({ type: 'strict', n }));
    client.ack(receipts[1] as Receipt);
    expect(await outcomes(receipts)).toEqual(['pending', 'pending']);
  });

  it('an ack proves its own message and no other', async () => {
    const client = await openClient({ policies });
    const receipts = [1, 2].map((n) => client.socket.send({ type: 'order', n }));
    client.ack(receipts[1] as Receipt);
    client.bounce();
    expect(client.numbers).toEqual([1]);
  });

  it('settles refused with the code of the server', async () => {
    const client = await openClient({ policies });
    const receipt = client.socket.send({ type: 'order' });
    client.receive({ type: 'nack', messageId: receipt.id, code: 'sold-out', message: 'none left' });
    const { outcome: name, error } = await receipt.settled;
    expect([name, error?.code, error?.serverCode, error?.id]).toEqual(['refused', 'refused', 'sold-out', receipt.id]);
    expect(error?.message).toContain('none left');
  });

  it('settles unknown when the server says that it can not tell', async () => {
    const client = await openClient({ policies });
    const receipt = client.socket.send({ type: 'order' });
    client.receive({ type: 'nack', messageId: receipt.id, code: 'unknown', message: '' });
    const { outcome: name, error } = await receipt.settled;
    expect([name, error?.code]).toEqual(['unknown', 'outcome-unknown']);
  });

  it('puts a message with nack and retry at the back, with the same id', async () => {
    const client = await openClient({ policies });
    const receipts = [1, 2, 3].map((n) => client.socket.send({ type: 'strict', n }));
    const [first, second, third] = receipts as [Receipt, Receipt, Receipt];
    client.receive({ type: 'nack', messageId: first.id, code: 'busy', message: '', retry: true });
    client.ack(second);
    client.ack(third);
    client.clock.advance(1_000);
    expect(client.numbers).toEqual([1, 2, 3, 1]);
    expect(client.written().at(-1)?.messageId).toBe(first.id);
    client.ack(first);
    expect(await outcomes(receipts)).toEqual(['acked', 'acked', 'acked']);
  });

  it('sends a message again that may come back after no time at all', async () => {
    const client = await openClient({ defaultPolicy: acked });
    const receipt = client.socket.send({ type: 'a' });
    client.receive({ type: 'nack', messageId: receipt.id, code: 'busy', message: '', retry: 0 });
    client.clock.advance(0);
    expect(client.written('a').map(({ messageId }) => messageId)).toEqual([receipt.id, receipt.id]);
  });

  it('believes the ack of the second try also if the first was put off', async () => {
    const client = await openClient({ policies: { order: queue({ ack: 'message', ackTimeout: 1_000 }) } });
    const receipt = client.socket.send({ type: 'order' });
    client.clock.advance(1_000);
    expect(client.written('order')).toHaveLength(2);
    client.receive({ type: 'nack', messageId: receipt.id, code: 'busy', message: '', retry: 60_000 });
    client.ack(receipt);
    expect(await outcome(receipt)).toBe('acked');
    expect(client.socket.outbox.size).toBe(0);
  });

  it('does not hammer a server that says retry again and again', async () => {
    const client = await openClient({ policies, ...noPings });
    const receipt = client.socket.send({ type: 'order', n: 1 });
    for (let i = 0; i < 10; i++) {
      client.receive({ type: 'nack', messageId: receipt.id, code: 'busy', message: '', retry: true });
      client.clock.advance(100);
    }
    expect(client.numbers.length).toBeLessThan(6);
    client.clock.advance(60_000);
    expect(client.numbers.length).toBeGreaterThan(2);
  });

  it('inFlight 1: each message waits for the answer to the one before, also after a reconnect', async () => {
    const client = await openClient({ policies });
    const receipts = [1, 2, 3].map((n) => client.socket.send({ type: 'strict', n }));
    expect(client.numbers).toEqual([1]);
    client.ack(receipts[0] as Receipt);
    expect(client.numbers).toEqual([1, 2]);
    client.bounce();
    expect(client.numbers).toEqual([2]);
    client.receive({ type: 'nack', messageId: receipts[1]?.id, code: 'no', message: '' });
    expect(client.numbers).toEqual([2, 3]);
  });

  it('inFlight keeps back only its own type', async () => {
    const client = await openClient({ policies });
    for (const n of [1, 2]) client.socket.send({ type: 'strict', n });
    client.socket.send({ type: 'order', n: 3 });
    expect(client.numbers).toEqual([1, 3]);
  });

  it('sends once more with the same id after ackTimeout, then settles unknown', async () => {
    const client = await openClient({ policies, ...noPings });
    const receipt = client.socket.send({ type: 'order', n: 1 });
    client.clock.advance(29_999);
    expect(client.numbers).toEqual([1]);
    client.clock.advance(1);
    expect(client.written().map(({ n, messageId }) => [n, messageId])).toEqual([
      [1, receipt.id],
      [1, receipt.id],
    ]);
    client.clock.advance(29_999);
    expect(await outcome(receipt)).toBe('pending');
    client.clock.advance(1);
    const { outcome: name, error } = await receipt.settled;
    expect([name, error?.code]).toEqual(['unknown', 'outcome-unknown']);
    expect(client.undelivered.map(({ reason }) => reason)).toEqual(['ack-timeout']);
    client.clock.advance(120_000);
    expect(client.numbers).toEqual([1, 1]);
  });

  it('counts ackTimeout on a live link only', async () => {
    const client = await openClient({
      policies,
      ...noPings,
      backoff: { base: 100_000, max: 1_000_000, jitter: 'none' },
    });
    const receipt = client.socket.send({ type: 'order', n: 1 });
    client.clock.advance(20_000);
    client.bounce();
    client.clock.advance(29_999);
    expect(client.numbers).toEqual([1]);
    expect(await outcome(receipt)).toBe('pending');
    client.clock.advance(1);
    expect(client.numbers).toEqual([1, 1]);
  });

  it('takes an ackTimeout of its own from the policy', async () => {
    const client = await openClient({ policies: { order: queue({ ack: 'message', ackTimeout: 500 }) } });
    client.socket.send({ type: 'order', n: 1 });
    client.clock.advance(500);
    expect(client.numbers).toEqual([1, 1]);
  });
});

describe('what ends a message', () => {
  const policies = { order: acked, strict: queue({ ack: 'message', inFlight: 1 }) };

  /** One message that was written and one that was not. */
  async function pair(options?: { ttl: number }) {
    const client = await openClient({ policies, ...noPings });
    const receipts = [1, 2].map((n) => client.socket.send({ type: 'strict', n }, options));
    expect(receipts.map(({ status }) => status)).toEqual(['written', 'queued']);
    const [written, waiting] = receipts as [Receipt, Receipt];
    return { client, written, waiting };
  }

  it('ttl: expired if it was never written, else unknown, and neither is sent again', async () => {
    const { client, written, waiting } = await pair({ ttl: 5_000 });
    client.clock.advance(4_999);
    expect(await outcomes([written, waiting])).toEqual(['pending', 'pending']);
    client.clock.advance(1);
    expect(await outcomes([written, waiting])).toEqual(['unknown', 'expired']);
    expect((await waiting.settled).error?.code).toBe('timeout');
    client.bounce();
    expect(client.numbers).toEqual([]);
  });

  it('ttl of the policy holds, and the one of the send goes before it', async () => {
    const client = new ScriptedClient({ policies: { chat: queue({ ttl: 1_000 }), cursor: latest({ ttl: 2_000 }) } });
    const receipts = [
      client.socket.send({ type: 'chat' }),
      client.socket.send({ type: 'chat' }, { ttl: 3_000 }),
      client.socket.send({ type: 'cursor' }),
    ];
    client.clock.advance(1_000);
    expect(await outcomes(receipts)).toEqual(['expired', 'pending', 'pending']);
    client.clock.advance(1_000);
    expect(await outcomes(receipts)).toEqual(['expired', 'pending', 'expired']);
    client.clock.advance(1_000);
    expect(await outcomes(receipts)).toEqual(['expired', 'expired', 'expired']);
  });

  it('cancel(): cancelled if it was never written, else unknown', async () => {
    const { client, written, waiting } = await pair();
    waiting.cancel();
    waiting.cancel();
    expect(await outcomes([written, waiting])).toEqual(['pending', 'cancelled']);
    written.cancel();
    expect(await outcome(written)).toBe('unknown');
    client.bounce();
    expect(client.numbers).toEqual([]);
    expect(client.undelivered.map(({ outcome }) => outcome)).toEqual(['cancelled', 'unknown']);
  });

  it('lets the next one go when the one before it in strict order is cancelled', async () => {
    const { client, written } = await pair();
    written.cancel();
    client.clock.advance(1_000);
    expect(client.numbers).toEqual([1, 2]);
  });

  it('cancel() after the end changes nothing', async () => {
    const client = await openClient();
    const receipt = client.socket.send({ type: 'chat' });
    receipt.cancel();
    expect(await outcome(receipt)).toBe('sent');
    expect(client.undelivered).toEqual([]);
  });

  it('cancel() after the end takes back no other message that was given the same id since', async () => {
    const client = await openClient({ policies });
    const first = client.socket.send({ type: 'order', n: 1 }, { id: 'k' });
    client.ack('k');
    const second = client.socket.send({ type: 'order', n: 2 }, { id: 'k' });
    first.cancel();
    expect(await outcomes([first, second])).toEqual(['acked', 'pending']);
  });

  it('an aborted signal cancels, and one that was aborted before keeps the message from being written', async () => {
    const client = new ScriptedClient();
    const abort = new AbortController();
    const waiting = client.socket.send({ type: 'chat', n: 1 }, { signal: abort.signal });
    abort.abort();
    await client.settle();
    client.open();
    const late = client.socket.send({ type: 'chat', n: 2 }, { signal: abort.signal });
    expect(await outcomes([waiting, late])).toEqual(['cancelled', 'cancelled']);
    expect(client.numbers).toEqual([]);
    expect(client.undelivered.map(({ id, outcome }) => [id, outcome])).toEqual([
      [waiting.id, 'cancelled'],
      [late.id, 'cancelled'],
    ]);
  });

  it('outbox.clear(): cancelled or unknown', async () => {
    const { client, written, waiting } = await pair();
    client.socket.outbox.clear();
    expect(await outcomes([written, waiting])).toEqual(['unknown', 'cancelled']);
    expect([client.socket.outbox.size, client.socket.outbox.bytes]).toEqual([0, 0]);
  });

  it('outbox.cancel(id) says whether there was something to cancel', async () => {
    const { client, waiting } = await pair();
    expect(client.socket.outbox.cancel(waiting.id)).toBe(true);
    expect(client.socket.outbox.cancel(waiting.id)).toBe(false);
    expect(await outcome(waiting)).toBe('cancelled');
  });

  it('outbox.drain() takes what was never sent, and leaves what was', async () => {
    const { client, written, waiting } = await pair();
    const taken = client.socket.outbox.drain();
    expect(taken.map(({ id, message, status }) => [id, message, status])).toEqual([
      [waiting.id, { type: 'strict', n: 2 }, 'queued'],
    ]);
    expect(await outcomes([written, waiting])).toEqual(['pending', 'cancelled']);
    expect(client.socket.outbox.size).toBe(1);
    client.bounce();
    expect(client.numbers).toEqual([1]);
  });

  it('the outbox shows what is in it', async () => {
    const { client, written, waiting } = await pair();
    const now = client.clock.now();
    expect([...client.socket.outbox].map(({ id, status, createdAt }) => [id, status, createdAt])).toEqual([
      [written.id, 'unproved', now],
      [waiting.id, 'queued', now],
    ]);
  });

  it('close(): closed if it was never written, else unknown, and a send afterwards is rejected as closed', async () => {
    const { client, written, waiting } = await pair();
    const closing = client.socket.close();
    expect(await outcomes([written, waiting])).toEqual(['unknown', 'closed']);
    const late = client.socket.send({ type: 'chat' });
    expect(late.status).toBe('rejected');
    expect(await outcome(late)).toBe('closed');
    expect((await late.settled).error?.code).toBe('closed');
    client.ws.finishClose();
    await closing;
    expect(await outcome(client.socket.send({ type: 'chat' }))).toBe('closed');
    expect(client.undelivered.map(({ outcome }) => outcome).sort()).toEqual(['closed', 'closed', 'closed', 'unknown']);
  });

  it('close(): kept only where a store has it', async () => {
    const put: string[] = [];
    const store = {
      load: async () => [],
      put: async ({ id }: { id: string }) => void put.push(id),
      remove: async () => {},
    };
    const kept = new ScriptedClient({ policies: { order: queue({ ack: 'message', durable: true }) }, store });
    const receipt = kept.socket.send({ type: 'order' });
    expect(await receipt.durable).toBe(true);
    await kept.socket.close();
    expect(await outcome(receipt)).toBe('kept');
    expect(put).toEqual([receipt.id]);
    expect(kept.undelivered).toEqual([]);

    const without = new ScriptedClient({ policies: { order: queue({ ack: 'message', durable: true }) } });
    const lost = without.socket.send({ type: 'order' });
    expect(await lost.durable).toBe(false);
    await without.socket.close();
    expect(await outcome(lost)).toBe('closed');
    expect(without.undelivered.map(({ outcome }) => outcome)).toEqual(['closed']);
  });

  it('close() with plain messages unproved tells unknown once for each', async () => {
    const client = await openClient();
    const receipts = [1, 2].map((n) => client.socket.send({ type: 'chat', n }));
    client.socket.close();
    expect(client.undelivered.map(({ id, outcome }) => [id, outcome])).toEqual(
      receipts.map(({ id }) => [id, 'unknown']),
    );
  });

  it('fires undelivered exactly once for each outcome that is bad news, and never for the others', async () => {
    const client = await openClient({
      ...noPings,
      queue: { maxMessages: 2 },
      policies: {
        order: acked,
        strict: queue({ ack: 'message', inFlight: 1 }),
        soft: queue({ ack: 'message', inFlight: 1, overflow: 'drop-oldest' }),
        cursor: latest(),
        r: reject(),
      },
    });
    const { socket } = client;
    const told = new Map<string, string>();
    const expectTold = async (receipt: Receipt, name: string): Promise<void> => {
      expect(await outcome(receipt)).toBe(name);
      told.set(receipt.id, name);
    };
    const silent = socket.send({ type: 'order' });
    client.ack(silent);
    expect(await outcome(silent)).toBe('acked');

    const refused = socket.send({ type: 'order' });
    client.receive({ type: 'nack', messageId: refused.id, code: 'no', message: '' });
    await expectTold(refused, 'refused');
    const written = socket.send({ type: 'strict' });
    const expired = socket.send({ type: 'strict' }, { ttl: 10 });
    client.clock.advance(10);
    await expectTold(expired, 'expired');
    const cancelled = socket.send({ type: 'strict' });
    cancelled.cancel();
    await expectTold(cancelled, 'cancelled');
    written.cancel();
    await expectTold(written, 'unknown');

    client.ws.drop();
    await expectTold(socket.send({ type: 'r' }), 'rejected');
    const replaced = socket.send({ type: 'cursor' });
    const newer = socket.send({ type: 'cursor' });
    expect(await outcome(replaced)).toBe('replaced');
    newer.cancel();
    await expectTold(newer, 'cancelled');
    const dropped = socket.send({ type: 'soft' });
    const closed = [socket.send({ type: 'soft' }), socket.send({ type: 'soft' })] as const;
    await expectTold(dropped, 'dropped');
    await socket.close();
    for (const receipt of closed) await expectTold(receipt, 'closed');

    expect(client.undelivered.map(({ id, outcome }) => [id, outcome]).sort()).toEqual([...told].sort());
    expect(new Set(client.undelivered.map(({ id }) => id)).size).toBe(client.undelivered.length);
    expect(new Set(told.values()).size).toBe(7);
  });
});

describe('after a reconnect', () => {
  const policies = { order: acked, cursor: latest() };

  it('sends auth, then subscriptions, then unproved messages in their first order, then the queue', async () => {
    const client = new ScriptedClient({ policies, token: () => 'secret', auth: { via: 'message' }, ...noPings });
    client.socket.channel('room').onMessage(() => {});
    await client.settle();
    client.open({ type: 'welcome' });
    const first = [1, 2].map((n) => client.socket.send({ type: 'order', n }));
    client.ws.drop();
    client.socket.send({ type: 'chat', n: 3 });
    client.socket.send({ type: 'order', n: 4 });
    client.retry();
    client.ws.open();
    expect(client.written().map(({ type }) => type)).toEqual(['auth']);
    client.receive({ type: 'welcome' });
    expect(client.written().map(({ type, n }) => n ?? type)).toEqual(['auth', 'subscribe', 1, 2, 3, 4]);
    expect(
      client
        .written('order')
        .slice(0, 2)
        .map(({ messageId }) => messageId),
    ).toEqual(first.map(({ id }) => id));
  });

  it('sends unproved messages again with their ids on as many links as it takes', async () => {
    const client = await openClient({ policies });
    const receipt = client.socket.send({ type: 'order', n: 1 });
    for (let i = 0; i < 5; i++) {
      client.bounce();
      expect(client.written('order').map(({ messageId }) => messageId)).toEqual([receipt.id]);
    }
    client.ack(receipt);
    expect(await outcome(receipt)).toBe('acked');
    client.bounce();
    expect(client.numbers).toEqual([]);
  });

  it('keeps the first order when a link dies in the middle of the resending', async () => {
    const client = await openClient({ policies, queue: { highWaterMark: 100 } });
    for (const n of [1, 2, 3]) client.socket.send({ type: 'order', n });
    client.clock.advance(0);
    expect(client.numbers).toEqual([1, 2, 3]);
    client.ws.drop();
    client.retry();
    client.ws.bufferedAmount = 60;
    client.open();
    expect(client.numbers).toEqual([1]);
    client.bounce();
    client.clock.advance(0);
    expect(client.numbers).toEqual([1, 2, 3]);
  });

  it('keeps the first order when one was sent once more on the same link', async () => {
    const client = await openClient({
      policies: { fast: queue({ ack: 'message', ackTimeout: 100 }), order: acked },
    });
    client.socket.send({ type: 'fast', n: 1 });
    client.socket.send({ type: 'order', n: 2 });
    client.clock.advance(100);
    expect(client.numbers).toEqual([1, 2, 1]);
    client.bounce();
    expect(client.numbers).toEqual([1, 2]);
  });

  it('waits for welcome before it resends, once it has seen one', async () => {
    const client = await openClient({ policies }, { type: 'welcome' });
    client.socket.send({ type: 'order', n: 1 });
    client.ws.drop();
    client.socket.send({ type: 'chat', n: 2 });
    client.retry();
    client.open();
    expect(client.status).toBe('open');
    expect(client.numbers).toEqual([]);
    client.socket.send({ type: 'chat', n: 3 });
    expect(client.numbers).toEqual([]);
    client.receive({ type: 'welcome' });
    expect(client.numbers).toEqual([1, 2, 3]);
  });

  it('does not wait for welcome before it has ever seen one', async () => {
    const client = await openClient({ policies });
    client.socket.send({ type: 'order', n: 1 });
    client.bounce();
    expect(client.numbers).toEqual([1]);
  });

  it('does not wait for ever for a welcome that is left out', async () => {
    const client = await openClient({ policies, ...noPings }, { type: 'welcome' });
    client.socket.send({ type: 'order', n: 1 });
    client.bounce();
    client.clock.advance(10_000);
    expect(client.numbers).toEqual([1]);
  });

  it('does not resend what is older than the ids that the server remembers', async () => {
    const client = await openClient({ policies, ...noPings }, { type: 'welcome', ids: 60_000 });
    const old = client.socket.send({ type: 'order', n: 1 });
    client.clock.advance(20_000);
    const young = client.socket.send({ type: 'order', n: 2 });
    client.ws.drop();
    const unsent = client.socket.send({ type: 'order', n: 3 });
    client.retry();
    // 60,001 ms after the first was written, 40,001 after the second.
    client.clock.jump(60_001 - 21_000);
    client.open({ type: 'welcome', ids: 60_000 });
    expect(client.numbers).toEqual([2, 3]);
    const { outcome: name, error } = await old.settled;
    expect([name, error?.code]).toEqual(['unknown', 'ids-expired']);
    expect(await outcomes([young, unsent])).toEqual(['pending', 'pending']);
    expect(client.undelivered.map(({ id, reason }) => [id, reason])).toEqual([[old.id, 'ids-expired']]);
  });

  it('resends what is exactly as old as the ids', async () => {
    const client = await openClient({ policies, ...noPings }, { type: 'welcome', ids: 21_000 });
    client.socket.send({ type: 'order', n: 1 });
    client.clock.advance(20_000);
    client.bounce({ type: 'welcome', ids: 21_000 });
    expect(client.clock.now()).toBe(1_000_000_021_000);
    expect(client.numbers).toEqual([1]);
  });

  it('judges by the terms of the newest welcome, and not by age where it names none', async () => {
    const client = await openClient({ policies, ...noPings }, { type: 'welcome', ids: 1_000, rate: 1 });
    client.socket.send({ type: 'order', n: 1 });
    client.clock.advance(20_000);
    client.socket.send({ type: 'order', n: 2 });
    client.bounce({ type: 'welcome' });
    expect(client.numbers).toEqual([1, 2]);
  });
});

describe('the ring of unproved plain messages', () => {
  it('forgets the oldest past the bound, and tells their number when the link dies', async () => {
    const client = await openClient({ queue: { maxMessages: 3 } });
    const receipts = [1, 2, 3, 4, 5].map((n) => client.socket.send({ type: 'chat', n }));
    expect(receipts.map(({ status }) => status)).toEqual(Array(5).fill('written'));
    client.ws.drop();
    expect(client.lost).toEqual([3, 4, 5]);
    expect(client.errors.map(({ code }) => code)).toEqual(['unproved-forgotten']);
    expect(client.errors[0]?.message).toMatch(/^2 /);
    expect(client.socket.stats().forgotten).toBe(2);
  });

  it('is bounded in bytes too', async () => {
    const client = await openClient({ queue: { maxBytes: 250 } });
    for (const n of [1, 2, 3]) client.socket.send(hundred(n));
    client.ws.drop();
    expect(client.lost).toEqual([2, 3]);
    expect(client.socket.stats().forgotten).toBe(1);
  });

  it('is emptied by a proof', async () => {
    const client = await openClient({ queue: { maxMessages: 3 } });
    for (const n of [1, 2]) client.socket.send({ type: 'chat', n });
    client.clock.advance(30_000);
    client.pong();
    for (const n of [3, 4]) client.socket.send({ type: 'chat', n });
    client.ws.drop();
    expect(client.lost).toEqual([3, 4]);
    expect(client.errors).toEqual([]);
  });

  it('does not count against the queue', async () => {
    const client = await openClient({ queue: { maxMessages: 3 } });
    for (const n of [1, 2, 3]) client.socket.send({ type: 'chat', n });
    expect(client.socket.outbox.size).toBe(0);
    client.ws.drop();
    for (const n of [4, 5, 6]) expect(client.socket.send({ type: 'chat', n }).status).toBe('queued');
  });
});

describe('what can not be sent', () => {
  const types = [
    'ping',
    'pong',
    'welcome',
    'auth',
    'subscribe',
    'subscribed',
    'unsubscribe',
    'unsubscribed',
    'reset',
    'ack',
    'nack',
    'goaway',
  ];

  it.each(types)('throws for the reserved type %s', async (type) => {
    const client = await openClient();
    const error = thrown(() => client.socket.send({ type } as AnyMessage));
    expect([error.name, error.code]).toEqual(['ReliableSocketError', 'bad-message']);
    expect(error.message).toContain(type);
    expect(client.written()).toEqual([]);
  });

  it.each(['seq', 'channel', 'messageId'])('throws for the reserved field %s', async (field) => {
    const client = await openClient();
    const error = thrown(() => client.socket.send({ type: 'chat', [field]: 1 } as AnyMessage));
    expect(error.code).toBe('bad-message');
    expect(error.message).toContain(field);
  });

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'chat'],
    ['no type', { text: 'hi' }],
    ['a type that is no text', { type: 7 }],
    ['a bigint', { type: 'chat', n: 1n }],
  ])('throws for %s', async (_, message) => {
    const client = await openClient();
    expect(thrown(() => client.socket.send(message as AnyMessage)).code).toBe('bad-message');
  });

  it('throws for a message that holds itself', async () => {
    const client = await openClient();
    const message: Record<string, unknown> = { type: 'chat' };
    message.self = message;
    expect(thrown(() => client.socket.send(message as unknown as AnyMessage)).code).toBe('bad-message');
  });

  it('throws for an id that is under way, and takes it again when that has ended', async () => {
    const client = await openClient({ policies: { order: acked } });
    const receipt = client.socket.send({ type: 'order' }, { id: 'k' });
    const error = thrown(() => client.socket.send({ type: 'order' }, { id: 'k' }));
    expect([error.code, error.id]).toEqual(['duplicate-id', 'k']);
    expect(client.written()).toHaveLength(1);
    client.ack(receipt);
    expect(client.socket.send({ type: 'order' }, { id: 'k' }).status).toBe('written');
  });

  it('throws for a ttl that is no time', async () => {
    const client = await openClient();
    expect(thrown(() => client.socket.send({ type: 'a' }, { ttl: -1 })).code).toBe('bad-option');
    expect(thrown(() => client.socket.send({ type: 'a' }, { ttl: Number.NaN })).code).toBe('bad-option');
  });

  it('encodes the message when it is sent, so that a later change does not change it', async () => {
    const client = new ScriptedClient();
    const message = { type: 'chat', n: 1 };
    client.socket.send(message);
    message.n = 2;
    await client.settle();
    client.open();
    expect(client.numbers).toEqual([1]);
  });

  it('is not thenable: a receipt can not be awaited by mistake', async () => {
    const client = await openClient();
    expect(client.socket.send({ type: 'chat' })).not.toHaveProperty('then');
  });
});

describe('flow control', () => {
  it('drops none of 5,000 messages of 100 bytes in one task on an open link', async () => {
    const client = await openClient();
    client.ws.buffering = true;
    const receipts = Array.from({ length: 5_000 }, (_, n) => client.socket.send(hundred(n)));
    client.clock.advance(1_000);
    expect(client.numbers).toEqual(Array.from({ length: 5_000 }, (_, n) => n));
    expect(new Set(receipts.map(({ status }) => status))).toEqual(new Set(['written']));
    expect(client.undelivered).toEqual([]);
  });

  it('drops none of 5,000 messages with an ack in one task either', async () => {
    const client = await openClient({ policies: { m: acked } });
    client.ws.buffering = true;
    for (let n = 0; n < 5_000; n++) client.socket.send(hundred(n));
    client.clock.advance(1_000);
    expect(client.numbers).toEqual(Array.from({ length: 5_000 }, (_, n) => n));
    expect(client.undelivered).toEqual([]);
  });

  /** Counts what each turn writes. */
  function turns(options: ConstructorParameters<typeof ScriptedClient>[0]) {
    const counts: { messages: number; bytes: number }[] = [];
    const client: ScriptedClient = new ScriptedClient({
      ...options,
      environment: {
        setTimer: (run, ms) =>
          client.clock.setTimer(() => {
            const before = client.sockets.at(-1)?.sent.length ?? 0;
            run();
            const sent = (client.sockets.at(-1)?.sent ?? []).slice(before).map(String);
            counts.push({ messages: sent.length, bytes: sent.join('').length });
          }, ms),
      },
    });
    return { client, counts };
  }

  it('flushes 100,000 messages without overflowing the stack, at most 1,000 in a turn', async () => {
    const { client, counts } = turns({ queue: { maxMessages: 100_000, maxBytes: 100_000_000 } });
    for (let n = 0; n < 100_000; n++) client.socket.send({ type: 'm', n });
    await client.settle();
    client.open();
    expect(client.ws.sent.length).toBe(1_000);
    client.clock.advance(1_000);
    expect(client.ws.sent.length).toBe(100_000);
    expect(client.numbers).toEqual(Array.from({ length: 100_000 }, (_, n) => n));
    expect(Math.max(...counts.map(({ messages }) => messages))).toBe(1_000);
    expect(client.socket.outbox.size).toBe(0);
  });

  it('flushes at most highWaterMark bytes in a turn, also where bufferedAmount is always 0', async () => {
    const { client, counts } = turns({ queue: { highWaterMark: 1_050 } });
    for (let n = 0; n < 50; n++) client.socket.send(hundred(n));
    await client.settle();
    client.open();
    expect(client.ws.sent.length).toBe(10);
    client.clock.advance(1_000);
    expect(client.ws.sent.length).toBe(50);
    expect(Math.max(...counts.map(({ bytes }) => bytes))).toBe(1_000);
  });

  it('writes a message larger than highWaterMark on its own', async () => {
    const client = new ScriptedClient({ queue: { highWaterMark: 50 } });
    for (const n of [1, 2]) client.socket.send(hundred(n));
    await client.settle();
    client.open();
    expect(client.numbers).toEqual([1]);
    client.clock.advance(0);
    expect(client.numbers).toEqual([1, 2]);
  });

  it('waits while the buffer of the socket is full, and goes on when it has drained', async () => {
    const client = await openClient({ queue: { highWaterMark: 1_000 } });
    client.ws.buffering = true;
    const receipts = Array.from({ length: 25 }, (_, n) => client.socket.send(hundred(n)));
    expect(receipts.filter(({ status }) => status === 'written')).toHaveLength(10);
    client.clock.advance(5_000);
    expect(client.numbers).toHaveLength(10);
    client.ws.drainBuffer();
    client.clock.advance(16);
    expect(client.numbers).toHaveLength(20);
    client.ws.drainBuffer(200);
    client.clock.advance(16);
    expect(client.numbers).toHaveLength(22);
    client.ws.drainBuffer();
    client.clock.advance(16);
    expect(client.numbers).toEqual(Array.from({ length: 25 }, (_, n) => n));
  });

  it('writes no faster than flushRate, and not in a burst after a rest', async () => {
    const client = await openClient({ queue: { flushRate: 10 }, ...noPings });
    client.clock.advance(60_000);
    for (let n = 0; n < 20; n++) client.socket.send({ type: 'chat', n });
    expect(client.numbers).toHaveLength(1);
    client.clock.advance(1_000);
    expect(client.numbers.length).toBeGreaterThanOrEqual(10);
    expect(client.numbers.length).toBeLessThanOrEqual(11);
    client.clock.advance(900);
    expect(client.numbers).toEqual(Array.from({ length: 20 }, (_, n) => n));
  });

  it('keeps to the rate of welcome, and to flushRate where that is lower', async () => {
    for (const [flushRate, rate] of [
      [Infinity, 10],
      [100, 10],
      [10, 100],
    ] as const) {
      const client = new ScriptedClient({ queue: { flushRate }, ...noPings });
      await client.settle();
      client.open({ type: 'welcome', rate });
      for (let n = 0; n < 100; n++) client.socket.send({ type: 'chat', n });
      client.clock.advance(1_000);
      expect(client.numbers.length).toBeGreaterThanOrEqual(9);
      expect(client.numbers.length).toBeLessThanOrEqual(11);
    }
  });

  it('keeps to the rate of welcome when it resends', async () => {
    const client = await openClient({ policies: { order: acked }, ...noPings }, { type: 'welcome' });
    for (let n = 0; n < 20; n++) client.socket.send({ type: 'order', n });
    expect(client.numbers).toHaveLength(20);
    client.bounce({ type: 'welcome', rate: 10 });
    expect(client.numbers).toHaveLength(1);
    client.clock.advance(2_000);
    expect(client.numbers).toEqual(Array.from({ length: 20 }, (_, n) => n));
  });

  it('goes at half the pace after 4429, also when the next welcome names the same rate', async () => {
    const client = await openClient({ ...noPings }, { type: 'welcome', rate: 20 });
    client.ws.drop(4429, 'slow down', true);
    for (let n = 0; n < 100; n++) client.socket.send({ type: 'chat', n });
    client.retry();
    client.open({ type: 'welcome', rate: 20 });
    client.clock.advance(1_000);
    expect(client.numbers.length).toBeGreaterThanOrEqual(9);
    expect(client.numbers.length).toBeLessThanOrEqual(12);
  });

  it('ready resolves at once when there is room', async () => {
    const client = new ScriptedClient();
    await client.socket.ready;
    expect(client.socket.outbox.size).toBe(0);
  });

  it('ready waits until less than half of the bounds is taken, for all who ask', async () => {
    const client = new ScriptedClient({ queue: { maxMessages: 10 } });
    for (let n = 0; n < 6; n++) client.socket.send({ type: 'chat', n });
    let ready = false;
    const waiting = client.socket.ready;
    waiting.then(() => {
      ready = true;
    });
    await client.settle();
    expect(ready).toBe(false);
    client.open();
    await client.settle();
    expect(ready).toBe(true);
  });

  it('ready waits for the buffer of the socket', async () => {
    const client = await openClient({ queue: { highWaterMark: 1_000 } });
    client.ws.bufferedAmount = 600;
    let ready = false;
    client.socket.ready.then(() => {
      ready = true;
    });
    client.clock.advance(1_000);
    await client.settle();
    expect(ready).toBe(false);
    client.ws.bufferedAmount = 499;
    client.clock.advance(16);
    await client.settle();
    expect(ready).toBe(true);
  });

  it('takes a stream of messages as fast as the link takes them and refuses none, with ready', async () => {
    const client = await openClient({ policies: { m: acked }, queue: { maxMessages: 100 } });
    for (let n = 0; n < 2_000; n++) {
      await Promise.race([client.socket.ready, client.settle()]);
      const receipt = client.socket.send({ type: 'm', n }, { id: `m${n}` });
      expect(receipt.status).toBe('written');
      if (n >= 40) client.ack(`m${n - 40}`);
    }
    expect(client.undelivered).toEqual([]);
  });
});

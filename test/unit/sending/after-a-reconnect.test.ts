import { describe, expect, it } from 'vitest';
import { latest, queue } from '../../../src/index.js';
import { openClient, outcome, outcomes, ScriptedClient } from '../../support/harness.js';
import { hundred } from '../../support/hundred-bytes.js';

const noPings = { heartbeat: false } as const;
const acked = queue({ ack: 'message' });

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

  it('does not resend it on a live link either, once its ack is overdue', async () => {
    const client = await openClient({ policies, ...noPings }, { type: 'welcome', ids: 29_999 });
    const { settled } = client.socket.send({ type: 'order', n: 1 });
    client.clock.advance(60_000);
    expect(client.numbers).toEqual([1]);
    expect(await settled).toMatchObject({ outcome: 'unknown', error: { code: 'ids-expired' } });
  });

  it('does not resend what became too old while the pace held it back', async () => {
    const terms = { type: 'welcome', ids: 5_000, rate: 1 };
    const client = await openClient({ policies, ...noPings }, { ...terms, rate: 1_000 });
    const receipts = [1, 2, 3, 4, 5, 6].map((n) => client.socket.send({ type: 'order', n }));
    client.bounce(terms);
    client.clock.advance(20_000);
    // One each second, for the 5 s that the ids are known, of which the way back took one.
    expect(client.numbers).toEqual([1, 2, 3, 4, 5]);
    expect(await receipts[5]?.settled).toMatchObject({ outcome: 'unknown', error: { code: 'ids-expired' } });
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

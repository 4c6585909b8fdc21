import { describe, expect, it } from 'vitest';
import { drop, latest, queue, type Receipt } from '../../../src/index.js';
import { openClient, outcome, outcomes } from '../../support/harness.js';

const noPings = { heartbeat: false } as const;
const acked = queue({ ack: 'message' });

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
    expect(error?.message).toBe('send "order": refused (nack: none left)');
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

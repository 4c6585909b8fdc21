import { describe, expect, it } from 'vitest';
import { type AnyMessage, queue, type Receipt } from '../../../src/index.js';
import { openClient, outcomes, ScriptedClient } from '../../support/harness.js';
import { hundred } from '../../support/hundred-bytes.js';

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
    expect(error?.message).toMatch(/: rejected \(queue-full\)$/);
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

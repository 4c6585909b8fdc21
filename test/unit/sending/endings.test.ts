import { describe, expect, it } from 'vitest';
import { latest, queue, type Receipt, reject } from '../../../src/index.js';
import { openClient, outcome, outcomes, ScriptedClient } from '../../support/harness.js';

const noPings = { heartbeat: false } as const;
const acked = queue({ ack: 'message' });

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

  it('cancel() of a message that was sent unproved takes back no other message of the same id', async () => {
    const client = await openClient({ policies });
    const sent = client.socket.send({ type: 'chat', n: 1 }, { id: 'k' });
    const waiting = client.socket.send({ type: 'order', n: 2 }, { id: 'k' });
    sent.cancel();
    expect(await outcomes([sent, waiting])).toEqual(['sent', 'pending']);
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

import { describe, expect, it } from 'vitest';
import { queue } from '../../../src/index.js';
import { openClient, ScriptedClient } from '../../support/harness.js';
import { hundred } from '../../support/hundred-bytes.js';

const noPings = { heartbeat: false } as const;
const acked = queue({ ack: 'message' });

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

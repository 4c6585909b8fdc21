import { describe, expect, it } from 'vitest';
import { latest, queue } from '../../../src/index.js';
import { framesOf, openClient, serve, startClient } from '../../support/scripted-client.js';

describe('a flush', () => {
  it('of 20,000 messages writes each once and in order, in slices, without deepening the stack', async () => {
    const client = await startClient({ queue: { maxMessages: 20_000 } });
    for (let n = 0; n < 20_000; n++) client.socket.send({ type: 'chat', n });
    expect(client.socket.outbox.size).toBe(20_000);
    client.net.last.open();
    const atOnce = client.net.last.sent.length;
    expect(atOnce).toBeGreaterThan(0);
    expect(atOnce).toBeLessThan(20_000);
    await client.after(1_000);
    expect(client.net.last.frames.map(({ n }) => n)).toEqual(Array.from({ length: 20_000 }, (_, n) => n));
    expect(client.socket.outbox.size).toBe(0);
  });

  it('of 150,000 messages ends in a listener, which is told each of them', async () => {
    const many = 150_000;
    const client = await startClient({ queue: { maxMessages: many, maxBytes: Infinity } });
    for (let n = 0; n < many; n++) client.socket.send({ type: 'chat' });
    client.socket.on('open', () => client.socket.outbox.clear());
    client.net.last.open();
    expect(client.errors).toEqual([]);
    expect(client.undelivered).toHaveLength(many - client.net.last.sent.length);
  });

  it('keeps to queue.flushRate, so that no burst gets the client banned', async () => {
    const client = await startClient({ queue: { flushRate: 50 } });
    for (let n = 0; n < 500; n++) client.socket.send({ type: 'chat', n });
    client.net.last.open();
    const perSecond: number[] = [];
    for (let second = 0; second < 10; second++) {
      const before = client.net.last.sent.length;
      await client.after(1_000);
      perSecond.push(framesOf(client.net.last, 'chat').length - before);
    }
    expect(client.net.last.sent.length).toBeGreaterThan(450);
    expect(Math.max(...perSecond)).toBeLessThanOrEqual(56);
  });

  it('keeps to the rate that the server names in welcome', async () => {
    const client = await startClient({ policies: { order: queue({ ack: 'message' }) } });
    client.net.last.open();
    client.net.last.receive({ type: 'welcome', rate: 20 });
    client.net.last.drop();
    for (let n = 0; n < 200; n++) client.socket.send({ type: 'order', n });
    const next = await client.reopen();
    next.receive({ type: 'welcome', rate: 20 });
    await client.after(2_000);
    expect(framesOf(next, 'order').length).toBeGreaterThan(30);
    expect(framesOf(next, 'order').length).toBeLessThanOrEqual(20 * 2 + 3);
  });

  it('pauses above the high-water mark and goes on below it', async () => {
    const client = await startClient(
      { queue: { highWaterMark: 1_000 } },
      {
        onCreate: (socket) => {
          socket.buffering = true;
        },
      },
    );
    for (let n = 0; n < 100; n++) client.socket.send({ type: 'chat', text: 'x'.repeat(100) });
    client.net.last.open();
    await client.after(1_000);
    const written = client.net.last.sent.length;
    expect(written).toBeGreaterThan(0);
    expect(written).toBeLessThan(15);
    client.net.last.drainBuffer();
    await client.after(1_000);
    expect(client.net.last.sent.length).toBeGreaterThan(written);
  });

  it('does not feed itself when the server says nack with retry at once, each time', async () => {
    const client = await startClient({ policies: { order: queue({ ack: 'message' }) } });
    const socket = client.net.last;
    serve(socket, (frame) => {
      if (frame.type === 'order') socket.receive({ type: 'nack', messageId: frame.messageId, retry: true });
    });
    client.socket.send({ type: 'order' });
    socket.open();
    await client.after(20_000);
    expect(framesOf(socket, 'order').length).toBeGreaterThan(2);
    expect(framesOf(socket, 'order').length).toBeLessThan(20);
  });

  it('does not feed itself when each message brings about another in the same stack', async () => {
    const client = await startClient();
    const socket = client.net.last;
    serve(socket, ({ n }) => {
      if (Number(n) < 20_000) socket.receive({ type: 'echo', n });
    });
    client.socket.onMessage('echo', ({ n }) => {
      client.socket.send({ type: 'chat', n: Number(n) + 1 });
    });
    client.socket.send({ type: 'chat', n: 0 });
    socket.open();
    await client.after(1_000);
    expect(socket.frames.map(({ n }) => n)).toEqual(Array.from({ length: 20_001 }, (_, n) => n));
    expect(client.errors).toEqual([]);
  });

  it('ends with the link: what was not written stays, in order, for the next one', async () => {
    const client = await startClient();
    const first = client.net.last;
    serve(first, ({ n }) => {
      if (n === 3) first.drop();
    });
    for (let n = 1; n <= 6; n++) client.socket.send({ type: 'chat', n });
    first.open();
    const next = await client.reopen();
    const told = client.undelivered.map(({ message, outcome }) => [(message as { n?: unknown }).n, outcome]);
    const unsent = next.frames.map(({ n }) => n);
    expect(told.every(([, outcome]) => outcome === 'unknown')).toBe(true);
    // Each is either on the new link or told, and none is both.
    expect([...told.map(([n]) => n), ...unsent]).toEqual([1, 2, 3, 4, 5, 6]);
    expect(first.violations).toEqual([]);
  });
});

describe('the handshake', () => {
  it('is over before anything is written', async () => {
    const client = await startClient({ policies: { cursor: latest() } });
    client.socket.send({ type: 'chat' });
    client.socket.send({ type: 'cursor' });
    client.socket.channel('room').onMessage(() => {});
    await client.after(5_000);
    expect(client.net.last.sent).toEqual([]);
    expect(client.net.last.violations).toEqual([]);
  });

  it('is followed by auth, then subscriptions, then what is in flight, then the queue', async () => {
    const client = await startClient({
      token: () => 't',
      auth: { via: 'message' },
      policies: { order: queue({ ack: 'message' }) },
    });
    for (const room of ['a', 'b']) client.socket.channel(room).onMessage(() => {});
    const first = await client.reopen();
    first.receive({ type: 'welcome' });
    client.socket.send({ type: 'order', n: 1 });
    client.socket.send({ type: 'order', n: 2 });
    await client.after(0);
    expect(framesOf(first, 'order')).toHaveLength(2);
    first.drop();
    client.socket.send({ type: 'chat', n: 3 });
    client.socket.send({ type: 'order', n: 4 });
    const next = await client.reopen();
    expect(next.frames.map(({ type }) => type)).toEqual(['auth']);
    next.receive({ type: 'welcome' });
    await client.after(0);
    const what = next.frames.map(({ type, channel, n }) => [type, channel ?? n].filter((part) => part !== undefined));
    expect(what).toEqual([
      ['auth'],
      ['subscribe', 'a'],
      ['subscribe', 'b'],
      ['order', 1],
      ['order', 2],
      ['chat', 3],
      ['order', 4],
    ]);
  });

  it('holds back what is sent again until the welcome of a server that is known to say it', async () => {
    const client = await openClient({ policies: { order: queue({ ack: 'message' }) } });
    client.net.last.receive({ type: 'welcome' });
    client.socket.send({ type: 'order' });
    client.net.last.drop();
    const next = await client.reopen();
    await client.after(1_000);
    expect(framesOf(next, 'order')).toEqual([]);
    next.receive({ type: 'welcome' });
    expect(framesOf(next, 'order')).toHaveLength(1);
  });
});

describe('a message with an ack', () => {
  it('keeps its id over any number of retries', async () => {
    const client = await startClient({ policies: { order: queue({ ack: 'message' }) } });
    const receipt = client.socket.send({ type: 'order', sku: 'A' });
    for (let link = 0; link < 6; link++) {
      const socket = await client.reopen();
      expect(socket.frames).toEqual([{ type: 'order', sku: 'A', messageId: receipt.id }]);
      socket.drop();
    }
    const last = await client.reopen();
    last.receive({ type: 'ack', messageId: receipt.id });
    expect(await receipt.settled).toEqual({ outcome: 'acked', by: 'ack' });
    last.drop();
    expect((await client.reopen()).frames).toEqual([]);
    expect(client.undelivered).toEqual([]);
  });

  it('is not called failed when nobody knows: unknown if it was written, closed if it never was', async () => {
    const client = await openClient({ policies: { order: queue({ ack: 'message' }) } });
    const written = client.socket.send({ type: 'order', n: 1 });
    await client.after(0);
    expect(framesOf(client.net.last, 'order')).toHaveLength(1);
    client.net.last.drop();
    const waiting = client.socket.send({ type: 'order', n: 2 });
    void client.socket.close();
    expect((await written.settled).outcome).toBe('unknown');
    expect((await waiting.settled).outcome).toBe('closed');
  });

  it('is told apart by its time to live: unknown if it was written, expired if it never was', async () => {
    const client = await openClient({ policies: { order: queue({ ack: 'message', ttl: 10_000 }) } });
    const written = client.socket.send({ type: 'order', n: 1 });
    await client.after(0);
    client.net.last.drop();
    const waiting = client.socket.send({ type: 'order', n: 2 });
    await client.after(0);
    client.socket.reconnect();
    await client.after(10_000);
    expect((await written.settled).outcome).toBe('unknown');
    expect((await waiting.settled).outcome).toBe('expired');
    expect(client.undelivered.map(({ outcome }) => outcome)).toEqual(['unknown', 'expired']);
  });

  it('rejects a request as outcome-unknown with its id if it was written, and as timeout if not', async () => {
    const client = await openClient({ request: { timeout: 5_000 } });
    const written = client.socket.request({ type: 'order' }, { id: 'first' }).catch((error: unknown) => error);
    await client.after(0);
    expect(framesOf(client.net.last, 'order')).toHaveLength(1);
    client.net.last.drop();
    const waiting = client.socket.request({ type: 'order' }, { id: 'second' }).catch((error: unknown) => error);
    await client.after(6_000);
    expect(await written).toMatchObject({ code: 'outcome-unknown', id: 'first' });
    expect(await waiting).toMatchObject({ code: 'timeout', id: 'second' });
    const next = await client.reopen();
    expect(framesOf(next, 'order')).toEqual([]);
  });

  it('is not taken for one that was never sent: overflow evicts only what was never written', async () => {
    const client = await openClient({ policies: { order: queue({ ack: 'message' }) }, queue: { maxMessages: 2 } });
    const first = client.socket.send({ type: 'order', n: 1 });
    const second = client.socket.send({ type: 'order', n: 2 });
    await client.after(0);
    expect(framesOf(client.net.last, 'order')).toHaveLength(2);
    const third = client.socket.send({ type: 'order', n: 3 });
    expect(third.status).toBe('rejected');
    client.net.last.receive({ type: 'ack', messageIds: [first.id, second.id] });
    expect(await first.settled).toMatchObject({ outcome: 'acked' });
    expect(await second.settled).toMatchObject({ outcome: 'acked' });
  });

  it('a plain message that was written to a dying link is told as unknown, and not sent again', async () => {
    const client = await openClient();
    client.socket.send({ type: 'chat', n: 1 });
    client.net.last.drop();
    expect(client.undelivered).toEqual([expect.objectContaining({ outcome: 'unknown' })]);
    expect((await client.reopen()).sent).toEqual([]);
  });
});

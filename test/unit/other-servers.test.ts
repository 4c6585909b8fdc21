import { describe, expect, it } from 'vitest';
import { json, type Protocol, queue } from '../../src/index.js';
import { openClient, outcome, rejection, ScriptedClient } from '../support/harness.js';

/** What RECIPES.md says of servers with a wire of their own. */
describe('a server that there was already', () => {
  const literal: Protocol = { ...json({ literalPing: true }), literalPing: false };

  it('that answers a bare ping in its turn proves what came before it', async () => {
    const client = await openClient({ protocol: literal, policies: { order: queue({ ack: 'pong' }) } });
    const order = client.socket.send({ type: 'order' });
    const chat = client.socket.send({ type: 'chat' });
    client.clock.advance(1_000);
    expect(client.ws.sent.at(-1)).toBe('ping');
    expect(await outcome(order)).toBe('pending');
    client.ws.receive('pong');
    expect(await order.settled).toMatchObject({ outcome: 'acked', by: 'pong' });
    client.ws.drop();
    expect(await outcome(chat)).toBe('sent');
    expect(client.undelivered).toEqual([]);
  });

  it('that forgets ids gets no call twice, if what was under way is cancelled at its close', async () => {
    const client = await openClient({
      heartbeat: false,
      defaultPolicy: queue({ ack: 'message', ackTimeout: Infinity }),
    });
    const { socket } = client;
    socket.on('close', () => {
      for (const { id, status } of socket.outbox) if (status === 'unproved') socket.outbox.cancel(id);
    });
    const underWay = rejection(socket.request({ type: 'call', n: 1 }, { timeout: 3_600_000 }));
    client.clock.advance(100_000);
    expect(client.numbers).toEqual([1]);
    client.ws.drop();
    const next = socket.send({ type: 'call', n: 2 });
    client.retry();
    client.open();
    expect((await underWay).code).toBe('outcome-unknown');
    expect(client.numbers).toEqual([2]);
    client.ack(next);
    expect(await outcome(next)).toBe('acked');
  });

  it('that wants token and cursor in one first frame gets both in the subscribe of the default stream', async () => {
    const tokens = ['expired', 'good'];
    let token: string | undefined;
    const usual = json();
    const identify: Protocol = {
      encode(frame) {
        if (frame.kind !== 'subscribe') return usual.encode(frame);
        return JSON.stringify({ type: 'identify', token, after: frame.lastSeq });
      },
      decode(data) {
        const frame = JSON.parse(String(data)) as { type: string; after: number };
        return frame.type === 'ready' ? { kind: 'subscribed', seq: frame.after } : usual.decode(data);
      },
    };
    const url = (): string => {
      token = tokens.shift() ?? token;
      return 'ws://test.invalid/live';
    };
    const options = { protocol: identify, resume: { via: 'message', identity: false, from: { seq: 7 } } } as const;
    const client = new ScriptedClient(options, url);
    await client.settle();
    client.open();
    expect(client.written()).toEqual([{ type: 'identify', token: 'expired', after: 7 }]);
    client.ws.drop(4401);
    await client.settle();
    client.retry();
    await client.settle();
    client.open({ type: 'ready', after: 7 }, { type: 'm', seq: 8 });
    expect(client.written()).toEqual([{ type: 'identify', token: 'good', after: 7 }]);
    client.ws.receive({ type: 'pong', t: client.pings.at(-1)?.t });
    expect(client.heard).toEqual([8]);
    expect(client.gaps).toEqual([]);
  });
});

import { describe, expect, it } from 'vitest';
import { drop, json, latest, queue, type Receipt } from '../../src/index.js';
import { openClient, outcome, outcomes, type ScriptedClient } from '../support/harness.js';

const policies = { p: queue({ ack: 'pong' }), order: queue({ ack: 'message' }), cursor: latest(), d: drop() };

/** Moves the clock while the server says something each second, so that the link is never silent. */
function busy(client: ScriptedClient, ms: number): void {
  for (let passed = 0; passed < ms; passed += 1_000) {
    client.clock.advance(Math.min(1_000, ms - passed));
    client.receive({ type: 'tick' });
  }
}

describe("queue({ ack: 'pong' })", () => {
  it('is followed by a ping within a second, whose pong proves it', async () => {
    const client = await openClient({ policies });
    const receipt = client.socket.send({ type: 'p', n: 1 });
    expect(client.written('p')).toEqual([{ type: 'p', n: 1, messageId: receipt.id }]);
    expect(client.pings).toEqual([]);
    client.clock.advance(1_000);
    expect(client.ws.frames.map(({ type }) => type)).toEqual(['p', 'ping']);
    expect(await outcome(receipt)).toBe('pending');
    client.pong();
    expect(await receipt.settled).toEqual({ outcome: 'acked', by: 'pong' });
    expect(client.socket.outbox.size).toBe(0);
  });

  it('shares one ping among many messages', async () => {
    const client = await openClient({ policies });
    const receipts: Receipt[] = [];
    for (let n = 0; n < 20; n++) {
      receipts.push(client.socket.send({ type: 'p', n }));
      client.clock.advance(10);
    }
    client.clock.advance(800);
    expect(client.pings).toHaveLength(1);
    client.pong();
    expect(new Set(await outcomes(receipts))).toEqual(new Set(['acked']));
    client.clock.advance(2_000);
    expect(client.pings).toHaveLength(1);
  });

  it('gets its ping at once when half of the messages of the bound are unproved', async () => {
    const client = await openClient({ policies, queue: { maxMessages: 10 } });
    for (let n = 0; n < 4; n++) client.socket.send({ type: 'p', n });
    client.clock.advance(0);
    expect(client.pings).toHaveLength(0);
    client.socket.send({ type: 'p', n: 4 });
    client.clock.advance(0);
    expect(client.pings).toHaveLength(1);
  });

  it('gets its ping at once when half of the bytes of the bound are unproved', async () => {
    const client = await openClient({ policies, queue: { maxBytes: 1_000 } });
    client.socket.send({ type: 'p', pad: 'x'.repeat(300) });
    client.clock.advance(0);
    expect(client.pings).toHaveLength(0);
    client.socket.send({ type: 'p', pad: 'x'.repeat(150) });
    client.clock.advance(0);
    expect(client.pings).toHaveLength(1);
  });

  it('is not proved by the pong of a ping that was written before it', async () => {
    const client = await openClient({ policies });
    const before = client.socket.send({ type: 'p', n: 1 });
    client.clock.advance(1_000);
    const after = client.socket.send({ type: 'p', n: 2 });
    client.pong();
    expect(await outcomes([before, after])).toEqual(['acked', 'pending']);
    client.clock.advance(1_000);
    expect(client.pings).toHaveLength(2);
    client.pong();
    expect(await outcome(after)).toBe('acked');
  });

  it('waits with the next ping for the answer to the one that is out', async () => {
    const client = await openClient({ policies });
    client.socket.send({ type: 'p', n: 1 });
    client.clock.advance(1_000);
    client.socket.send({ type: 'p', n: 2 });
    client.clock.advance(5_000);
    expect(client.pings).toHaveLength(1);
    client.pong();
    client.clock.advance(1_000);
    expect(client.pings).toHaveLength(2);
  });

  it('is sent again with its id on each new link until a pong proves it', async () => {
    const client = await openClient({ policies });
    const receipt = client.socket.send({ type: 'p', n: 1 });
    client.clock.advance(1_000);
    for (let i = 0; i < 3; i++) {
      client.bounce();
      expect(client.written('p').map(({ messageId }) => messageId)).toEqual([receipt.id]);
      client.clock.advance(1_000);
      expect(client.pings).toHaveLength(1);
      expect(await outcome(receipt)).toBe('pending');
    }
    client.pong();
    expect(await receipt.settled).toEqual({ outcome: 'acked', by: 'pong' });
    client.bounce();
    expect(client.written('p')).toEqual([]);
    expect(client.undelivered).toEqual([]);
  });

  it('is not proved on a new link by a pong of the old one', async () => {
    const client = await openClient({ policies });
    const receipt = client.socket.send({ type: 'p', n: 1 });
    client.clock.advance(1_000);
    const old = client.pings[0];
    client.bounce();
    client.clock.advance(1_000);
    expect(client.pings).toHaveLength(1);
    expect(client.pings[0]?.t).not.toBe(old?.t);
    client.receive({ type: 'pong', t: old?.t });
    expect(await outcome(receipt)).toBe('pending');
  });

  it('takes an ack of the server too', async () => {
    const client = await openClient({ policies });
    const receipt = client.socket.send({ type: 'p' });
    client.ack(receipt);
    expect(await receipt.settled).toEqual({ outcome: 'acked', by: 'ack' });
  });

  it('is unknown once its pong stays out for ackTimeout and one more try', async () => {
    const client = await openClient({ policies });
    const receipt = client.socket.send({ type: 'p', n: 1 });
    busy(client, 30_000);
    expect(client.numbers).toEqual([1, 1]);
    busy(client, 29_000);
    expect(await outcome(receipt)).toBe('pending');
    busy(client, 1_000);
    expect(await outcome(receipt)).toBe('unknown');
    expect(client.numbers).toEqual([1, 1]);
  });
});

describe('which pongs prove', () => {
  it('numbers its pings, each with another number', async () => {
    const client = await openClient({ policies });
    for (let i = 0; i < 3; i++) {
      client.socket.send({ type: 'p' });
      client.clock.advance(1_000);
      client.pong();
    }
    const numbers = client.pings.map(({ t }) => t as number);
    expect(numbers).toHaveLength(3);
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    expect(new Set(numbers).size).toBe(3);
  });

  it('only an equal number, once a server has echoed one', async () => {
    const client = await openClient({ policies });
    client.socket.send({ type: 'p' });
    client.clock.advance(1_000);
    client.pong();
    const first = client.pings[0]?.t;
    const receipt = client.socket.send({ type: 'p' });
    client.clock.advance(1_000);
    client.receive({ type: 'pong' }, { type: 'pong', t: first }, { type: 'pong', t: 'other' });
    expect(await outcome(receipt)).toBe('pending');
    client.pong();
    expect(await outcome(receipt)).toBe('acked');
  });

  it('only an equal number on the next link as well', async () => {
    const client = await openClient({ policies });
    client.socket.send({ type: 'p' });
    client.clock.advance(1_000);
    client.pong();
    const receipt = client.socket.send({ type: 'p' });
    client.bounce();
    client.clock.advance(1_000);
    expect(client.pings).toHaveLength(1);
    client.receive({ type: 'pong' });
    expect(await outcome(receipt)).toBe('pending');
  });

  it('any pong to the ping that is out, from a server that echoes no number', async () => {
    const client = await openClient({ policies });
    for (let i = 0; i < 3; i++) {
      const receipt = client.socket.send({ type: 'p' });
      client.clock.advance(1_000);
      client.receive({ type: 'pong' });
      expect(await outcome(receipt)).toBe('acked');
    }
  });

  it('none with a number that was never given', async () => {
    const client = await openClient({ policies });
    const receipt = client.socket.send({ type: 'p' });
    client.clock.advance(1_000);
    client.receive({ type: 'pong', t: 77 });
    expect(await outcome(receipt)).toBe('pending');
  });

  it('none without a ping outstanding', async () => {
    const client = await openClient({ policies });
    const receipt = client.socket.send({ type: 'p' });
    client.receive({ type: 'pong' }, { type: 'pong', t: 1 });
    expect(client.pings).toEqual([]);
    expect(await outcome(receipt)).toBe('pending');
    client.clock.advance(1_000);
    expect(client.pings).toHaveLength(1);
  });

  it('no second pong to the same ping', async () => {
    const client = await openClient({ policies });
    client.socket.send({ type: 'p' });
    client.clock.advance(1_000);
    client.receive({ type: 'pong' });
    const receipt = client.socket.send({ type: 'p' });
    client.receive({ type: 'pong' });
    expect(await outcome(receipt)).toBe('pending');
  });

  it("the server's pings prove nothing, and are answered with their own t", async () => {
    const client = await openClient({ policies });
    const receipt = client.socket.send({ type: 'p' });
    client.clock.advance(1_000);
    client.receive({ type: 'ping', t: client.pings[0]?.t }, { type: 'ping' }, { type: 'ping', t: { a: 1 } });
    expect(client.written('pong')).toEqual([
      { type: 'pong', t: client.pings[0]?.t },
      { type: 'pong' },
      { type: 'pong', t: { a: 1 } },
    ]);
    expect(await outcome(receipt)).toBe('pending');
  });

  it('other frames are life but no proof', async () => {
    const client = await openClient({ policies });
    const receipt = client.socket.send({ type: 'p' });
    client.clock.advance(1_000);
    client.receive({ type: 'chat' }, { type: 'ack', messageId: 'other' }, { type: 'welcome' });
    expect(await outcome(receipt)).toBe('pending');
  });

  it('a pong does not settle a message that asks for an ack', async () => {
    const client = await openClient({ policies });
    const order = client.socket.send({ type: 'order' });
    client.clock.advance(30_000);
    client.pong();
    expect(await outcome(order)).toBe('pending');
    client.bounce();
    expect(client.written('order')).toHaveLength(1);
  });
});

describe('everything else', () => {
  it('rides on the heartbeat, also on a link that is busy with inbound traffic', async () => {
    const client = await openClient({ policies });
    busy(client, 10_000);
    for (const type of ['chat', 'cursor', 'd', 'order']) client.socket.send({ type });
    busy(client, 29_000);
    expect(client.pings).toEqual([]);
    busy(client, 1_000);
    expect(client.pings).toHaveLength(1);
  });

  it('no ping on a busy link with nothing unproved', async () => {
    const client = await openClient({ policies });
    busy(client, 120_000);
    expect(client.pings).toEqual([]);
  });

  it('is proved once, and then asks for nothing', async () => {
    const client = await openClient({ policies });
    client.socket.send({ type: 'chat' });
    busy(client, 30_000);
    client.pong();
    busy(client, 120_000);
    expect(client.pings).toHaveLength(1);
  });

  it('keeps asking every interval while more is written', async () => {
    const client = await openClient({ policies, heartbeat: { interval: 10_000 } });
    for (let i = 0; i < 60; i++) {
      client.socket.send({ type: 'chat' });
      busy(client, 1_000);
      if (client.pings.length > 0) client.pong();
    }
    expect(client.pings.length).toBeGreaterThanOrEqual(5);
    expect(client.pings.length).toBeLessThanOrEqual(6);
  });

  it('tells what is unproved when the link dies, and not what a pong has proved', async () => {
    const client = await openClient({ policies });
    client.socket.send({ type: 'chat', n: 1 });
    client.socket.send({ type: 'd', n: 2 });
    busy(client, 30_000);
    client.socket.send({ type: 'chat', n: 3 });
    client.pong();
    client.socket.send({ type: 'd', n: 4 });
    client.ws.drop();
    expect(client.undelivered.map(({ outcome, reason }) => [outcome, reason])).toEqual([
      ['unknown', 'link-lost'],
      ['unknown', 'link-lost'],
    ]);
    expect(client.lost).toEqual([3, 4]);
  });

  it('tells the same when the heartbeat finds the link dead', async () => {
    const client = await openClient({ policies });
    const receipt = client.socket.send({ type: 'chat', n: 1 });
    client.clock.advance(40_000);
    expect(client.closes.map(({ cause }) => cause)).toEqual(['heartbeat']);
    expect(client.undelivered.map(({ id, outcome }) => [id, outcome])).toEqual([[receipt.id, 'unknown']]);
  });

  it('tells the same when the application itself leaves the link', async () => {
    const client = await openClient({ policies });
    client.socket.send({ type: 'chat', n: 1 });
    client.socket.reconnect();
    expect(client.lost).toEqual([1]);
    expect(client.sockets).toHaveLength(2);
  });

  it('has no proof with heartbeat: false, so everything plain is told', async () => {
    const client = await openClient({ heartbeat: false });
    client.socket.send({ type: 'chat', n: 1 });
    busy(client, 600_000);
    expect(client.pings).toEqual([]);
    client.receive({ type: 'pong', t: 1 });
    client.ws.drop();
    expect(client.lost).toEqual([1]);
  });

  it('has no proof with literal pings, which only show life', async () => {
    const client = await openClient({ protocol: json({ literalPing: true }) });
    client.socket.send({ type: 'chat', n: 1 });
    client.clock.advance(30_000);
    expect(client.ws.sent).toEqual(['{"type":"chat","n":1}', 'ping']);
    client.ws.receive('pong');
    client.ws.receive('ping');
    expect(client.ws.sent.at(-1)).toBe('pong');
    client.clock.advance(20_000);
    expect(client.status).toBe('open');
    client.ws.drop();
    expect(client.lost).toEqual([1]);
  });
});

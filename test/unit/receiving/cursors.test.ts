import { describe, expect, it } from 'vitest';
import type { AnyMessage } from '../../../src/index.js';
import { openClient, type ScriptedClient } from '../../support/harness.js';
import { from, gap, m, plain42, welcome } from '../../support/numbered.js';

const noPings = { heartbeat: false } as const;

/** A client that has heard everything up to 42 of epoch e1, on its second link. */
async function at42(...frames: Record<string, unknown>[]): Promise<ScriptedClient> {
  const client = await openClient({}, welcome(40, 'e1'), m(41), m(42));
  client.bounce(...frames);
  client.messages.length = 0;
  for (const frame of frames) if (frame.type === 'm') client.messages.push(frame as unknown as AnyMessage);
  return client;
}

describe('cursors with an epoch', () => {
  it('adopts the head without a cursor', async () => {
    const client = await openClient({}, welcome(40, 'e1'));
    client.bounce();
    expect([client.query.get('lastSeq'), client.query.get('epoch')]).toEqual(['40', 'e1']);
    expect(client.gaps).toEqual([]);
  });

  it('continues from the cursor, and tells the application that it was resumed', async () => {
    const client = await at42(welcome(42, 'e1'), m(43), m(44));
    expect(client.heard).toEqual([43, 44]);
    expect(client.gaps).toEqual([]);
    expect(client.opens.map(({ resumed }) => resumed)).toEqual([false, true]);
    expect(client.socket.state).toMatchObject({ status: 'open', resumed: true });
  });

  it('a head ahead of the cursor is one gap for what lies between', async () => {
    const client = await at42(welcome(999, 'e1'), m(1000));
    expect(client.gaps).toEqual([gap(42, 999, 'missed', 'e1')]);
    expect(client.heard).toEqual([1000]);
    client.bounce();
    expect(client.query.get('lastSeq')).toBe('1000');
  });

  it('a head behind the cursor means that duplicates follow, which are dropped', async () => {
    const client = await openClient({}, welcome(40, 'e1'), m(41), m(42));
    client.bounce(welcome(40, 'e1'), m(41), m(42), m(43));
    expect(client.heard).toEqual([41, 42, 43]);
    expect(client.gaps).toEqual([]);
  });

  it('another epoch is exactly one gap, and then epoch and cursor are replaced together', async () => {
    const client = await at42(welcome(3, 'e2'), m(4));
    expect(client.gaps).toEqual([gap(42, 3, 'epoch', 'e2')]);
    expect(client.heard).toEqual([4]);
    client.bounce();
    expect([client.query.get('lastSeq'), client.query.get('epoch')]).toEqual(['4', 'e2']);
  });

  it('another epoch without any message sets the cursor too', async () => {
    const client = await at42(welcome(3, 'e2'));
    client.bounce();
    expect([client.query.get('lastSeq'), client.query.get('epoch')]).toEqual(['3', 'e2']);
  });

  it('a reset into the same epoch sets the cursor and adds no second gap', async () => {
    const client = await at42(welcome(3, 'e2'), { type: 'reset', epoch: 'e2', seq: 3, reason: 'lost' }, m(4));
    expect(client.gaps).toEqual([gap(42, 3, 'epoch', 'e2')]);
    expect(client.heard).toEqual([4]);
  });

  it('a reset into another epoch is exactly one gap', async () => {
    const client = await at42(welcome(42, 'e1'), { type: 'reset', epoch: 'e2', seq: 80, reason: 'restored' }, m(81));
    expect(client.gaps).toHaveLength(1);
    expect(client.gaps[0]).toMatchObject({ from: 42, to: 80, epoch: 'e2' });
    expect(client.heard).toEqual([81]);
  });

  it('a reset ahead is a gap with the word of the server, or reset', async () => {
    const client = await at42(welcome(42, 'e1'), { type: 'reset', epoch: 'e1', seq: 980, reason: 'trimmed' }, m(981));
    client.receive({ type: 'reset', seq: 990 });
    expect(client.gaps).toEqual([gap(42, 980, 'trimmed', 'e1'), gap(981, 990, 'reset', 'e1')]);
    client.bounce();
    expect(client.query.get('lastSeq')).toBe('990');
  });

  it('drops what was seen on this connection, and what is at most the cursor at open', async () => {
    const client = await at42(welcome(42, 'e1'));
    client.receive(m(43), m(43), m(42), m(44), m(43), m(1), m(45), m(44));
    expect(client.heard).toEqual([43, 44, 45]);
    expect(client.gaps).toEqual([]);
  });

  it('delivers one that comes late, and says so, without moving the cursor back', async () => {
    const client = await at42(welcome(42, 'e1'));
    client.receive(m(43), m(45), m(44), m(44));
    expect(client.heard).toEqual([43, 45, 44]);
    expect(client.gaps).toEqual([gap(43, 44, 'out-of-order', 'e1')]);
    client.bounce();
    expect(client.query.get('lastSeq')).toBe('45');
  });

  it('does not ask for holes where nobody promised that there are none', async () => {
    const client = await at42(welcome(42, 'e1'), m(50), m(70));
    expect(client.gaps).toEqual([]);
  });

  it('tells holes where the server promises that there are none', async () => {
    const client = await at42(welcome(42, 'e1', { contiguous: true }), m(43), m(46), m(47));
    expect(client.gaps).toEqual([gap(43, 45, 'missed', 'e1')]);
    expect(client.heard).toEqual([43, 46, 47]);
  });

  it('tells holes where the options promise that there are none, unless the server denies it', async () => {
    const client = await openClient({ resume: { contiguous: true } }, welcome(1, 'e1'), m(2), m(4));
    expect(client.gaps).toEqual([gap(2, 3, 'missed', 'e1')]);
    client.bounce(welcome(4, 'e1', { contiguous: false }), m(9));
    expect(client.gaps).toHaveLength(1);
  });

  it('takes a promise of the server for one connection only', async () => {
    const client = await at42(welcome(42, 'e1', { contiguous: true }), m(43));
    client.bounce(welcome(43, 'e1'), m(50));
    expect(client.gaps).toEqual([]);
  });

  it.each([
    ['text', '44'],
    ['half', 44.5],
    ['huge', 2 ** 53],
    ['null', null],
  ])('a seq that is no safe integer does not count (%s)', async (_, seq) => {
    const client = await at42(welcome(42, 'e1'));
    client.receive(m(seq), m(seq));
    expect(client.messages).toHaveLength(2);
    client.bounce();
    expect(client.query.get('lastSeq')).toBe('42');
  });

  it('unnumbered messages are delivered and do not touch the cursor', async () => {
    const client = await at42(welcome(42, 'e1'), m(43));
    client.receive({ type: 'typing' }, { type: 'typing' });
    expect(client.messages).toHaveLength(3);
    client.bounce();
    expect(client.query.get('lastSeq')).toBe('43');
  });

  it('replayed messages move the cursor', async () => {
    const client = await at42(welcome(42, 'e1', { recovered: 5 }), m(43), m(44));
    expect(client.socket.stats().recovered).toBe(5);
    client.bounce();
    expect(client.query.get('lastSeq')).toBe('44');
  });
});

describe('streams without an epoch', () => {
  it('writes a ping at open when it has a cursor, and not without one', async () => {
    const client = await openClient();
    expect(client.pings).toEqual([]);
    client.receive(m(42));
    client.bounce();
    expect(client.pings).toHaveLength(1);
  });

  it('discards a replay of old numbers that reaches the cursor', async () => {
    const client = await plain42();
    client.receive(m(40), m(41));
    expect(client.heard).toEqual([]);
    client.receive(m(42), m(43));
    client.pong();
    expect(client.heard).toEqual([43]);
    expect(client.gaps).toEqual([]);
  });

  it('delivers what is newer than the cursor without waiting', async () => {
    const client = await plain42();
    client.receive(m(43), m(44));
    expect(client.heard).toEqual([43, 44]);
  });

  it('numbers that went back and do not reach the cursor until the pong are lost ones: one gap', async () => {
    const client = await plain42();
    client.receive(m(5), m(6), { type: 'note' });
    expect(client.heard).toEqual(['note']);
    client.pong();
    expect(client.gaps).toEqual([gap(42, 4, 'renumbered')]);
    expect(client.heard).toEqual(['note', 5, 6]);
    client.receive(m(7));
    client.bounce();
    expect(client.query.get('lastSeq')).toBe('7');
  });

  it('a low number after the pong means lost numbers too: one gap, and it becomes the cursor', async () => {
    const client = await plain42();
    client.pong();
    client.receive(m(5), m(6));
    expect(client.gaps).toEqual([gap(42, 4, 'renumbered')]);
    expect(client.heard).toEqual([5, 6]);
    client.bounce();
    expect(client.query.get('lastSeq')).toBe('6');
  });

  it.each<[string, ConstructorParameters<typeof ScriptedClient>[0]]>([
    ['without a pong in time', { heartbeat: { interval: 60_000, timeout: 10_000 } }],
    ['without a heartbeat', noPings],
  ])('ends the wait %s as well', async (_, options) => {
    const client = await plain42(options);
    client.receive(m(5));
    client.clock.advance(9_999);
    client.receive(m(6));
    expect(client.heard).toEqual([]);
    client.clock.advance(1);
    expect(client.gaps).toEqual([gap(42, 4, 'renumbered')]);
    expect(client.heard).toEqual([5, 6]);
  });

  it('a duplicate on the connection stays one', async () => {
    const client = await plain42();
    client.pong();
    client.receive(m(43), m(43), m(44), m(43));
    expect(client.heard).toEqual([43, 44]);
    expect(client.gaps).toEqual([]);
  });

  it('a link that dies in doubt has moved nothing', async () => {
    const client = await plain42();
    client.receive(m(5), m(6));
    client.bounce();
    expect(client.query.get('lastSeq')).toBe('42');
    expect(client.gaps).toEqual([]);
  });

  it('an unnumbered message does not take over an epoch that is still in doubt', async () => {
    const client = await plain42();
    client.receive(welcome(42, 'e1'), { type: 'note' });
    expect(client.heard).toEqual(['note']);
    client.bounce();
    expect([client.query.get('lastSeq'), client.query.get('epoch')]).toEqual(['42', null]);
  });

  it('adopts the first epoch without a gap, and still waits for the pong on that connection', async () => {
    const client = await plain42();
    client.receive(welcome(42, 'e1'), m(5));
    expect(client.gaps).toEqual([]);
    expect(client.heard).toEqual([]);
    client.pong();
    expect(client.gaps.map(({ reason }) => reason)).toEqual(['renumbered']);
    expect(client.heard).toEqual([5]);
  });

  it('knows the epoch from then on', async () => {
    const client = await plain42();
    client.receive(welcome(42, 'e1'), m(43));
    client.pong();
    client.bounce(welcome(43, 'e1'), m(41));
    expect(client.query.get('epoch')).toBe('e1');
    expect(client.heard).toEqual([43]);
    expect(client.gaps).toEqual([]);
  });

  it('bounds what waits', async () => {
    const client = await plain42({ queue: { maxMessages: 10 } });
    client.receive(...from(1, 11));
    expect(client.heard).toEqual(from(1, 11).map(({ seq }) => seq));
    expect(client.gaps).toEqual([gap(42, 0, 'renumbered')]);
  });
});

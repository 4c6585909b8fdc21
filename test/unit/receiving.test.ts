import { describe, expect, it } from 'vitest';
import type { AnyMessage, Cursor, Gap, StandardSchema } from '../../src/index.js';
import { openClient, rejection, ScriptedClient, thrown } from '../support/harness.js';

const noPings = { heartbeat: false } as const;
const welcome = (seq?: number, epoch?: string, more: object = {}) => ({
  type: 'welcome',
  ...(epoch !== undefined && { epoch }),
  ...(seq !== undefined && { seq }),
  ...more,
});
const m = (seq: unknown, more: object = {}) => ({ type: 'm', seq, ...more });
const from = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, i) => m(first + i));
const gap = (a: unknown, b: unknown, reason: string, epoch?: string, channel?: string) => ({
  channel,
  from: a,
  to: b,
  reason,
  epoch,
});

/** A client that has heard everything up to 42 of epoch e1, on its second link. */
async function at42(...frames: Record<string, unknown>[]): Promise<ScriptedClient> {
  const client = await openClient({}, welcome(40, 'e1'), m(41), m(42));
  client.bounce(...frames);
  client.messages.length = 0;
  for (const frame of frames) if (frame.type === 'm') client.messages.push(frame as unknown as AnyMessage);
  return client;
}

/** The same without epochs. */
async function plain42(options: ConstructorParameters<typeof ScriptedClient>[0] = {}): Promise<ScriptedClient> {
  const client = await openClient(options, m(41), m(42));
  client.bounce();
  client.messages.length = 0;
  return client;
}

describe('what goes into the url', () => {
  it('asks for nothing on the first connection, and says who it is', async () => {
    const client = await openClient();
    expect([...client.query]).toEqual([
      ['client', 'client-1'],
      ['conn', '1'],
    ]);
  });

  it('asks for what is newer than the cursor, and counts the attempts', async () => {
    const client = await openClient({}, welcome(40, 'e1'), m(41));
    client.ws.drop();
    client.retry();
    client.ws.fail();
    client.retry();
    expect(Object.fromEntries(client.query)).toEqual({ lastSeq: '41', epoch: 'e1', client: 'client-1', conn: '3' });
  });

  it('leaves the epoch out where the server named none', async () => {
    const client = await plain42();
    expect(client.query.get('lastSeq')).toBe('42');
    expect(client.query.has('epoch')).toBe(false);
  });

  it('keeps the parameters that the url has, and drops its fragment', async () => {
    const client = new ScriptedClient({}, 'wss://test.invalid/live?room=a%20b#top');
    await client.settle();
    expect(client.ws.url).toBe('wss://test.invalid/live?room=a%20b&client=client-1&conn=1');
  });

  it('takes another name for lastSeq, and leaves out the identity where asked to', async () => {
    const client = await openClient({ resume: { param: 'since', identity: false } }, welcome(7));
    client.bounce();
    expect([...client.query]).toEqual([['since', '7']]);
  });

  it('resume false sends nothing, and delivers everything', async () => {
    const client = await openClient({ resume: false }, welcome(40, 'e1'), m(41), m(41), m(3));
    client.bounce(welcome(90, 'e2'), m(1));
    expect([...client.query]).toEqual([]);
    expect(client.heard).toEqual([41, 41, 3, 1]);
    expect(client.gaps).toEqual([]);
    expect(client.opens.map(({ resumed }) => resumed)).toEqual([false, false]);
  });

  it('continues from a cursor of an earlier life', async () => {
    const client = new ScriptedClient({ resume: { from: { seq: 42, epoch: 'e1' } } });
    await client.settle();
    expect([client.query.get('lastSeq'), client.query.get('epoch')]).toEqual(['42', 'e1']);
    client.open(welcome(42, 'e1'), m(42), m(43));
    expect(client.heard).toEqual([43]);
    expect(client.opens).toEqual([{ resumed: true, attempt: 1 }]);
  });

  it('asks for all there is with the cursor 0', async () => {
    const client = new ScriptedClient({ resume: { from: { seq: 0 } } });
    await client.settle();
    expect(client.query.get('lastSeq')).toBe('0');
    client.open(m(1), m(2));
    client.pong();
    expect(client.heard).toEqual([1, 2]);
    expect(client.gaps).toEqual([]);
  });

  it('reads lastSeq at the moment when the socket is made', async () => {
    let give: (url: string) => void = () => {};
    const client = new ScriptedClient({}, () => new Promise((resolve) => (give = resolve)));
    await client.settle();
    give('ws://test.invalid/a');
    await client.settle();
    client.open(welcome(1, 'e1'), m(2));
    client.socket.reconnect();
    const old = client.ws;
    expect(old.readyState).toBe(2);
    old.receive(m(3));
    give('ws://test.invalid/b');
    await client.settle();
    expect(client.sockets).toHaveLength(2);
    expect(client.query.get('lastSeq')).toBe('2');
    old.receive(m(3));
    expect(client.heard).toEqual([2]);
  });
});

describe('resume by message', () => {
  const resume = { via: 'message' } as const;

  it('leaves the url alone and asks in a subscribe without channel', async () => {
    const client = await openClient({ resume });
    expect(client.ws.url).toBe('ws://test.invalid/live');
    expect(client.written()).toEqual([{ type: 'subscribe', ref: 0, client: 'client-1', conn: 1 }]);
    client.receive({ type: 'subscribed', ref: 1, epoch: 'e1', seq: 42 }, m(43));
    client.bounce();
    expect(client.written()).toEqual([
      { type: 'subscribe', ref: 0, lastSeq: 43, epoch: 'e1', client: 'client-1', conn: 2 },
    ]);
    expect(client.heard).toEqual([43]);
  });

  it('lets frames wait for subscribed', async () => {
    const client = await openClient({ resume });
    client.receive({ type: 'subscribed', ref: 1, epoch: 'e1', seq: 42 });
    client.bounce(m(43), m(44));
    expect(client.heard).toEqual([]);
    client.receive({ type: 'subscribed', ref: 2, epoch: 'e1', seq: 42 });
    expect(client.heard).toEqual([43, 44]);
    expect(client.gaps).toEqual([]);
  });

  it('does not take the seq of welcome for that of the stream', async () => {
    const client = await openClient({ resume });
    client.receive({ type: 'subscribed', ref: 1, epoch: 'e1', seq: 42 });
    client.bounce(welcome(90, 'e2'));
    expect(client.gaps).toEqual([]);
  });

  it('leaves the identity out where asked to', async () => {
    const client = await openClient({ resume: { via: 'message', identity: false } });
    expect(client.written()).toEqual([{ type: 'subscribe', ref: 0 }]);
  });

  it('does not wait for ever for subscribed', async () => {
    const client = await openClient({ resume, ...noPings });
    client.receive(m(1));
    client.clock.advance(10_000);
    expect(client.heard).toEqual([1]);
  });
});

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

describe('onGap', () => {
  function filler() {
    const asked: Gap[] = [];
    let resolve: (cursor?: Cursor) => void = () => {};
    let reject: (error: Error) => void = () => {};
    const onGap = (told: Gap): Promise<Cursor | undefined> => {
      asked.push(told);
      return new Promise((yes, no) => {
        resolve = yes;
        reject = no;
      });
    };
    return { asked, onGap, resolve: (cursor?: Cursor) => resolve(cursor), reject: (error: Error) => reject(error) };
  }

  async function withGap(queue = {}) {
    const fill = filler();
    const client = await openClient({ onGap: fill.onGap, queue }, welcome(40, 'e1'), m(42));
    client.messages.length = 0;
    client.bounce(welcome(100, 'e1'));
    expect(fill.asked).toEqual([gap(42, 100, 'missed', 'e1')]);
    return { client, ...fill };
  }

  it('live messages wait until it resolves', async () => {
    const { client, resolve } = await withGap();
    client.receive(m(101), m(102), { type: 'note' });
    expect(client.heard).toEqual([]);
    resolve();
    await client.settle();
    expect(client.heard).toEqual([101, 102, 'note']);
    client.receive(m(103));
    expect(client.heard).toEqual([101, 102, 'note', 103]);
  });

  it('what the snapshot includes is not delivered again', async () => {
    const { client, resolve } = await withGap();
    client.receive(m(101), m(102), m(103));
    resolve({ seq: 102, epoch: 'e1' });
    await client.settle();
    expect(client.heard).toEqual([103]);
  });

  it('a cursor beyond what came is where the next connection continues', async () => {
    const { client, resolve } = await withGap();
    resolve({ seq: 500, epoch: 'e1' });
    await client.settle();
    client.receive(m(400), m(501));
    expect(client.heard).toEqual([501]);
    client.bounce();
    expect(client.query.get('lastSeq')).toBe('501');
  });

  it('is told when it fails, and the messages go on', async () => {
    const { client, reject } = await withGap();
    client.receive(m(101));
    reject(new Error('no snapshot'));
    await client.settle();
    expect(client.errors.map(({ code, cause }) => [code, (cause as Error).message])).toEqual([
      ['gap-handler-failed', 'no snapshot'],
    ]);
    expect(client.heard).toEqual([101]);
  });

  it.each([NaN, Infinity, '102', -1, 1.5, undefined])(
    'an answer with seq %o is told, and drops nothing',
    async (seq) => {
      const { client, resolve } = await withGap();
      client.receive(m(101));
      resolve({ seq: seq as number });
      await client.settle();
      expect(client.errors.map(({ code, cause }) => [code, (cause as Error).message])).toEqual([
        ['gap-handler-failed', expect.stringContaining(`onGap: seq is ${seq}, wanted`)],
      ]);
      expect(client.heard).toEqual([101]);
    },
  );

  it('a hook that throws at once is told in the same way', async () => {
    const client = await openClient(
      {
        onGap: () => {
          throw new Error('oops');
        },
      },
      welcome(40, 'e1'),
    );
    client.bounce(welcome(50, 'e1'), m(51));
    await client.settle();
    expect(client.errors.map(({ code }) => code)).toEqual(['gap-handler-failed']);
    expect(client.heard).toEqual([51]);
  });

  it('bounds what waits, and tells one more gap for what did not fit', async () => {
    const { client, resolve } = await withGap({ maxMessages: 10 });
    client.receive(...from(101, 118));
    resolve();
    await client.settle();
    expect(client.gaps.slice(1)).toEqual([gap(100, 108, 'overflow', 'e1')]);
    resolve();
    await client.settle();
    expect(client.heard).toEqual(from(109, 118).map(({ seq }) => seq));
  });

  it('asks again for the gap of an overflow, and lets the rest wait for it', async () => {
    const { client, resolve, asked } = await withGap({ maxMessages: 2 });
    client.receive(...from(101, 105));
    resolve();
    await client.settle();
    expect(asked.map(({ reason }) => reason)).toEqual(['missed', 'overflow']);
    resolve();
    await client.settle();
    expect(client.heard).toEqual([104, 105]);
  });

  it('tells no overflow for what the snapshot includes', async () => {
    const { client, resolve } = await withGap({ maxMessages: 2 });
    client.receive(...from(101, 105));
    resolve({ seq: 104 });
    await client.settle();
    expect(client.gaps).toHaveLength(1);
    expect(client.heard).toEqual([105]);
  });

  it('what waits behind an overflow comes again if the link dies', async () => {
    const { client, resolve } = await withGap({ maxMessages: 2 });
    client.receive(...from(101, 105));
    resolve();
    await client.settle();
    expect(client.gaps.at(-1)).toEqual(gap(100, 103, 'overflow', 'e1'));
    client.bounce(welcome(103, 'e1'), m(104), m(105));
    expect(client.query.get('lastSeq')).toBe('103');
    resolve();
    await client.settle();
    expect(client.heard).toEqual([104, 105]);
  });

  it('tells no hole that the snapshot includes, and does not go back to it', async () => {
    const { client, resolve } = await withGap();
    client.receive(welcome(undefined, undefined, { contiguous: true }), m(101), m(105));
    resolve({ seq: 110 });
    await client.settle();
    expect(client.gaps).toHaveLength(1);
    client.bounce(welcome(110, 'e1'));
    expect(client.query.get('lastSeq')).toBe('110');
  });

  it('a snapshot of an earlier numbering drops nothing of the present one', async () => {
    const { client, resolve, asked } = await withGap();
    client.bounce(welcome(3, 'e2'), m(4));
    resolve({ seq: 105, epoch: 'e1' });
    await client.settle();
    expect(asked.map(({ reason }) => reason)).toEqual(['missed', 'epoch']);
    resolve();
    await client.settle();
    client.receive(m(5));
    expect(client.heard).toEqual([4, 5]);
    client.bounce();
    expect([client.query.get('lastSeq'), client.query.get('epoch')]).toEqual(['5', 'e2']);
  });

  it('what waited when the link died comes again', async () => {
    const { client, resolve } = await withGap();
    client.receive(m(101), m(102));
    client.bounce(welcome(100, 'e1'), m(101), m(102), m(103));
    expect(client.query.get('lastSeq')).toBe('100');
    resolve();
    await client.settle();
    expect(client.heard).toEqual([101, 102, 103]);
    expect(client.gaps).toHaveLength(1);
  });

  it('is not asked for a message that only came late', async () => {
    const fill = filler();
    const client = await openClient({ onGap: fill.onGap }, welcome(40, 'e1'), m(41), m(43), m(42));
    expect(client.gaps.map(({ reason }) => reason)).toEqual(['out-of-order']);
    expect(fill.asked).toEqual([]);
    expect(client.heard).toEqual([41, 43, 42]);
  });

  it('one stream that waits does not stop another', async () => {
    const { client } = await withGap();
    const heard: unknown[] = [];
    client.socket.channel('room').onMessage(({ seq }) => heard.push(seq));
    client.receive(
      { type: 'subscribed', channel: 'room', ref: 1, epoch: 'r', seq: 0 },
      m(1, { channel: 'room' }),
      m(101),
    );
    expect(heard).toEqual([1]);
    expect(client.heard).toEqual([]);
  });
});

describe('listeners', () => {
  it('the cursor moves after the listeners returned', async () => {
    const client = await openClient({}, welcome(40, 'e1'), m(41));
    let first = true;
    client.socket.onMessage(({ seq }) => {
      if (seq !== 42 || !first) return;
      first = false;
      client.socket.reconnect();
    });
    client.receive(m(42));
    // The socket was asked for in the middle of the message, and was made when the message had been heard.
    client.open(welcome(42, 'e1'), m(43));
    expect(client.heard).toEqual([41, 42, 43]);
    expect(client.query.get('lastSeq')).toBe('42');
  });

  it('one that throws is told, and neither stops the others nor brings the message back', async () => {
    const client = new ScriptedClient();
    const heard: unknown[] = [];
    client.socket.onMessage('m', () => {
      throw new Error('oops');
    });
    client.socket.onMessage('m', ({ seq }) => heard.push(seq));
    await client.settle();
    client.open(welcome(40, 'e1'), m(41), m(42));
    expect(heard).toEqual([41, 42]);
    expect(client.errors.map(({ code, cause }) => [code, (cause as Error).message])).toEqual([
      ['listener-threw', 'oops'],
      ['listener-threw', 'oops'],
    ]);
    client.bounce();
    expect(client.query.get('lastSeq')).toBe('42');
  });

  it('one for errors that throws does not go round in circles', async () => {
    const client = await openClient();
    client.socket.on('error', () => {
      throw new Error('again');
    });
    client.ws.receive('no json');
    expect(client.errors.map(({ code }) => code)).toEqual(['bad-frame']);
    expect(client.status).toBe('open');
  });

  it('gets the frame as it came, and only those of its type', async () => {
    const client = await openClient();
    const chats: unknown[] = [];
    client.socket.onMessage('chat', (message) => chats.push(message));
    client.receive({ type: 'chat', seq: 1, channel: 'mine', x: { y: 1 } }, { type: 'other' });
    expect(chats).toEqual([{ type: 'chat', seq: 1, channel: 'mine', x: { y: 1 } }]);
  });

  it('is taken away by its unsubscribe function or its signal, and can be added twice', async () => {
    const client = await openClient();
    const abort = new AbortController();
    const heard: string[] = [];
    const same = (): void => void heard.push('same');
    const off = client.socket.onMessage('m', same);
    client.socket.onMessage('m', same);
    client.socket.onMessage('m', () => heard.push('signal'), { signal: abort.signal });
    client.socket.onMessage(() => heard.push('all'), { signal: AbortSignal.abort() });
    client.receive(m(1));
    expect(heard).toEqual(['same', 'same', 'signal']);
    off();
    off();
    abort.abort();
    client.receive(m(2));
    expect(heard).toEqual(['same', 'same', 'signal', 'same']);
  });

  it('has to be a function', async () => {
    const client = await openClient();
    const call = client.socket.onMessage as (...args: unknown[]) => unknown;
    expect(thrown(() => call.call(client.socket, 'chat')).code).toBe('bad-call');
    expect(thrown(() => call.call(client.socket, 7, () => {})).code).toBe('bad-call');
  });

  it('a listener that sends gets its receipt with its status at once, and order is kept', async () => {
    const client = await openClient();
    const statuses: string[] = [];
    client.socket.onMessage('ask', ({ n }) => {
      statuses.push(client.socket.send({ type: 'answer', n }).status);
    });
    client.receive({ type: 'ask', n: 1 }, { type: 'ask', n: 2 });
    expect(statuses).toEqual(['written', 'written']);
    expect(client.numbers).toEqual([1, 2]);
  });

  it('hears nothing of old sockets', async () => {
    const client = await openClient({}, welcome(1, 'e1'));
    const old = client.ws;
    client.socket.reconnect();
    old.receive(m(2));
    client.open(welcome(1, 'e1'));
    old.receive(m(3));
    old.lateClose();
    expect(client.heard).toEqual([]);
    expect(client.status).toBe('open');
    expect(client.sockets).toHaveLength(2);
  });

  it('never hears control frames, and hears reserved types of the wrong direction neither', async () => {
    const client = await openClient();
    client.receive(
      { type: 'welcome' },
      { type: 'pong' },
      { type: 'ack', messageId: 'x' },
      { type: 'nack', messageId: 'x' },
      { type: 'subscribe', channel: 'x', ref: 1 },
      { type: 'unsubscribe', channel: 'x' },
      { type: 'auth', token: 'x' },
    );
    expect(client.messages).toEqual([]);
    expect(client.errors).toEqual([]);
  });
});

describe('bad frames', () => {
  it.each<[string, string | ArrayBuffer]>([
    ['no json', '{'],
    ['no object', '7'],
    ['null', 'null'],
    ['an array', '[]'],
    ['no type', '{"seq":1}'],
    ['a type that is no text', '{"type":1}'],
    ['binary', new ArrayBuffer(4)],
  ])('are told, dropped, and cost no connection: %s', async (_, data) => {
    const client = await openClient({ heartbeat: { interval: 5_000 } });
    client.clock.advance(4_000);
    client.ws.receive(data);
    expect(client.errors.map(({ code }) => code)).toEqual(['bad-frame']);
    expect(client.messages).toEqual([]);
    expect(client.status).toBe('open');
    client.clock.advance(4_000);
    expect(client.pings).toEqual([]); // it was a sign of life
  });

  it('control frames with fields of the wrong type do no harm', async () => {
    const client = await openClient({}, welcome(40, 'e1'));
    client.receive(
      { type: 'welcome', epoch: 7, seq: '9', heartbeat: 'soon', ids: null, rate: -1 },
      { type: 'ack' },
      { type: 'ack', messageIds: 'x' },
      { type: 'nack' },
      { type: 'reset', seq: 'x' },
      { type: 'subscribed' },
      { type: 'unsubscribed', channel: 5 },
      { type: 'goaway', retryAfter: 'x', within: -5 },
      m(41),
    );
    expect(client.heard).toEqual([41]);
    expect(client.gaps).toEqual([]);
    expect(client.errors).toEqual([]);
  });
});

describe('schema', () => {
  const schema = (validate: (value: unknown) => unknown): StandardSchema<AnyMessage> => ({
    '~standard': {
      version: 1,
      vendor: 'test',
      validate: validate as StandardSchema<AnyMessage>['~standard']['validate'],
    },
  });

  it('listeners get what it answers', async () => {
    const client = await openClient({
      schema: schema((value) => ({ value: { ...(value as object), checked: true } })),
    });
    client.receive(m(1));
    expect(client.messages).toEqual([{ type: 'm', seq: 1, checked: true }]);
  });

  it.each<[string, (value: unknown) => unknown]>([
    ['refuses', () => ({ issues: [{ message: 'wrong' }, { message: 'very' }] })],
    [
      'throws',
      () => {
        throw new Error('wrong; very');
      },
    ],
  ])('a message that it %s is told and not delivered, and moves the cursor', async (_, validate) => {
    const client = await openClient({ schema: schema(validate) }, welcome(40, 'e1'), m(41));
    expect(client.messages).toEqual([]);
    expect(client.errors.map(({ code }) => code)).toEqual(['invalid-message']);
    expect(client.errors[0]?.message).toContain('wrong; very');
    client.bounce();
    expect(client.query.get('lastSeq')).toBe('41');
  });

  it('may throw what is no error', async () => {
    const client = await openClient({
      schema: schema(() => {
        throw null;
      }),
    });
    client.receive(m(1), m(2));
    expect(client.errors.map(({ code }) => code)).toEqual(['invalid-message', 'invalid-message']);
  });

  it('has to be synchronous', async () => {
    const client = await openClient({ schema: schema(async (value) => ({ value })) });
    client.receive(m(1));
    expect(client.errors.map(({ code }) => code)).toEqual(['invalid-message']);
  });
});

describe('messages()', () => {
  it('yields what comes from now on, in order', async () => {
    const client = await openClient();
    client.receive(m(1));
    const iterator = client.socket.messages();
    client.receive(m(2), m(3));
    expect(await iterator.next()).toEqual({ value: m(2), done: false });
    expect(await iterator.next()).toEqual({ value: m(3), done: false });
    const next = iterator.next();
    client.receive(m(4));
    expect(await next).toEqual({ value: m(4), done: false });
  });

  it('yields one type where asked to, and serves several readers at once', async () => {
    const client = await openClient();
    const iterator = client.socket.messages('chat');
    const both = Promise.all([iterator.next(), iterator.next()]);
    client.receive(m(1), { type: 'chat', n: 1 }, { type: 'chat', n: 2 });
    expect((await both).map(({ value }) => value.n)).toEqual([1, 2]);
  });

  it('ends with an error that names what was missed when the loop is too slow', async () => {
    const client = await openClient();
    const iterator = client.socket.messages(undefined, { limit: 2 });
    client.receive(...from(1, 5));
    expect(((await iterator.next()).value as AnyMessage).seq).toBe(1);
    expect(((await iterator.next()).value as AnyMessage).seq).toBe(2);
    const error = await rejection(iterator.next());
    expect(error.code).toBe('iterator-overflow');
    expect(error.message).toContain('seq 3');
    expect(await iterator.next()).toEqual({ value: undefined, done: true });
  });

  it('does not end as long as the loop keeps up', async () => {
    const client = await openClient();
    const iterator = client.socket.messages(undefined, { limit: 1 });
    for (let n = 1; n <= 10; n++) {
      client.receive(m(n));
      expect(((await iterator.next()).value as AnyMessage).seq).toBe(n);
    }
  });

  it('ends with its signal, with break, and with close()', async () => {
    const client = await openClient();
    const abort = new AbortController();
    const signalled = client.socket.messages(undefined, { signal: abort.signal }).next();
    const already = client.socket.messages(undefined, { signal: AbortSignal.abort() });
    abort.abort();
    expect(await signalled).toEqual({ value: undefined, done: true });
    expect((await already.next()).done).toBe(true);

    const left = client.socket.messages();
    client.receive(m(1), m(2));
    for await (const message of left) {
      expect(message.seq).toBe(1);
      break;
    }
    expect((await left.next()).done).toBe(true);

    const closed = client.socket.messages();
    client.receive(m(3));
    client.socket.close();
    client.ws.finishClose();
    expect((await closed.next()).value).toEqual(m(3));
    expect((await closed.next()).done).toBe(true);
  });

  it('goes on over reconnects', async () => {
    const client = await openClient();
    const iterator = client.socket.messages();
    const next = iterator.next();
    client.bounce(m(1));
    expect((await next).value).toEqual(m(1));
  });

  it('wants a limit of at least 1', async () => {
    const client = await openClient();
    expect(thrown(() => client.socket.messages(undefined, { limit: 0 })).code).toBe('bad-option');
  });
});

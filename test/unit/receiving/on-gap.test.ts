import { describe, expect, it } from 'vitest';
import type { Cursor, Gap } from '../../../src/index.js';
import { openClient } from '../../support/harness.js';
import { from, gap, m, welcome } from '../../support/numbered.js';

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
    expect(client.errors).toEqual([]);
  });

  it('brings nothing to a conversation that was closed meanwhile', async () => {
    const { client, resolve } = await withGap();
    client.receive({ type: 'note' });
    const closing = client.socket.close();
    client.clock.advance(1_000);
    await closing;
    resolve();
    await client.settle();
    expect(client.heard).toEqual([]);
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
    expect(client.errors).toMatchObject([
      { code: 'gap-handler-failed', message: 'onGap (missed): it failed', cause: new Error('no snapshot') },
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
        [
          'gap-handler-failed',
          expect.stringContaining(`onGap: seq is ${typeof seq === 'string' ? `"${seq}"` : seq}, wanted`),
        ],
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

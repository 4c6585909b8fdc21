import { describe, expect, it } from 'vitest';
import type { Command, Entry } from '../../../src/core/io.js';
import { createOutbound, type Outbound, type OutboundOptions } from '../../../src/core/outbound.js';
import { defaults } from '../../../src/options.js';
import { entry, type FakeTurn, fakeTurn, latestPolicy, only, queuePolicy } from '../../support/turn.js';

const acked = queuePolicy({ ack: 'message' });
const ponged = queuePolicy({ ack: 'pong' });
const byPeer = { byHealthyPeer: true, code: 1011 };
const byNetwork = { byHealthyPeer: false, code: 1006 };

interface Made {
  readonly turn: FakeTurn;
  readonly outbound: Outbound;
  /** What the heartbeat was told after each write. */
  readonly proofs: number[];
  send(id: string, fields?: Partial<Entry>): Entry;
  /** Ids written since the last call, and how messages ended. */
  wrote(): string[];
  ended(): string[];
  took(): Command[];
}
const made = (options: Partial<OutboundOptions> = {}, isOpen = true): Made => {
  const turn = fakeTurn();
  const proofs: number[] = [];
  const outbound = createOutbound(turn, { ...defaults.queue, ...options }, (within) => proofs.push(within));
  if (isOpen) outbound.open();
  const all: Command[] = [];
  const sort = (): void => {
    all.push(...turn.take());
  };
  const pick = <D extends Command['do']>(kind: D): Extract<Command, { readonly do: D }>[] => {
    sort();
    const picked = only(all, kind);
    for (const one of picked) all.splice(all.indexOf(one), 1);
    return picked;
  };
  return {
    turn,
    outbound,
    proofs,
    send(id, fields) {
      const one = entry(id, fields);
      outbound.send(one);
      return one;
    },
    wrote: () => pick('write').map(({ data }) => (JSON.parse(String(data)) as { id: string }).id),
    ended: () => pick('settle').map(({ entry: one, ending }) => `${one.id} ${ending.outcome} ${ending.reason}`),
    took() {
      sort();
      return all.splice(0);
    },
  };
};

describe('createOutbound', () => {
  it('writes at once on an open link, and counts it', () => {
    const { turn, outbound, proofs, send, wrote, ended } = made();
    const one = send('a', { bytes: 30 });
    expect(wrote()).toEqual(['a']);
    expect(ended()).toEqual(['a sent written']);
    expect(one).toMatchObject({ status: 'written', mark: 1, firstWrittenAt: turn.now });
    expect(turn.bufferedAmount).toBe(30);
    expect(outbound.counts).toEqual({ sent: 1, bytesSent: 30, forgotten: 0 });
    expect(outbound.mark()).toBe(1);
    expect(proofs).toEqual([Infinity]);
  });

  it('says with each message how many bytes it has', () => {
    const { send, took } = made();
    send('a', { bytes: 30 });
    expect(only(took(), 'write')).toMatchObject([{ bytes: 30 }]);
  });

  it('looks through no line for what inFlight keeps back anyway', () => {
    let looks = 0;
    const strict = queuePolicy({ ack: 'message', inFlight: 1 });
    const counted: typeof strict = {
      ...strict,
      get inFlight() {
        looks++;
        return 1;
      },
    };
    const { outbound, send, wrote } = made({ maxMessages: 2_000 });
    const all = Array.from({ length: 1_000 }, (_, i) => `m${i}`);
    for (const id of all) send(id, { policy: counted });
    for (const messageId of all) outbound.acked({ kind: 'ack', messageId });
    expect(wrote()).toEqual(all);
    expect(looks).toBeGreaterThan(all.length);
    expect(looks).toBeLessThan(20 * all.length);
  });

  it('lets wait what comes before the link is open, and after it is held', () => {
    const { outbound, send, wrote } = made({}, false);
    send('a');
    expect(wrote()).toEqual([]);
    outbound.open();
    expect(wrote()).toEqual(['a']);
    outbound.hold();
    send('b');
    outbound.flush();
    expect(wrote()).toEqual([]);
    expect(outbound.flushAt()).toBe(Infinity);
  });

  it('wants no time to go on while the link is held', () => {
    const { turn, outbound, send } = made({ highWaterMark: 100 });
    turn.bufferedAmount = 100;
    send('a');
    outbound.hold();
    expect(outbound.flushAt()).toBe(Infinity);
  });

  it('writes `drop` and `reject` now or not at all', () => {
    const { turn, outbound, send, wrote, ended } = made({ highWaterMark: 100 });
    turn.bufferedAmount = 100;
    expect(send('a', { policy: queuePolicy({ kind: 'drop' }) }).status).toBe('dropped');
    expect(send('b', { policy: queuePolicy({ kind: 'reject' }) }).status).toBe('rejected');
    turn.bufferedAmount = 99;
    expect(send('c', { policy: queuePolicy({ kind: 'drop' }) }).status).toBe('written');
    outbound.hold();
    expect(send('d', { policy: queuePolicy({ kind: 'reject' }) }).status).toBe('rejected');
    expect(wrote()).toEqual(['c']);
    expect(ended()).toEqual([
      'a dropped not-writable',
      'b rejected not-writable',
      'c sent written',
      'd rejected not-writable',
    ]);
  });

  it('lets `drop` overtake what waits for its turn', () => {
    const { send, wrote } = made();
    const strict = queuePolicy({ ack: 'message', inFlight: 1 });
    for (const id of ['a', 'b']) send(id, { policy: strict });
    send('c', { policy: queuePolicy({ kind: 'drop' }) });
    expect(wrote()).toEqual(['a', 'c']);
  });

  it('lets a plain one wait behind those that wait, not overtake them directly', () => {
    const { turn, send, wrote } = made({ highWaterMark: 100 });
    turn.bufferedAmount = 100;
    send('a');
    turn.bufferedAmount = 0;
    send('b');
    expect(wrote()).toEqual(['a', 'b']);
  });

  it('looks again in 16 ms where the buffer of the socket is full', () => {
    const { turn, outbound, send, wrote } = made({ highWaterMark: 100 });
    turn.bufferedAmount = 100;
    send('a');
    expect(outbound.flushAt()).toBe(turn.now + 16);
    turn.now += 16;
    turn.bufferedAmount = 0;
    outbound.flush();
    expect(wrote()).toEqual(['a']);
    expect(outbound.flushAt()).toBe(Infinity);
  });

  it('keeps to its pace, and says when it goes on', () => {
    const { turn, outbound, send, wrote } = made({ flushRate: 4 });
    for (const id of ['a', 'b']) send(id);
    expect(wrote()).toEqual(['a']);
    expect(outbound.flushAt()).toBe(turn.now + 250);
    turn.now += 250;
    outbound.flush();
    expect(wrote()).toEqual(['b']);
  });

  it('keeps to the rate of the server, and at half of it when told to slow down', () => {
    const { turn, outbound, send } = made();
    outbound.terms(undefined, 10);
    for (const id of ['a', 'b', 'c']) send(id);
    expect(outbound.flushAt()).toBe(turn.now + 100);
    const slow = made();
    slow.outbound.terms(undefined, 10);
    slow.outbound.slowDown();
    for (const id of ['a', 'b', 'c']) slow.send(id);
    expect(slow.outbound.flushAt()).toBe(slow.turn.now + 200);
    const none = made();
    none.outbound.terms(undefined, 0);
    for (const id of ['a', 'b', 'c']) none.send(id);
    expect(none.outbound.flushAt()).toBe(Infinity);
  });

  it('writes a thousand messages in one turn, then lets others have theirs', () => {
    const { turn, outbound, send, wrote } = made({}, false);
    for (let i = 0; i < 1_500; i++) send(`m${i}`);
    outbound.open();
    expect(wrote()).toHaveLength(1_000);
    expect(outbound.flushAt()).toBe(turn.now);
    outbound.newTurn();
    outbound.flush();
    expect(wrote()).toHaveLength(500);
    expect(outbound.flushAt()).toBe(Infinity);
  });

  it('writes in one turn no more than the high-water mark, but always one', () => {
    const { turn, outbound, send, wrote } = made({ highWaterMark: 100 }, false);
    for (const [id, bytes] of [
      ['a', 150],
      ['b', 60],
      ['c', 41],
      ['d', 1],
    ] as const)
      send(id, { bytes });
    outbound.open();
    expect(wrote()).toEqual(['a']);
    turn.bufferedAmount = 0;
    outbound.newTurn();
    outbound.flush();
    expect(wrote()).toEqual(['b']);
  });

  it('fills the socket in one turn to the very mark', () => {
    const { send, wrote } = made({ highWaterMark: 100 });
    for (const id of ['a', 'b', 'c']) send(id, { bytes: 50, policy: acked });
    expect(wrote()).toEqual(['a', 'b']);
  });

  it('goes on at the earlier of two times: of the socket, and of a message that was put off', () => {
    const { turn, outbound, send } = made({ highWaterMark: 100 });
    for (const id of ['a', 'b']) send(id, { policy: acked });
    outbound.nacked({ kind: 'nack', messageId: 'a', retry: 5 });
    turn.bufferedAmount = 100;
    send('c');
    expect(outbound.flushAt()).toBe(turn.now + 5);
    outbound.nacked({ kind: 'nack', messageId: 'b', retry: 900 });
    expect(outbound.flushAt()).toBe(turn.now + 5);
  });

  describe('acks', () => {
    it('settle their own message with the answer, and no other', () => {
      const { outbound, send, took } = made();
      for (const id of ['a', 'b', 'c', 'd']) send(id, { policy: acked });
      took();
      outbound.acked({ kind: 'ack', messageId: 'b', data: { n: 1 } });
      outbound.acked({ kind: 'ack', messageIds: ['c', 'nobody', 'd'] });
      outbound.acked({ kind: 'ack', messageId: 'b' });
      outbound.acked({ kind: 'ack' });
      expect(took()).toMatchObject([
        { do: 'settle', entry: { id: 'b' }, ending: { outcome: 'acked', reason: 'ack', data: { n: 1 } } },
        { do: 'settle', entry: { id: 'c' } },
        { do: 'settle', entry: { id: 'd' } },
      ]);
      expect(outbound.queue.size).toBe(1);
    });

    it('of what was never written count for nothing, nor do refusals', () => {
      const { outbound, send, took } = made({}, false);
      send('a', { policy: acked });
      outbound.acked({ kind: 'ack', messageId: 'a' });
      outbound.nacked({ kind: 'nack', messageId: 'a' });
      outbound.nacked({ kind: 'nack' });
      expect(took()).toEqual([]);
      expect(outbound.queue.size).toBe(1);
    });

    it('let the next one go where only so many may be under way', () => {
      const { outbound, send, wrote } = made();
      const strict = queuePolicy({ ack: 'message', inFlight: 1 });
      for (const id of ['a', 'b', 'c']) send(id, { policy: strict });
      expect(wrote()).toEqual(['a']);
      outbound.acked({ kind: 'ack', messageId: 'a' });
      expect(wrote()).toEqual(['b']);
      outbound.cancel({ id: 'b' });
      expect(wrote()).toEqual(['c']);
    });
  });

  describe('refusals', () => {
    it('end the message with the word of the server', () => {
      const { outbound, send, took } = made();
      for (const id of ['a', 'b']) send(id, { policy: acked });
      took();
      outbound.nacked({ kind: 'nack', messageId: 'a', code: 'sold-out', message: 'none left' });
      outbound.nacked({ kind: 'nack', messageId: 'b', code: 'unknown' });
      expect(only(took(), 'settle').map(({ ending }) => ending)).toEqual([
        { outcome: 'refused', reason: 'nack', serverCode: 'sold-out', serverMessage: 'none left' },
        { outcome: 'unknown', reason: 'nack', serverCode: 'unknown', serverMessage: undefined },
      ]);
    });

    it('with retry put it behind the others, at once the first time and then ever later', () => {
      const { turn, outbound, send, wrote } = made();
      send('a', { policy: acked });
      wrote();
      const pauses = Array.from({ length: 12 }, () => {
        outbound.nacked({ kind: 'nack', messageId: 'a', retry: true });
        const pause = outbound.flushAt() === Infinity ? 0 : outbound.flushAt() - turn.now;
        turn.now += pause;
        outbound.newTurn();
        if (pause) outbound.flush();
        expect(wrote()).toEqual(['a']);
        return pause;
      });
      expect(pauses).toEqual([0, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 30_000, 30_000, 30_000]);
    });

    it('with a time wait for so long, and let others pass', () => {
      const { turn, outbound, send, wrote } = made();
      for (const id of ['a', 'b']) send(id, { policy: acked });
      wrote();
      outbound.nacked({ kind: 'nack', messageId: 'a', retry: 700 });
      outbound.nacked({ kind: 'nack', messageId: 'b', retry: 300 });
      expect(outbound.flushAt()).toBe(turn.now + 300);
      send('c');
      expect(wrote()).toEqual(['c']);
      turn.now += 299;
      outbound.flush();
      expect(wrote()).toEqual([]);
      turn.now += 1;
      outbound.flush();
      expect(wrote()).toEqual(['b']);
      expect(outbound.flushAt()).toBe(turn.now + 400);
    });

    it('go on at the time of the first of those that wait', () => {
      const { turn, outbound, send } = made();
      for (const id of ['a', 'b']) send(id, { policy: acked });
      outbound.nacked({ kind: 'nack', messageId: 'a', retry: 300 });
      outbound.nacked({ kind: 'nack', messageId: 'b', retry: 700 });
      expect(outbound.flushAt()).toBe(turn.now + 300);
    });

    it('with a time that is longer than the patience with an ack are not overtaken by that', () => {
      const { turn, outbound, send, wrote } = made();
      send('a', { policy: acked });
      outbound.nacked({ kind: 'nack', messageId: 'a', retry: 60_000 });
      wrote();
      turn.now += 59_999;
      outbound.expire();
      expect(wrote()).toEqual([]);
      turn.now += 1;
      outbound.flush();
      expect(wrote()).toEqual(['a']);
    });

    it('with retry make it as good as never written', () => {
      const { outbound, send, ended } = made();
      send('a', { policy: acked });
      outbound.nacked({ kind: 'nack', messageId: 'a', retry: 700 });
      outbound.cancel({ id: 'a' });
      expect(ended()).toEqual(['a cancelled cancelled']);
    });
  });

  describe('proof', () => {
    it('is wanted soon after a message that a pong acks, and at once when the queue is half full', () => {
      const { proofs, send } = made({ maxMessages: 4 });
      send('a', { policy: ponged });
      send('b', { policy: acked });
      send('c', { policy: ponged });
      expect(proofs).toEqual([500, Infinity, 0]);
    });

    it('of a pong settles what it acks up to its mark, and leaves the rest', () => {
      const { outbound, send, ended } = made();
      send('a', { policy: ponged });
      send('b', { policy: acked });
      send('c', { policy: ponged });
      outbound.proven(2);
      expect(ended()).toEqual(['a acked pong']);
      outbound.proven(3);
      expect(ended()).toEqual(['c acked pong']);
      expect(outbound.queue.size).toBe(1);
    });

    it('of a pong lets the next one go where only so many may be under way', () => {
      const { outbound, send, wrote } = made();
      const strict = queuePolicy({ ack: 'pong', inFlight: 1 });
      for (const id of ['a', 'b']) send(id, { policy: strict });
      expect(wrote()).toEqual(['a']);
      outbound.proven(1);
      expect(wrote()).toEqual(['b']);
    });

    it('reaches also behind a message that was written again', () => {
      const { turn, outbound, send, ended, wrote } = made();
      const brief = queuePolicy({ ack: 'pong', ackTimeout: 100 });
      send('a', { policy: brief });
      turn.now += 50;
      send('b', { policy: brief });
      turn.now += 50;
      outbound.expire();
      expect(wrote()).toEqual(['a', 'b', 'a']);
      outbound.proven(2);
      expect(ended()).toEqual(['b acked pong']);
      outbound.proven(3);
      expect(ended()).toEqual(['a acked pong']);
    });
  });

  describe('time', () => {
    it('ends what was never written as expired, and what was as unknown', () => {
      const { turn, outbound, send, ended } = made();
      send('a', { policy: acked, expiresAt: turn.now + 10 });
      outbound.hold();
      send('b', { expiresAt: turn.now + 10 });
      turn.now += 10;
      outbound.expire();
      expect(ended()).toEqual(['a unknown ttl', 'b expired ttl']);
    });

    it('ends what was to be written, where something else comes before the alarm', () => {
      const { turn, outbound, send, wrote, ended } = made();
      turn.bufferedAmount = defaults.queue.highWaterMark;
      send('a', { expiresAt: turn.now + 10 });
      send('b', { expiresAt: turn.now + 20 });
      turn.bufferedAmount = 0;
      turn.now += 11;
      outbound.lives();
      expect(ended()).toEqual(['a expired ttl', 'b sent written']);
      expect(wrote()).toEqual(['b']);
    });

    it('without an ack is once more, with the same place, then unknown', () => {
      const { turn, outbound, send, wrote, ended } = made();
      const one = send('a', { policy: acked });
      const first = one.firstWrittenAt;
      turn.now += 30_000;
      outbound.expire();
      expect(wrote()).toEqual(['a', 'a']);
      expect(one.firstWrittenAt).toBe(first);
      turn.now += 29_999;
      outbound.expire();
      expect(ended()).toEqual([]);
      turn.now += 1;
      outbound.expire();
      expect(ended()).toEqual(['a unknown ack-timeout']);
    });

    it('without an ack begins anew with each link', () => {
      const { turn, outbound, send, wrote, ended } = made();
      send('a', { policy: acked });
      turn.now += 30_000;
      outbound.expire();
      outbound.linkLost(byNetwork);
      outbound.open();
      wrote();
      turn.now += 30_000;
      outbound.expire();
      expect(wrote()).toEqual(['a']);
      turn.now += 30_000;
      outbound.expire();
      expect(ended()).toEqual(['a unknown ack-timeout']);
    });

    it('without an ack makes room in the end where only so many may be under way', () => {
      const { turn, outbound, send, wrote } = made();
      const strict = queuePolicy({ ack: 'message', inFlight: 1 });
      for (const id of ['a', 'b']) send(id, { policy: strict });
      for (const expected of [['a', 'a'], ['b']]) {
        turn.now += 30_000;
        outbound.expire();
        expect(wrote()).toEqual(expected);
      }
    });

    it('without an ack is once more also where the time to live is nearly over', () => {
      const { turn, outbound, send, wrote } = made();
      send('a', { policy: acked, expiresAt: turn.now + 30_001 });
      turn.now += 30_000;
      outbound.expire();
      expect(wrote()).toEqual(['a', 'a']);
    });

    it('without an ack waits for the pace and the buffer, like everything that is written', () => {
      const { turn, outbound, send, wrote, ended } = made({ flushRate: 5 });
      send('a', { policy: acked });
      turn.now += 200;
      send('b', { policy: acked });
      wrote();
      turn.now += 30_000;
      turn.bufferedAmount = Infinity;
      outbound.expire();
      expect(wrote()).toEqual([]);
      turn.bufferedAmount = 0;
      for (const id of ['a', 'b']) {
        turn.now = outbound.queue.nextExpiry;
        outbound.expire();
        expect(wrote()).toEqual([id]);
      }
      turn.now += 30_000;
      outbound.expire();
      expect(ended()).toEqual(['a unknown ack-timeout', 'b unknown ack-timeout']);
    });

    it('without an ack writes no more in a turn than a flush', () => {
      const { turn, outbound, send, wrote } = made();
      for (let n = 0; n < 1_500; n++) {
        if (n === 1_000) outbound.newTurn();
        send(`${n}`, { policy: acked });
      }
      expect(wrote()).toHaveLength(1_500);
      turn.now += 30_000;
      outbound.newTurn();
      outbound.expire();
      expect(wrote()).toHaveLength(1_000);
      expect(outbound.queue.nextExpiry).toBe(turn.now);
      outbound.newTurn();
      outbound.expire();
      expect(wrote()).toHaveLength(500);
    });

    it('without an ack while the link is held keeps its time to live', () => {
      const { turn, outbound, send, ended } = made();
      send('a', { policy: acked, expiresAt: turn.now + 40_000 });
      outbound.hold();
      turn.now += 30_000;
      outbound.expire();
      outbound.linkLost(byNetwork);
      expect(outbound.queue.nextExpiry).toBe(turn.now + 10_000);
      turn.now += 10_000;
      outbound.expire();
      expect(ended()).toEqual(['a unknown ttl']);
    });

    it('of an ack does not count while the link is down', () => {
      const { turn, outbound, send, ended } = made();
      send('a', { policy: acked });
      outbound.linkLost(byNetwork);
      turn.now += 1e9;
      outbound.expire();
      expect(ended()).toEqual([]);
    });

    it('of the memory of the server counts from the first write', () => {
      const { turn, outbound, send, wrote, ended } = made();
      send('old', { policy: acked });
      turn.now += 1_000;
      send('new', { policy: acked });
      outbound.linkLost(byNetwork);
      wrote();
      outbound.terms(1_000, undefined);
      turn.now += 1;
      send('fresh', { policy: acked, createdAt: 0 });
      outbound.open();
      expect(ended()).toEqual(['old unknown ids-expired']);
      expect(wrote()).toEqual(['new', 'fresh']);
    });

    it('of the memory of the server is up when it is over, and is no matter for what has no id', () => {
      const { turn, outbound, send, wrote, ended } = made();
      send('acked', { policy: acked });
      send('value', { policy: latestPolicy, key: 'k' });
      outbound.linkLost(byNetwork);
      wrote();
      ended();
      outbound.terms(1_000, undefined);
      turn.now += 1_000;
      outbound.open();
      expect(wrote()).toEqual(['acked', 'value']);
      outbound.linkLost(byNetwork);
      turn.now += 1;
      outbound.open();
      expect(ended()).toEqual(['acked unknown ids-expired']);
      expect(wrote()).toEqual(['value']);
    });

    it('without an ack writes nothing while a restart is near', () => {
      const { turn, outbound, send, wrote } = made();
      send('a', { policy: acked });
      outbound.hold();
      wrote();
      turn.now += 30_000;
      outbound.expire();
      expect(wrote()).toEqual([]);
    });

    it('of the memory of a server holds for its connection alone', () => {
      const { turn, outbound, send, ended } = made();
      send('a', { policy: acked });
      outbound.terms(1_000, undefined);
      outbound.linkLost(byNetwork);
      turn.now += 2_000;
      outbound.terms(undefined, undefined);
      outbound.open();
      expect(ended()).toEqual([]);
    });
  });

  describe('the end of a link', () => {
    it('tells what nobody proved, sends acked messages again, and puts the last values back', () => {
      const { outbound, send, wrote, took } = made();
      send('proved');
      outbound.proven(1);
      send('plain');
      send('value', { policy: latestPolicy, key: 'k' });
      send('acked', { policy: acked });
      took();
      outbound.linkLost(byNetwork);
      const commands = took();
      expect(only(commands, 'undelivered')).toMatchObject([
        { entry: { id: 'plain' }, ending: { outcome: 'unknown', reason: 'link-lost' } },
      ]);
      expect(only(commands, 'settle')).toEqual([]);
      outbound.open();
      expect(wrote()).toEqual(['acked', 'value']);
    });

    it('tells a value that there is no room for', () => {
      const { outbound, send, took } = made({ maxMessages: 1 });
      send('value', { policy: latestPolicy, key: 'k' });
      send('acked', { policy: acked });
      took();
      outbound.linkLost(byNetwork);
      expect(only(took(), 'undelivered')).toMatchObject([
        { entry: { id: 'value' }, ending: { outcome: 'unknown', reason: 'queue-full' } },
      ]);
    });

    it('counts what was too much to remember, in one error', () => {
      const { outbound, send, took } = made({ maxMessages: 2 });
      for (const id of ['a', 'b', 'c', 'd']) send(id);
      took();
      outbound.linkLost(byNetwork);
      const commands = took();
      expect(only(commands, 'undelivered').map(({ entry: one }) => one.id)).toEqual(['c', 'd']);
      expect(only(commands, 'error')).toMatchObject([
        { code: 'unproved-forgotten', text: expect.stringMatching(/^2 messages were written without proof/) },
      ]);
      expect(outbound.counts.forgotten).toBe(2);
      outbound.linkLost(byNetwork);
      expect(only(took(), 'error')).toEqual([]);
    });

    it('begins marks and proofs anew', () => {
      const { outbound, send } = made();
      send('a');
      outbound.proven(1);
      outbound.linkLost(byNetwork);
      expect(outbound.mark()).toBe(0);
      outbound.open();
      expect(send('b').mark).toBe(1);
    });

    it('takes the message out that is convicted, and lets the others go', () => {
      const { turn, outbound, send, wrote, ended } = made();
      send('bad', { policy: acked });
      for (let i = 0; i < 3; i++) {
        outbound.linkLost(byPeer);
        outbound.open();
      }
      wrote();
      expect(ended()).toEqual([]);
      for (let i = 0; i < 2; i++) {
        turn.now += 10_000;
        outbound.lives();
        expect(wrote()).toEqual(['bad']);
        expect(ended()).toEqual([]);
        outbound.linkLost(byPeer);
        outbound.open();
      }
      expect(ended()).toEqual(['bad unknown poisoned']);
    });

    it('wants a proof at once while a suspect is on trial', () => {
      const { outbound, proofs, send } = made();
      send('bad', { policy: acked });
      for (let i = 0; i < 3; i++) {
        outbound.linkLost(byPeer);
        outbound.open();
      }
      proofs.length = 0;
      send('other');
      expect(proofs).toEqual([0]);
    });

    it('does not suspect what was received, though it has no answer yet', () => {
      const { outbound, send, wrote } = made();
      send('slow', { policy: acked });
      for (let i = 0; i < 5; i++) {
        expect(wrote()).toEqual(['slow']);
        outbound.proven(1);
        outbound.linkLost(byPeer);
        outbound.open();
      }
    });

    it('counts only links that ended before the message was received', () => {
      const { outbound, send, wrote } = made();
      send('slow', { policy: acked });
      outbound.proven(1);
      for (let i = 0; i < 3; i++) {
        expect(wrote()).toEqual(['slow']);
        outbound.linkLost(byPeer);
        outbound.open();
      }
      expect(wrote()).toEqual(['slow']);
    });

    it.each([
      ['a pong', (outbound: Outbound) => outbound.proven(1)],
      [
        'a refusal with retry',
        (outbound: Outbound) => outbound.nacked({ kind: 'nack', messageId: 'slow', retry: true }),
      ],
    ])('counts nothing of what was before %s, which shows that the message does no harm', (_, answer) => {
      const { outbound, send, wrote } = made();
      send('slow', { policy: acked });
      for (let i = 0; i < 4; i++) {
        if (i === 2) answer(outbound);
        outbound.linkLost(byPeer);
        outbound.open();
        expect(wrote()).toContain('slow');
      }
    });

    it('goes on suspecting what was written after the ping that a pong answers', () => {
      const { outbound, send, wrote } = made();
      for (const id of ['other', 'bad']) send(id, { policy: acked });
      for (let i = 0; i < 3; i++) {
        if (i === 2) outbound.proven(1);
        wrote();
        outbound.linkLost(byPeer);
        outbound.open();
      }
      expect(wrote()).toEqual(['other']);
    });

    it('lets the others go once a suspect value was received', () => {
      const { outbound, proofs, send, wrote } = made();
      send('value', { policy: latestPolicy, key: 'k' });
      for (let i = 0; i < 3; i++) {
        outbound.linkLost(byPeer);
        outbound.open();
      }
      wrote();
      outbound.lives();
      send('other', { policy: acked });
      expect(wrote()).toEqual(['value']);
      outbound.proven(1);
      expect(wrote()).toEqual(['other']);
      expect(proofs.at(-1)).toBe(Infinity);
    });

    it('does not put a value back that is convicted', () => {
      const { turn, outbound, send, wrote, took } = made();
      send('bad', { policy: latestPolicy, key: 'k' });
      for (let i = 0; i < 3; i++) {
        outbound.linkLost(byPeer);
        outbound.open();
      }
      took();
      for (let i = 0; i < 2; i++) {
        outbound.open();
        turn.now += 10_000;
        outbound.lives();
        expect(wrote()).toEqual(['bad']);
        outbound.linkLost(byPeer);
      }
      outbound.open();
      const commands = took();
      expect(only(commands, 'write')).toEqual([]);
      expect(only(commands, 'undelivered')).toMatchObject([{ entry: { id: 'bad' }, ending: { reason: 'poisoned' } }]);
      expect(outbound.queue.size).toBe(0);
    });

    it('holds a suspect value back as well, also when it is sent directly', () => {
      const { outbound, send, wrote } = made();
      send('bad', { policy: latestPolicy, key: 'k' });
      for (let i = 0; i < 3; i++) {
        outbound.linkLost(byPeer);
        outbound.open();
      }
      wrote();
      outbound.flush();
      expect(wrote()).toEqual([]);
      expect(outbound.queue.find('bad')).toBeDefined();
    });
  });

  describe('taking back', () => {
    it('cancels what waits, and gives up what was written', () => {
      const { outbound, send, ended } = made();
      send('a', { policy: acked });
      outbound.hold();
      send('b');
      for (const id of ['a', 'b', 'nobody']) outbound.cancel({ id });
      expect(ended()).toEqual(['a unknown cancelled', 'b cancelled cancelled']);
    });

    it('drains only what was never written', () => {
      const { outbound, send, ended } = made();
      send('a', { policy: acked });
      outbound.hold();
      send('b');
      outbound.drain();
      expect(ended()).toEqual(['b cancelled drained']);
      expect(outbound.queue.size).toBe(1);
    });

    it('closes with what is durable kept, and the rest told', () => {
      const { outbound, send, took } = made();
      send('written', { policy: acked });
      send('durable', { policy: queuePolicy({ ack: 'message', durable: true }) });
      outbound.hold();
      send('waits');
      took();
      outbound.close();
      const commands = took();
      expect(only(commands, 'settle').map(({ entry: one, ending }) => [one.id, ending.outcome, ending.reason])).toEqual(
        [
          ['durable', 'kept', 'closed'],
          ['written', 'unknown', 'closed'],
          ['waits', 'closed', 'closed'],
        ],
      );
      expect(only(commands, 'undelivered').map(({ entry: one }) => one.id)).toEqual(['written', 'waits']);
    });

    it('bothers the shell with an ending only if somebody waits for it, or a store', () => {
      const { outbound, send, ended } = made();
      const quiet = send('quiet', { resolve: undefined });
      expect(quiet.ending?.outcome).toBe('sent');
      send('stored', { resolve: undefined, policy: queuePolicy({ durable: true }) });
      expect(ended()).toEqual(['stored sent written']);
      const late = send('late', { resolve: undefined, policy: acked });
      late.resolve = () => {};
      outbound.acked({ kind: 'ack', messageId: 'late' });
      expect(ended()).toEqual(['late acked ack']);
    });

    it('keeps the text of what may be written again, and of nothing else', () => {
      const { send } = made();
      expect(send('plain').data).toBe('');
      expect(send('value', { policy: latestPolicy, key: 'k' }).data).not.toBe('');
      expect(send('acked', { policy: acked }).data).not.toBe('');
    });

    it('refuses what comes after the end', () => {
      const { outbound, ended } = made();
      const one = entry('a');
      outbound.refuse({ entry: one, outcome: 'closed', reason: 'closed' });
      expect(one.status).toBe('rejected');
      expect(ended()).toEqual(['a closed closed']);
    });

    it('tells each that made room, and each newer value', () => {
      const { send, took } = made({ maxMessages: 1 }, false);
      send('a');
      send('b', { policy: latestPolicy, key: 'k' });
      send('c', { policy: latestPolicy, key: 'k' });
      send('d', { policy: queuePolicy({ overflow: 'reject' }) });
      send('e', { policy: queuePolicy({ overflow: 'drop-newest' }) });
      expect(
        took().map((command) =>
          'entry' in command ? [command.do, command.entry.id, command.ending.outcome, command.ending.reason] : [],
        ),
      ).toEqual([
        ['settle', 'a', 'dropped', 'queue-full'],
        ['undelivered', 'a', 'dropped', 'queue-full'],
        ['settle', 'b', 'replaced', 'newer-value'],
        ['settle', 'd', 'rejected', 'queue-full'],
        ['undelivered', 'd', 'rejected', 'queue-full'],
        ['settle', 'e', 'dropped', 'queue-full'],
        ['undelivered', 'e', 'dropped', 'queue-full'],
      ]);
    });
  });

  it('writes what an earlier life left before all that is new', () => {
    const { outbound, send, wrote } = made({}, false);
    send('new');
    for (const id of ['left 1', 'left 2']) outbound.restore({ entry: entry(id) });
    outbound.open();
    expect(wrote()).toEqual(['left 1', 'left 2', 'new']);
  });

  it('writes what comes out of the store at once where the link is open', () => {
    const { outbound, wrote } = made();
    outbound.restore({ entry: entry('left') });
    expect(wrote()).toEqual(['left']);
  });

  describe('readiness', () => {
    it('is told once, when less than half of the queue is taken', () => {
      const { outbound, send, took } = made({ maxMessages: 4 }, false);
      outbound.tellReady();
      expect(took()).toEqual([]);
      for (const id of ['a', 'b']) send(id);
      outbound.watchReady();
      outbound.tellReady();
      expect(took()).toEqual([]);
      expect(outbound.flushAt()).toBe(Infinity);
      outbound.cancel({ id: 'a' });
      took();
      outbound.tellReady();
      outbound.tellReady();
      expect(took()).toEqual([{ do: 'ready' }]);
    });

    it('counts what waits in the queue to what the socket holds', () => {
      const { turn, outbound, send, took } = made({ highWaterMark: 100 });
      for (const id of ['a', 'b', 'c', 'd']) send(id, { policy: acked });
      took();
      outbound.watchReady();
      turn.bufferedAmount = 10;
      outbound.tellReady();
      expect(took()).toEqual([]);
      turn.bufferedAmount = 9;
      outbound.tellReady();
      expect(took()).toEqual([{ do: 'ready' }]);
    });

    it('looks no later than there is something to write', () => {
      const { turn, outbound, send } = made({ maxMessages: 2 });
      send('a', { policy: acked });
      outbound.nacked({ kind: 'nack', messageId: 'a', retry: 5 });
      outbound.watchReady();
      outbound.tellReady();
      expect(outbound.flushAt()).toBe(turn.now + 5);
    });

    it('looks again on an open link where the socket holds half of the mark', () => {
      const { turn, outbound, took } = made({ highWaterMark: 100 });
      turn.bufferedAmount = 50;
      outbound.watchReady();
      outbound.tellReady();
      expect(outbound.flushAt()).toBe(turn.now + 16);
      expect(took()).toEqual([]);
      turn.bufferedAmount = 49;
      outbound.tellReady();
      expect(took()).toEqual([{ do: 'ready' }]);
    });
  });
});

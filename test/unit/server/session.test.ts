import { describe, expect, it } from 'vitest';
import { Batch } from '../../../src/server/batch.js';
import { numbered, PlayedSession } from '../../support/server-session.js';

describe('a stream of a connection', () => {
  it('is followed before it is read, and what is told meanwhile is not sent twice or left out', () => {
    const session = new PlayedSession();
    session.give({ type: 'opened', hello: { client: 'c', conn: 1, cursor: { seq: 2, epoch: 'e' }, token: undefined } });
    session.give({ type: 'taken-over', won: true });
    const order = session.commands.map((command) => command.do);
    expect(order.indexOf('follow')).toBeLessThan(order.indexOf('read'));
    session.live(4);
    session.live(5);
    session.slice({ from: 2, entries: numbered(3, 4), head: 4 });
    // The fifth came after the reading.
    expect(session.last('read').cursor).toEqual({ seq: 4, epoch: 'e' });
    session.live(6);
    session.slice({ from: 4, entries: numbered(5, 6) });
    session.live(6);
    session.live(7);
    expect(session.numbers).toEqual([3, 4, 5, 6, 7]);
    expect(session.frames[0]).toMatchObject({ type: 'welcome', seq: 2, recovered: 2 });
  });

  it('is read again after a hole, another epoch, and what may have been missed', () => {
    const session = new PlayedSession().open();
    for (const happens of [
      () => session.live(2),
      () => session.live(1, undefined, 'other'),
      () => session.give({ type: 'missed', channel: undefined }),
    ]) {
      const reads = session.all('read').length;
      happens();
      expect(session.all('read')).toHaveLength(reads + 1);
      expect(session.last('read').cursor).toEqual({ seq: 0, epoch: 'e' });
      session.slice();
    }
    expect(session.numbers).toEqual([]);
  });

  it('is read once more if something may have been missed while it was read', () => {
    const session = new PlayedSession().open();
    session.give({ type: 'missed', channel: undefined });
    session.give({ type: 'missed', channel: undefined });
    expect(session.all('read')).toHaveLength(2);
    session.slice();
    expect(session.all('read')).toHaveLength(3);
    session.slice();
    expect(session.all('read')).toHaveLength(3);
  });

  it('tells what is gone while it is replayed', () => {
    const session = new PlayedSession().open({ seq: 1, epoch: 'e' }, { entries: numbered(2, 3), head: 9 });
    session.slice({ from: 6, gone: true, entries: numbered(7, 9) });
    session.live(1, undefined, 'f');
    session.slice({ epoch: 'f', from: 0, gone: true, entries: numbered(1, 1) });
    expect(session.frames.slice(1).map(({ type, seq, reason, epoch }) => [type, seq, reason, epoch])).toEqual([
      ['n', 2, undefined, undefined],
      ['n', 3, undefined, undefined],
      ['reset', 6, 'trimmed', 'e'],
      ['n', 7, undefined, undefined],
      ['n', 8, undefined, undefined],
      ['n', 9, undefined, undefined],
      ['reset', 0, 'epoch', 'f'],
      ['n', 1, undefined, undefined],
    ]);
  });

  it.each<[cursor: { seq: number; epoch?: string }, name: string, more: string[]]>([
    [{ seq: 9, epoch: 'e' }, 'e~1', []],
    [{ seq: 9, epoch: 'e~1' }, 'e~2', []],
    [{ seq: 2, epoch: 'e~1' }, 'e~1', []],
    [{ seq: 9, epoch: 'e~x' }, 'e~1', []],
    [{ seq: 9, epoch: 'f' }, 'e', []],
    [{ seq: 9 }, 'e', ['reset']],
  ])('is named for a client at %j of 3 as %s', (cursor, name, more) => {
    const session = new PlayedSession();
    session.open(cursor, { from: 0, head: 3, gone: true });
    expect(session.all('read')[0]?.cursor?.epoch ?? 'none').toBe(cursor.epoch?.split('~')[0] ?? 'none');
    expect(session.frames.map(({ type }) => type)).toEqual(['welcome', ...more]);
    expect(session.frames[0]).toMatchObject({ epoch: name });
  });

  it('of an older subscribe is heard no more', () => {
    const session = new PlayedSession().open();
    session.frame({ type: 'subscribe', channel: 'a', ref: 1 });
    const { ticket } = session.last('authorize');
    session.frame({ type: 'subscribe', channel: 'a', ref: 2 });
    session.give({ type: 'authorized', ticket, verdict: true });
    expect(session.all('follow')).toHaveLength(1);
    session.give({ type: 'authorized', ticket: session.last('authorize').ticket, verdict: true });
    const old = session.last('read').ticket;
    session.frame({ type: 'unsubscribe', channel: 'a' });
    expect(session.last('unfollow')).toMatchObject({ channel: 'a' });
    session.give({
      type: 'slice',
      ticket: old,
      slice: { epoch: 'e', from: 0, head: 1, gone: false, entries: numbered(1, 1) },
    });
    session.live(1, 'a');
    expect(session.frames.map(({ type }) => type)).toEqual(['welcome']);
  });
});

describe('a reader', () => {
  const written = (session: PlayedSession): number => session.all('write').length;

  it('that is behind gets slices at its own pace, and no live message between them', () => {
    const session = new PlayedSession().open({ seq: 0, epoch: 'e' }, { entries: numbered(1, 90), head: 200 });
    const first = session.numbers.length;
    expect(first).toBeGreaterThan(20);
    expect(first).toBeLessThan(90);
    session.buffered = 1_100;
    session.live(201);
    // Nothing is read that could not be written.
    expect(session.all('read')).toHaveLength(1);
    session.buffered = 0;
    session.give({ type: 'flushed' });
    expect(session.last('read').cursor).toEqual({ seq: first, epoch: 'e' });
    session.slice({ from: first, entries: numbered(first + 1, first + 10), head: 201 });
    expect(session.numbers).toEqual(Array.from({ length: first + 10 }, (_, i) => i + 1));
    // A write above the mark asks to hear when it has left.
    expect(session.all('write').filter(({ flushed }) => flushed)).toHaveLength(1);
  });

  it('that makes no progress is cut off', () => {
    const session = new PlayedSession().open({ seq: 0, epoch: 'e' }, { entries: numbered(1, 90), head: 200 });
    expect(session.nextDeadline).toBe(2_000);
    session.expire();
    expect(session.frames.at(-1)).toMatchObject({ type: 'goaway', reason: 'too-slow' });
    expect(session.last('close')).toMatchObject({ code: 1013 });
    session.expire();
    expect(session.all('terminate')).toHaveLength(1);
  });

  it('whose answers reach the bound is cut off before it', () => {
    const session = new PlayedSession().open();
    session.buffered = 3_800;
    const before = written(session);
    session.frame({ type: 'ping', t: 'x'.repeat(100) });
    expect(session.last('close')).toMatchObject({ code: 1013 });
    expect(written(session)).toBe(before + 1);
    session.frame({ type: 'ping', t: 1 });
    session.live(1);
    expect(written(session)).toBe(before + 1);
  });

  // Cut off for it, it would come back, get it again, and be cut off again.
  it.each([
    [3_200, 'leaves little room'],
    [50_000, 'is larger than the bound'],
  ])('gets a message of %i bytes, which %s, and answers beside it', (length) => {
    const session = new PlayedSession().open();
    const large = { seq: 1, batch: new Batch(['x'.repeat(length)]), epoch: 'e' };
    session.give({ type: 'live', channel: undefined, live: large });
    session.buffered = length + 1_000;
    const before = written(session);
    for (let t = 0; t < 30; t += 1) session.frame({ type: 'ping', t: 'x'.repeat(30) });
    // The one behind it stays in the log.
    session.live(2);
    expect([session.all('close'), written(session)]).toEqual([[], before + 30]);
    session.buffered = length + 4_000;
    session.frame({ type: 'ping', t: 31 });
    expect(session.last('close')).toMatchObject({ code: 1013 });
  });

  it('has its bound again once a large message has left', () => {
    const session = new PlayedSession().open();
    session.give({
      type: 'live',
      channel: undefined,
      live: { seq: 1, batch: new Batch(['x'.repeat(50_000)]), epoch: 'e' },
    });
    session.give({ type: 'flushed' });
    session.frame({ type: 'ping', t: 1 });
    session.buffered = 3_900;
    session.frame({ type: 'ping', t: 2 });
    expect(session.last('close')).toMatchObject({ code: 1013 });
  });
});

describe('a connection', () => {
  it('that is taken over reads no more, and ends when its handler has', () => {
    const session = new PlayedSession().open();
    session.frame({ type: 'x', n: 1, messageId: 'a' });
    session.frame({ type: 'x', n: 2, messageId: 'b' });
    session.give({ type: 'retire' });
    session.frame({ type: 'x', n: 3, messageId: 'c' });
    session.live(1);
    expect([session.all('handle').length, session.all('ended').length, session.all('close').length]).toEqual([1, 0, 0]);
    session.give({ type: 'answered', messageId: 'a', answer: {} });
    expect(session.frames.at(-1)).toEqual({ type: 'ack', messageId: 'a' });
    expect(session.last('close')).toMatchObject({ code: 4409 });
    expect([session.all('handle').length, session.all('ended').length]).toEqual([1, 1]);
  });

  it('that is gone finishes what it has read', () => {
    const session = new PlayedSession().open();
    session.frame({ type: 'x', n: 1 });
    session.frame({ type: 'x', n: 2 });
    session.give({ type: 'closed' });
    expect(session.all('ended')).toEqual([]);
    session.give({ type: 'answered', messageId: undefined, answer: {} });
    session.give({ type: 'answered', messageId: undefined, answer: {} });
    expect(session.all('handle').map(({ received }) => received.message)).toEqual([
      { type: 'x', n: 1 },
      { type: 'x', n: 2 },
    ]);
    expect(session.all('ended')).toHaveLength(1);
    expect(session.nextDeadline).toBe(Infinity);
  });

  it('keeps what comes before welcome in order, answers pings, and says nothing else first', () => {
    const session = new PlayedSession();
    session.give({ type: 'opened', hello: { client: 'c', conn: 1, cursor: undefined, token: undefined } });
    session.frame({ type: 'subscribe', channel: 'a', ref: 1 });
    session.frame({ type: 'ping', t: 1 });
    expect(session.frames).toEqual([{ type: 'pong', t: 1 }]);
    session.frame({ type: 'x', n: 1, messageId: 'a' });
    session.give({ type: 'taken-over', won: true });
    session.slice();
    expect(session.frames.map(({ type }) => type)).toEqual(['pong', 'welcome']);
    expect(session.commands.slice(-2).map((command) => command.do)).toEqual(['authorize', 'handle']);
  });

  it('that was never welcome is closed instead of being told to go away', () => {
    const session = new PlayedSession({ authByMessage: true, guarded: true });
    session.give({ type: 'opened', hello: { client: 'c', conn: 1, cursor: undefined, token: undefined } });
    session.give({ type: 'goaway', goaway: { retryAfter: 0, within: 10, reason: 'deploy' } });
    expect(session.frames).toEqual([]);
    expect(session.last('close')).toMatchObject({ code: 1012 });
  });

  it('is asked before it is dropped, also by a process that slept', () => {
    const session = new PlayedSession({ heartbeat: 10_000 }).open();
    expect(session.nextDeadline).toBe(5_000);
    session.now = 60_000;
    session.give({ type: 'alarm' });
    expect(session.frames.at(-1)).toEqual({ type: 'ping' });
    expect(session.nextDeadline).toBe(65_000);
    session.frame({ type: 'pong' });
    expect(session.nextDeadline).toBe(65_000);
    session.expire();
    session.expire();
    expect(session.all('terminate')).toHaveLength(1);
    expect(session.now).toBe(70_000);
  });

  it('has a hook of ours that takes too long to thank for its end, not its token', () => {
    const session = new PlayedSession({ guarded: true });
    session.give({ type: 'opened', hello: { client: 'c', conn: 1, cursor: undefined, token: 't' } });
    session.expire();
    expect(session.last('close')).toMatchObject({ code: 1013 });
    session.give({ type: 'judged', verdict: { principal: 'ann' } });
    expect(session.all('take-over')).toEqual([]);
  });

  it('is not read while too much of it waits for the handler', () => {
    const session = new PlayedSession({ limits: { messagesPerSecond: Infinity } }).open();
    const message = { type: 'x', text: 'x'.repeat(900) };
    for (let n = 0; n < 5; n += 1) session.frame(message);
    expect(session.all('pause')).toEqual([]);
    session.frame(message);
    expect(session.all('pause')).toHaveLength(1);
    session.give({ type: 'answered', messageId: undefined, answer: {} });
    session.give({ type: 'answered', messageId: undefined, answer: {} });
    expect([session.all('pause').length, session.all('resume').length]).toEqual([1, 1]);
  });

  it('is not read while too many of its messages wait', () => {
    const limits = { messagesPerSecond: Infinity, bufferedBytes: 1_000_000 };
    const session = new PlayedSession({ limits }).open();
    for (let n = 0; n < 1_000; n += 1) session.frame({ type: 'x' });
    expect(session.all('pause')).toEqual([]);
    session.frame({ type: 'x' });
    expect(session.all('pause')).toHaveLength(1);
  });

  it('is closed for a frame that is too big, whatever the adapter lets through', () => {
    const session = new PlayedSession().open();
    session.frame({ type: 'x', text: 'x'.repeat(1_000) });
    expect(session.last('close')).toMatchObject({ code: 1009 });
    expect(session.all('handle')).toEqual([]);
  });

  it('fills its allowance again', () => {
    const session = new PlayedSession({ limits: { messagesPerSecond: 1 } }).open();
    for (let n = 0; n < 13; n += 1) session.frame({ type: 'pong' });
    expect(session.all('close')).toEqual([]);
    session.now = 1_000;
    session.frame({ type: 'pong' });
    expect(session.all('close')).toEqual([]);
    session.frame({ type: 'pong' });
    expect(session.last('close')).toMatchObject({ code: 4429 });
  });

  it('is closed for a ping that can not be answered, and ends nothing else', () => {
    const session = new PlayedSession({ limits: { frameBytes: 1_000_000, bufferedBytes: 4_000_000 } }).open();
    const nested = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
    session.give({ type: 'frame', text: `{"type":"ping","t":${nested}}`, bytes: 400_020 });
    expect(session.last('close')).toMatchObject({ code: 1007, reason: 'the answer can not be sent' });
  });
});

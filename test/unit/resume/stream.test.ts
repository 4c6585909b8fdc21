import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import type { Cursor, Gap, Passage } from '../../../src/core/io.js';
import { createStream, type Stream, type StreamOptions } from '../../../src/core/resume.js';
import type { HeadFrame } from '../../../src/protocol/frames.js';
import { fakeTurn, only, passages } from '../../support/turn.js';

const usual: StreamOptions = { contiguous: false, asksForGaps: false, maxWaiting: 100 };

interface Driven {
  readonly stream: Stream;
  /** Opens without a hold, as a connection with `lastSeq` in its url does. */
  open(): void;
  accept(...seqs: (number | undefined)[]): void;
  move(head: HeadFrame, reset?: string): void;
  /** What the application was given since the last call; the cursor follows, as the shell sees to it. */
  got(): (number | string)[];
  /** The same, but the listeners have not returned yet. */
  peek(): (number | string)[];
  gaps(): Gap[];
}

const driven = (from?: Cursor, options: Partial<StreamOptions> = {}, channel?: string): Driven => {
  const turn = fakeTurn();
  const stream = createStream(turn, channel, { ...usual, ...options }, from);
  const run = (): Passage[] => {
    const told = turn.take();
    expect(told.every((step) => step.do === 'gap' || step.do === 'deliver' || step.do === 'cursor')).toBe(true);
    const steps = told.filter((step) => step.do !== 'cursor') as Passage[];
    for (const step of steps) if (step.do === 'gap' || step.numbered) stream.passed(step.to);
    return steps;
  };
  return {
    stream,
    open: () => stream.open(false),
    accept(...seqs) {
      for (const seq of seqs) stream.accept({ type: 'm', n: seq ?? 'x' } as never, seq);
    },
    move: (head, reset) => stream.moveTo(head, reset),
    got: () => passages(run()),
    peek: () => passages(turn.take()),
    gaps: () => only(run(), 'gap').map(({ gap }) => gap),
  };
};

describe('createStream', () => {
  it('forgets what waited on a connection that ended before it opened', () => {
    const client = driven({ seq: 5 });
    client.open();
    client.accept(3);
    expect(client.stream.waits()).toBe(true);
    client.open();
    client.stream.judge(false);
    client.accept(6);
    expect(client.got()).toEqual([6]);
  });

  describe('with an epoch', () => {
    /** Resumes at 42 of epoch e, and the server agrees. */
    const resumed = (options: Partial<StreamOptions> = {}): Driven => {
      const client = driven({ seq: 42, epoch: 'e' }, options);
      client.open();
      client.move({ epoch: 'e', seq: 42 });
      return client;
    };

    it('delivers what is newer, in order and once', () => {
      const client = resumed();
      client.accept(43, 44, 44, 43, 47);
      expect(client.got()).toEqual([43, 44, 47]);
      expect(client.stream.cursor()).toEqual({ seq: 47, epoch: 'e' });
    });

    it('drops what is at or below the cursor at open', () => {
      const client = resumed();
      client.accept(1, 41, 42, 43);
      expect(client.got()).toEqual([43]);
    });

    it('delivers a late one in between, and says so', () => {
      const client = resumed();
      client.accept(45, 43, 44, 43);
      expect(client.got()).toEqual([45, 'gap:out-of-order 42>43', 43, 'gap:out-of-order 43>44', 44]);
      expect(client.stream.cursor().seq).toBe(45);
    });

    it('tells one gap where the server goes on ahead of the cursor', () => {
      const client = driven({ seq: 42, epoch: 'e' }, {}, 'room');
      client.open();
      client.move({ epoch: 'e', seq: 999 });
      expect(client.gaps()).toEqual([{ channel: 'room', from: 42, to: 999, reason: 'missed', epoch: 'e' }]);
      client.accept(999, 1_000);
      expect(client.got()).toEqual(['gap:out-of-order 998>999', 999, 1_000]);
    });

    it('keeps the cursor where the server goes on behind it', () => {
      const client = driven({ seq: 42, epoch: 'e' });
      client.open();
      client.move({ epoch: 'e', seq: 40 });
      client.accept(41, 42, 43);
      expect(client.got()).toEqual([43]);
    });

    it('tells exactly one gap for another incarnation, and replaces epoch and cursor together', () => {
      const client = driven({ seq: 42, epoch: 'e' });
      client.open();
      client.move({ epoch: 'new', seq: 3 });
      expect(client.gaps()).toEqual([{ channel: undefined, from: 42, to: 3, reason: 'epoch', epoch: 'new' }]);
      expect(client.stream.cursor()).toEqual({ seq: 3, epoch: 'new' });
      client.move({ epoch: 'new', seq: 3 }, 'trimmed');
      client.accept(4, 42);
      expect(client.got()).toEqual([4, 42]);
      expect(client.stream.cursor()).toEqual({ seq: 42, epoch: 'new' });
    });

    it('takes no message of the new incarnation for a repetition of the old one', () => {
      const client = resumed();
      client.accept(43);
      client.move({ epoch: 'new', seq: 0 }, 'restart');
      client.accept(1, 42, 43, 43);
      expect(client.got()).toEqual([43, 'gap:epoch 43>0', 1, 42, 43]);
    });

    it('does not know where another incarnation begins if it is not told', () => {
      const client = driven({ seq: 42, epoch: 'e' });
      client.open();
      client.move({ epoch: 'new' });
      expect(client.gaps()).toEqual([{ channel: undefined, from: 42, to: undefined, reason: 'epoch', epoch: 'new' }]);
      expect(client.stream.cursor()).toEqual({ seq: undefined, epoch: 'new' });
      client.accept(1);
      expect(client.got()).toEqual([1]);
    });

    it('hands on the word of a reset, forwards as a gap of the same numbering', () => {
      const client = resumed();
      client.move({ epoch: 'e', seq: 980 }, 'trimmed');
      expect(client.gaps()).toEqual([{ channel: undefined, from: 42, to: 980, reason: 'trimmed', epoch: 'e' }]);
      client.accept(981);
      expect(client.got()).toEqual([981]);
    });

    it('ignores a reset of the same epoch to where it already is, or back', () => {
      const client = resumed();
      client.move({ epoch: 'e', seq: 42 }, 'again');
      client.move({ epoch: 'e', seq: 7 }, 'back');
      client.accept(8, 43);
      expect(client.got()).toEqual([43]);
    });

    it('needs no pong to know what is old', () => {
      const client = driven({ seq: 42, epoch: 'e' });
      client.open();
      expect(client.stream.waits()).toBe(true);
      expect(client.stream.doubts()).toBe(false);
    });

    it('does not take a welcome that names no epoch for another one', () => {
      const client = driven({ seq: 42, epoch: 'e' });
      client.open();
      client.move({ seq: 42 });
      client.accept(43);
      expect(client.got()).toEqual([43]);
    });

    it('takes every message as it comes without a welcome of its own numbers', () => {
      const client = resumed();
      client.accept(undefined, 43, undefined);
      expect(client.got()).toEqual(['x', 43, 'x']);
      expect(client.stream.cursor().seq).toBe(43);
    });
  });

  describe('without a cursor', () => {
    it('adopts where the server says that it goes on, without a gap', () => {
      const client = driven();
      client.open();
      expect(client.stream.waits()).toBe(false);
      client.move({ epoch: 'e', seq: 41 });
      expect(client.stream.cursor()).toEqual({ seq: 41, epoch: 'e' });
      client.accept(42);
      expect(client.got()).toEqual([42]);
    });

    it('takes the first number for its place', () => {
      const client = driven();
      client.open();
      client.accept(7, 9);
      expect(client.got()).toEqual([7, 9]);
      expect(client.stream.cursor()).toEqual({ seq: 9, epoch: undefined });
    });

    it('does not let a late welcome undo what was delivered', () => {
      const client = driven();
      client.open();
      client.accept(7);
      client.move({ epoch: 'e', seq: 6 });
      client.accept(7, 8);
      expect(client.got()).toEqual([7, 8]);
      expect(client.stream.cursor()).toEqual({ seq: 8, epoch: 'e' });
    });

    it('does not adopt a place while what was received is still being delivered', () => {
      const client = driven();
      client.open();
      client.accept(7);
      client.move({ seq: 6 });
      expect(client.stream.cursor().seq).toBeUndefined();
      client.got();
      expect(client.stream.cursor().seq).toBe(7);
    });
  });

  describe('holes', () => {
    it('are no news unless numbers were promised to have none', () => {
      const client = driven({ seq: 42, epoch: 'e' });
      client.open();
      client.move({ epoch: 'e', seq: 42 });
      client.accept(45);
      expect(client.got()).toEqual([45]);
    });

    it('are told where the options promise', () => {
      const client = driven({ seq: 42, epoch: 'e' }, { contiguous: true });
      client.open();
      client.move({ epoch: 'e', seq: 42 });
      client.accept(43, 45, 48);
      expect(client.got()).toEqual([43, 'gap:missed 43>44', 44 + 1, 'gap:missed 45>47', 48]);
    });

    it('are told where the server promises, for that connection', () => {
      const client = driven({ seq: 42, epoch: 'e' });
      client.open();
      client.move({ epoch: 'e', seq: 42, contiguous: true });
      client.accept(44);
      expect(client.got()).toEqual(['gap:missed 42>43', 44]);
      client.stream.close();
      client.open();
      client.move({ epoch: 'e', seq: 44 });
      client.accept(46);
      expect(client.got()).toEqual([46]);
    });

    it('are no news where the server takes the promise of the options back', () => {
      const client = driven({ seq: 42, epoch: 'e' }, { contiguous: true });
      client.open();
      client.move({ epoch: 'e', seq: 42, contiguous: false });
      client.accept(44);
      expect(client.got()).toEqual([44]);
    });

    it('can not be seen before the first number', () => {
      const client = driven(undefined, { contiguous: true });
      client.open();
      client.accept(44, 46);
      expect(client.got()).toEqual([44, 'gap:missed 44>45', 46]);
    });
  });

  describe('without an epoch', () => {
    const doubting = (options: Partial<StreamOptions> = {}): Driven => {
      const client = driven({ seq: 42 }, options);
      client.open();
      return client;
    };

    it('doubts until a pong comes, and lets pass what is newer', () => {
      const client = doubting();
      expect(client.stream.waits()).toBe(true);
      expect(client.stream.doubts()).toBe(true);
      client.accept(43);
      expect(client.got()).toEqual([43]);
      client.stream.judge(false);
      expect(client.stream.waits()).toBe(false);
      expect(client.stream.doubts()).toBe(false);
      expect(client.got()).toEqual([]);
    });

    it('discards a replay that reaches the cursor', () => {
      const client = doubting();
      client.accept(40, 41);
      expect(client.got()).toEqual([]);
      client.accept(42, 43);
      client.stream.judge(false);
      expect(client.got()).toEqual([43]);
      expect(client.stream.cursor().seq).toBe(43);
    });

    it('discards it once, though it comes twice', () => {
      const client = doubting();
      client.accept(41, 42, 41, 42, 43);
      client.stream.judge(false);
      client.accept(41, 42);
      expect(client.got()).toEqual([43]);
    });

    it('discards a replay that is longer than the memory for numbers', () => {
      const client = driven({ seq: 10_001 }, { maxWaiting: 10_000 });
      client.open();
      for (let seq = 1; seq <= 10_001; seq += 2) client.accept(seq);
      client.stream.judge(false);
      client.accept(10_002);
      expect(client.got()).toEqual([10_002]);
    });

    it('takes what was seen on this connection for a duplicate, also where older numbers wait', () => {
      const client = doubting();
      client.accept(43, 5, 43);
      client.stream.judge(false);
      expect(client.got()).toEqual([43, 'gap:renumbered 43>4', 5]);
    });

    it('lets what is newer wait behind a possible replay, and delivers it in order', () => {
      const client = doubting();
      client.accept(41, 44, undefined);
      expect(client.got()).toEqual(['x']);
      client.accept(42);
      expect(client.got()).toEqual([44]);
    });

    it('counts what waited behind a replay, and does not deliver it again', () => {
      const client = doubting();
      client.accept(41, 44, 42, 44);
      expect(client.got()).toEqual([44]);
      expect(client.stream.cursor().seq).toBe(44);
    });

    it('does not hold against a connection from where an earlier one went on', () => {
      const client = doubting();
      client.move({ seq: 42 });
      client.accept(43);
      client.stream.judge(false);
      expect(client.got()).toEqual([43]);
      client.stream.close();
      client.open();
      client.move({ epoch: 'e' });
      client.stream.judge(false);
      expect(client.got()).toEqual([]);
      expect(client.stream.cursor()).toEqual({ seq: 43, epoch: 'e' });
    });

    it('tells one gap where the numbers were given out anew, then delivers', () => {
      const client = doubting();
      client.accept(5, 6, 7);
      expect(client.got()).toEqual([]);
      client.stream.judge(false);
      expect(client.got()).toEqual(['gap:renumbered 42>4', 5, 6, 7]);
      expect(client.stream.cursor()).toEqual({ seq: 7, epoch: undefined });
      client.accept(8, 42);
      expect(client.got()).toEqual([8, 42]);
    });

    it('comes to the same end when no pong comes in time', () => {
      const client = doubting();
      client.accept(5);
      client.stream.judge(true);
      expect(client.got()).toEqual(['gap:renumbered 42>4', 5]);
    });

    it('takes a number at or below the cursor after the pong for lost numbers', () => {
      const client = doubting();
      client.stream.judge(false);
      client.accept(42);
      expect(client.got()).toEqual(['gap:renumbered 42>41', 42]);
      client.accept(43);
      expect(client.got()).toEqual([43]);
    });

    it('waits for so many and no more', () => {
      const client = doubting({ maxWaiting: 2 });
      client.accept(5, 6);
      expect(client.got()).toEqual([]);
      client.accept(7);
      expect(client.got()).toEqual(['gap:renumbered 42>4', 5, 6, 7]);
      expect(client.stream.waits()).toBe(false);
    });

    it('adopts the first epoch that it is told, but knows that it proves nothing about its number', () => {
      const client = doubting();
      client.move({ epoch: 'e', seq: 42 });
      expect(client.stream.waits()).toBe(true);
      expect(client.stream.cursor().epoch).toBeUndefined();
      client.accept(5);
      client.stream.judge(false);
      expect(client.got()).toEqual(['gap:renumbered 42>4', 5]);
      expect(client.stream.cursor()).toEqual({ seq: 5, epoch: 'e' });
    });

    it('owns that epoch once a pong has told that the numbers are the old ones', () => {
      const client = doubting();
      client.move({ epoch: 'e', seq: 42 });
      client.stream.judge(false);
      expect(client.stream.cursor()).toEqual({ seq: 42, epoch: 'e' });
      client.accept(41, 43);
      expect(client.got()).toEqual([43]);
    });

    it('goes back with a reset in the first epoch that it was told, which names no number of its own', () => {
      const client = doubting();
      client.move({ epoch: 'e', seq: 10 });
      client.move({ epoch: 'e', seq: 10 }, 'numbers-lost');
      client.accept(11);
      expect(client.got()).toEqual(['gap:numbers-lost 42>10', 11]);
      expect(client.stream.cursor()).toEqual({ seq: 11, epoch: 'e' });
    });

    it('takes a welcome from before its cursor, after which nothing came before the pong, for lost numbers', () => {
      const client = doubting();
      client.move({ epoch: 'e', seq: 10 });
      client.stream.judge(false);
      client.accept(11);
      expect(client.got()).toEqual(['gap:renumbered 42>10', 11]);
      expect(client.stream.cursor()).toEqual({ seq: 11, epoch: 'e' });
    });

    it.each([[[41, 42]], [[43]]])('takes no such welcome for lost numbers where %j came', (seqs) => {
      const client = doubting();
      client.move({ epoch: 'e', seq: 10 });
      client.accept(...seqs);
      client.stream.judge(false);
      client.accept(44);
      expect(client.got()).toEqual([...seqs.filter((seq) => seq > 42), 44]);
      expect(client.stream.cursor()).toEqual({ seq: 44, epoch: 'e' });
    });

    it('goes back with a reset that names the first epoch, also on a stream that is doubted no more', () => {
      const client = doubting();
      client.stream.judge(false);
      client.move({ epoch: 'e', seq: 10 }, 'restored');
      client.accept(11);
      expect(client.got()).toEqual(['gap:restored 42>10', 11]);
    });

    it('waits for a number before it believes a welcome without an epoch that goes back', () => {
      const client = doubting();
      client.move({ seq: 10 });
      client.stream.judge(false);
      expect(client.got()).toEqual([]);
      client.accept(11);
      expect(client.got()).toEqual(['gap:renumbered 42>10', 11]);
    });

    it('goes on doubting after a second welcome', () => {
      const client = doubting();
      for (let i = 0; i < 2; i++) client.move({ epoch: 'e', seq: 42 });
      client.accept(5);
      expect(client.got()).toEqual([]);
      client.stream.judge(false);
      expect(client.got()).toEqual(['gap:renumbered 42>4', 5]);
    });

    it('does not take a replay that comes again for the end of what waits', () => {
      const client = doubting();
      client.accept(42, 5, 42);
      client.stream.judge(false);
      expect(client.got()).toEqual(['gap:renumbered 42>4', 5]);
    });

    it('goes back with a reset, as one gap with its word', () => {
      const client = doubting();
      client.move({ seq: 3 }, 'restored');
      client.stream.judge(false);
      client.accept(4);
      expect(client.got()).toEqual(['gap:restored 42>3', 4]);
    });

    it('takes a reset to where it is, or to nowhere, for no news', () => {
      const client = doubting();
      client.move({ seq: 42 }, 'again');
      client.move({}, 'nowhere');
      client.accept(43);
      expect(client.got()).toEqual([43]);
    });

    it('does not begin to doubt again with a reset', () => {
      const client = doubting();
      client.stream.judge(false);
      client.move({ seq: 50 }, 'trimmed');
      expect(client.stream.waits()).toBe(false);
      client.accept(41);
      expect(client.got()).toEqual(['gap:trimmed 42>50', 'gap:renumbered 50>40', 41]);
    });

    it('discards a replay of the very last message', () => {
      const client = doubting();
      client.accept(42);
      client.stream.judge(false);
      client.accept(43);
      expect(client.got()).toEqual([43]);
    });

    it('does not go back with a welcome, which can not know better than the numbers', () => {
      const client = doubting();
      client.move({ seq: 3 });
      client.accept(43);
      expect(client.got()).toEqual([43]);
    });
  });

  describe('with a hold', () => {
    const held = (from?: Cursor, options: Partial<StreamOptions> = {}): Driven => {
      const client = driven(from, options, 'room');
      client.stream.open(true);
      return client;
    };

    it('lets everything wait for the answer, then decides', () => {
      const client = held({ seq: 42, epoch: 'e' });
      expect(client.stream.waits()).toBe(true);
      expect(client.stream.doubts()).toBe(false);
      client.accept(42, 43, undefined);
      expect(client.got()).toEqual([]);
      client.move({ epoch: 'e', seq: 42 });
      expect(client.got()).toEqual([43, 'x']);
      expect(client.stream.waits()).toBe(false);
    });

    it.each([
      [{ epoch: 'e', seq: 50 }, ['gap:missed 42>50', 51]],
      [{ epoch: 'f', seq: 50 }, ['gap:epoch 42>50', 51]],
    ] as const)('tells first what the answer %o leaves out, then what waited for it', (answer, told) => {
      const client = held({ seq: 42, epoch: 'e' });
      client.accept(51);
      client.move(answer);
      expect(client.got()).toEqual(told);
      expect(client.stream.waits()).toBe(false);
      expect(client.stream.cursor()).toEqual({ seq: 51, epoch: answer.epoch });
    });

    it('does not mind an early pong, but gives up waiting when it is late', () => {
      const client = held({ seq: 42, epoch: 'e' });
      client.accept(43);
      client.stream.judge(false);
      expect(client.got()).toEqual([]);
      client.stream.judge(true);
      expect(client.got()).toEqual([43]);
    });

    it.each([{ seq: 42, epoch: 'e' }, { seq: 42 }])(
      'takes old numbers for lost ones when no answer comes, from %o',
      (from) => {
        const client = held(from);
        client.accept(41);
        client.stream.judge(true);
        expect(client.got()).toEqual(['gap:renumbered 42>40', 41]);
      },
    );

    it('drops what is older than the place that the answer gives to a stream without one', () => {
      const client = held();
      client.accept(5, 6, undefined, 7);
      client.move({ epoch: 'e', seq: 6 });
      expect(client.got()).toEqual(['x', 7]);
    });

    it('drops nothing old where the answer says no place', () => {
      const client = held();
      client.accept(5, 6);
      client.move({ epoch: 'e' });
      expect(client.got()).toEqual([5, 6]);
    });

    it('waits no more after an answer to one that had no place', () => {
      const client = held();
      client.move({ seq: 5 });
      expect(client.stream.waits()).toBe(false);
      expect(client.stream.cursor().seq).toBe(5);
    });

    it('does not begin to wait by an answer that comes after the connection', () => {
      const client = held({ seq: 42 });
      client.stream.close();
      client.move({ seq: 42 });
      expect(client.stream.waits()).toBe(false);
    });

    it('is live at once after the wait where there is no cursor to doubt', () => {
      const client = held();
      client.accept(5);
      client.stream.judge(true);
      expect(client.got()).toEqual([5]);
      client.accept(3);
      expect(client.got()).toEqual(['gap:out-of-order 2>3', 3]);
    });

    it('doubts after an answer without an epoch', () => {
      const client = held({ seq: 42 });
      client.accept(41);
      client.move({ seq: 42 });
      expect(client.got()).toEqual([]);
      expect(client.stream.doubts()).toBe(true);
      client.accept(42, 43);
      expect(client.got()).toEqual([43]);
    });

    it('doubts after an answer with the first epoch that it is told', () => {
      const client = held({ seq: 42 });
      client.accept(5);
      client.move({ epoch: 'e', seq: 42 });
      expect(client.stream.doubts()).toBe(true);
      client.stream.judge(false);
      expect(client.got()).toEqual(['gap:renumbered 42>4', 5]);
    });

    it('holds so many and no more', () => {
      const client = held(undefined, { maxWaiting: 2 });
      client.accept(1, 2);
      expect(client.got()).toEqual([]);
      client.accept(3);
      expect(client.got()).toEqual([1, 2, 3]);
    });

    it('forgets with the connection what was held', () => {
      const client = held({ seq: 42, epoch: 'e' });
      client.accept(43);
      client.stream.close();
      expect(client.stream.waits()).toBe(false);
      client.stream.open(true);
      client.move({ epoch: 'e', seq: 42 });
      expect(client.got()).toEqual([]);
    });
  });

  describe('the cursor', () => {
    it('moves when the listeners have returned, and not before', () => {
      const client = driven({ seq: 42, epoch: 'e' });
      client.open();
      client.move({ epoch: 'e', seq: 42 });
      client.accept(43);
      expect(client.stream.cursor().seq).toBe(42);
      client.got();
      expect(client.stream.cursor().seq).toBe(43);
    });

    it('lets come again what the listeners never had', () => {
      const client = driven({ seq: 42, epoch: 'e' });
      client.open();
      client.move({ epoch: 'e', seq: 42 });
      client.accept(43);
      expect(client.peek()).toEqual([43]);
      client.stream.close();
      client.open();
      client.move({ epoch: 'e', seq: 42 });
      client.accept(43);
      expect(client.got()).toEqual([43]);
    });

    it('is forgotten with the user, in one gap', () => {
      const client = driven({ seq: 42, epoch: 'e' });
      client.open();
      client.move({ epoch: 'e', seq: 42 });
      client.stream.forget();
      expect(client.gaps()).toEqual([
        { channel: undefined, from: 42, to: undefined, reason: 'subject', epoch: undefined },
      ]);
      client.stream.close();
      const unknown = driven();
      unknown.stream.forget();
      expect(unknown.got()).toEqual([]);
      expect(unknown.stream.cursor()).toEqual({ seq: undefined, epoch: undefined });
    });

    it('names what the listeners had, not what is under way, when the user changes', () => {
      const client = driven({ seq: 42, epoch: 'e' });
      client.open();
      client.move({ epoch: 'e', seq: 42 });
      client.accept(43);
      client.peek();
      client.stream.forget();
      expect(client.gaps()).toMatchObject([{ from: 42, reason: 'subject' }]);
    });
  });

  it('remembers every number of a connection that brings them without holes', () => {
    const client = driven({ seq: 1, epoch: 'e' });
    client.open();
    client.move({ epoch: 'e', seq: 1 });
    for (let seq = 2; seq <= 20_000; seq++) client.accept(seq);
    client.got();
    client.accept(2, 3, 10_000, 20_000);
    expect(client.got()).toEqual([]);
  });

  it('takes numbers without a hole for one run, wherever it begins', () => {
    const client = driven({ seq: 1, epoch: 'e' });
    client.open();
    client.move({ epoch: 'e', seq: 1 });
    client.accept(3, 5, 7);
    for (let seq = 9; seq <= 5_000; seq++) client.accept(seq);
    client.got();
    client.accept(3, 5, 7, 9, 10, 5_000);
    expect(client.got()).toEqual([]);
  });

  it('remembers at least 1,000 runs of numbers between holes, and forgets the oldest first', () => {
    const client = driven({ seq: 1, epoch: 'e' });
    client.open();
    client.move({ epoch: 'e', seq: 1 });
    const last = 3 + 2 * 2_000;
    for (let seq = 3; seq <= last; seq += 2) client.accept(seq);
    client.got();
    client.accept(last - 2 * 1_000);
    expect(client.got()).toEqual([]);
    client.accept(3);
    expect(client.got()).toEqual(['gap:out-of-order 2>3', 3]);
  });

  it.each([
    ['an epoch that it knows', 'e'],
    ['no epoch', undefined],
  ] as const)('tells nothing of a cursor that stays where it is, with %s', (_, epoch) => {
    const turn = fakeTurn();
    const stream = createStream(turn, undefined, usual, { seq: 42, ...(epoch && { epoch }) });
    stream.open(false);
    stream.moveTo({ seq: 42, ...(epoch && { epoch }) });
    stream.judge(false);
    expect(turn.take()).toEqual([]);
  });

  it('is not told to be where it was once the numbers were given out anew', () => {
    const turn = fakeTurn();
    const stream = createStream(turn, undefined, usual, { seq: 42 });
    stream.open(false);
    stream.moveTo({ epoch: 'e', seq: 10 });
    stream.accept({ type: 'm' }, 11);
    turn.take();
    stream.judge(false);
    const told = turn.take().map((command) => [command.do, 'to' in command && command.to]);
    expect(told).toEqual([
      ['gap', { seq: 10, epoch: 'e' }],
      ['deliver', { seq: 11, epoch: 'e' }],
    ]);
  });

  describe('while the app fills a gap', () => {
    const filling = (options: Partial<StreamOptions> = {}): Driven => {
      const client = driven({ seq: 42, epoch: 'e' }, { asksForGaps: true, ...options });
      client.open();
      client.move({ epoch: 'e', seq: 50 });
      expect(client.got()).toEqual(['gap:missed 42>50']);
      return client;
    };

    it('lets live messages wait, and goes on after the cursor of the snapshot', () => {
      const client = filling();
      client.accept(51, undefined, 52, 53);
      expect(client.got()).toEqual([]);
      client.stream.filled({ seq: 52 });
      expect(client.got()).toEqual(['x', 53]);
      expect(client.stream.cursor()).toEqual({ seq: 53, epoch: 'e' });
    });

    it('goes on with all of them where the snapshot has no cursor', () => {
      const client = filling();
      client.accept(51, 52);
      client.stream.filled(undefined);
      expect(client.got()).toEqual([51, 52]);
      client.accept(53);
      expect(client.got()).toEqual([53]);
    });

    it('does not deliver again what the snapshot includes, also when it comes later', () => {
      const client = filling();
      client.stream.filled({ seq: 60 });
      expect(client.stream.cursor()).toEqual({ seq: 60, epoch: 'e' });
      client.accept(55, 60, 61);
      expect(client.got()).toEqual([61]);
    });

    it.each([50, 47])('does not deliver what a snapshot of %i includes when that comes late', (seq) => {
      const client = filling();
      client.stream.filled({ seq });
      client.accept(45, 47, 51);
      expect(client.got()).toEqual([51]);
    });

    it('takes a number below the cursor at open for lost numbers, whatever the snapshot includes', () => {
      const client = driven({ seq: 42 }, { asksForGaps: true });
      client.open();
      client.move({ seq: 50 });
      client.stream.judge(false);
      client.got();
      client.stream.filled({ seq: 60 });
      client.accept(41);
      expect(client.got()).toEqual(['gap:renumbered 60>40']);
      client.stream.filled(undefined);
      expect(client.got()).toEqual([41]);
    });

    it('takes no number of another incarnation for one that the snapshot includes', () => {
      const client = filling();
      client.stream.filled({ seq: 60 });
      client.move({ epoch: 'f', seq: 3 });
      client.accept(4, 6, 5);
      client.stream.filled(undefined);
      expect(client.got()).toEqual(['gap:epoch 60>3', 4, 6, 'gap:out-of-order 4>5', 5]);
    });

    it('does not move back for a snapshot that is older than the cursor', () => {
      const client = filling();
      client.stream.filled({ seq: 45 });
      expect(client.stream.cursor().seq).toBe(50);
      client.accept(51);
      expect(client.got()).toEqual([51]);
    });

    it('tells what was too much to wait, and goes on with the rest', () => {
      const client = filling({ maxWaiting: 2 });
      client.accept(51, 52, 53, 54);
      expect(client.got()).toEqual([]);
      client.stream.filled(undefined);
      expect(client.got()).toEqual(['gap:overflow 50>52']);
      client.stream.filled(undefined);
      expect(client.got()).toEqual([53, 54]);
    });

    it('tells nothing of what overflowed if the snapshot has it', () => {
      const client = filling({ maxWaiting: 2 });
      client.accept(51, 52, 53, 54);
      client.stream.filled({ seq: 52 });
      expect(client.got()).toEqual([53, 54]);
    });

    it('asks once at a time: a second gap waits behind the first', () => {
      const client = filling({ contiguous: true });
      client.accept(52, 53);
      expect(client.got()).toEqual([]);
      client.stream.filled(undefined);
      expect(client.got()).toEqual(['gap:missed 50>51']);
      client.stream.filled({ seq: 51 });
      expect(client.got()).toEqual([52, 53]);
    });

    it('goes on counting holes from the snapshot, or from what had come meanwhile', () => {
      const ahead = filling({ contiguous: true });
      ahead.stream.filled({ seq: 60 });
      ahead.accept(62);
      expect(ahead.got()).toEqual(['gap:missed 60>61']);
      const behind = filling({ contiguous: true });
      behind.accept(51, 52, 53);
      behind.stream.filled({ seq: 52 });
      behind.accept(54);
      expect(behind.got()).toEqual([53, 54]);
    });

    it('forgets with the connection a second gap, which is found again', () => {
      const client = filling({ contiguous: true });
      client.accept(52);
      client.stream.close();
      client.open();
      client.move({ epoch: 'e', seq: 50 });
      client.stream.filled(undefined);
      client.accept(51, 52);
      expect(client.got()).toEqual([51, 52]);
    });

    it('does not ask the app for a message that came late', () => {
      const client = driven({ seq: 42, epoch: 'e' }, { asksForGaps: true });
      client.open();
      client.move({ epoch: 'e', seq: 42 });
      client.accept(45, 44, 46);
      expect(client.got()).toEqual([45, 'gap:out-of-order 43>44', 44, 46]);
    });

    it('keeps, past a drop, what has no number and would not come again', () => {
      const client = filling();
      client.accept(51, undefined);
      client.stream.close();
      client.open();
      client.move({ epoch: 'e', seq: 50 });
      client.accept(51);
      client.stream.filled(undefined);
      expect(client.got()).toEqual(['x', 51]);
    });

    it('forgets with the connection what overflowed, for it comes again', () => {
      const client = filling({ maxWaiting: 1 });
      client.accept(51, 52);
      client.stream.close();
      client.open();
      client.move({ epoch: 'e', seq: 50 });
      client.stream.filled(undefined);
      client.accept(51, 52);
      expect(client.got()).toEqual([51, 52]);
    });

    it('takes the snapshot of another user for a place to go on from', () => {
      const client = driven({ seq: 42, epoch: 'e' }, { asksForGaps: true });
      client.open();
      client.move({ epoch: 'e', seq: 42 });
      client.stream.forget();
      expect(client.got()).toEqual(['gap:subject 42>undefined']);
      client.accept(7, 8, 9);
      client.stream.filled({ seq: 8 });
      expect(client.stream.cursor().seq).toBe(8);
      expect(client.got()).toEqual([9]);
    });

    it('goes on counting from the snapshot of another user, whose numbers nobody has seen', () => {
      const client = driven({ seq: 42, epoch: 'e' }, { asksForGaps: true, contiguous: true });
      client.open();
      client.move({ epoch: 'e', seq: 42 });
      client.stream.forget();
      client.got();
      client.stream.filled({ seq: 8 });
      client.accept(10);
      expect(client.got()).toEqual(['gap:missed 8>9']);
    });

    it('does not move past another incarnation that the app has not been told of', () => {
      const client = filling();
      client.move({ epoch: 'f' });
      client.move({ epoch: 'f', seq: 7 });
      expect(client.got()).toEqual([]);
      expect(client.stream.cursor()).toEqual({ seq: 50, epoch: 'e' });
      client.stream.filled(undefined);
      expect(client.got()).toEqual(['gap:epoch 50>undefined']);
    });

    it('takes an answer that nobody waits for as a place to go on from', () => {
      const client = driven({ seq: 42, epoch: 'e' });
      client.open();
      client.move({ epoch: 'e', seq: 42 });
      client.stream.filled(undefined);
      client.accept(43);
      expect(client.got()).toEqual([43]);
    });
  });

  // --- against a server that keeps a log ---

  type Act =
    | { readonly act: 'publish'; readonly skip: number }
    | { readonly act: 'read'; readonly count: number }
    | { readonly act: 'drop' | 'restart' | 'trim' | 'stall' };
  const acts: fc.Arbitrary<Act[]> = fc.array(
    fc.oneof(
      { weight: 8, arbitrary: fc.record({ act: fc.constant('publish' as const), skip: fc.nat(2) }) },
      { weight: 8, arbitrary: fc.record({ act: fc.constant('read' as const), count: fc.integer({ min: 1, max: 5 }) }) },
      { weight: 4, arbitrary: fc.record({ act: fc.constant('drop' as const) }) },
      {
        weight: 1,
        arbitrary: fc.record({ act: fc.constantFrom('restart' as const, 'trim' as const, 'stall' as const) }),
      },
    ),
    { maxLength: 80, size: 'max' },
  );

  // Kills: `skip` or `leap` without its gap, `floor` kept over a new epoch, holes told where nobody promised that there are
  // none, the head left where it was after a gap (which is then told again).
  test.prop([acts, fc.boolean()], { numRuns: 300 })(
    'gives each message once and in order over any number of drops, or says that it is missing',
    (script, viaMessage) => {
      const turn = fakeTurn();
      const stream = createStream(turn, undefined, usual);
      let epoch = 1;
      let log: { epoch: number; seq: number }[] = [];
      let head = 0;
      let trimmedTo = 0;
      /** Where the client came in: of what is older it need not learn. */
      let since: { epoch: number; seq: number } | undefined;
      let wire: (() => void)[] = [];
      const published: { epoch: number; seq: number }[] = [];
      const delivered: { epoch: number; seq: number }[] = [];
      const gaps: { gap: Gap; from: number; to: number }[] = [];
      /** While the app is busy the listeners have not returned, and the cursor stands still. */
      let stalled = false;
      let epochHere = 1;

      const run = (): void => {
        if (stalled) return;
        for (const step of turn.take()) {
          if (step.do !== 'gap' && step.do !== 'deliver') continue;
          if (step.do === 'gap') gaps.push({ gap: step.gap, from: epochHere, to: Number(step.gap.epoch) });
          else delivered.push(step.message as unknown as { epoch: number; seq: number });
          epochHere = Number(step.to.epoch);
          stream.passed(step.to);
        }
      };
      const send = (message: { epoch: number; seq: number }): void => {
        wire.push(() => stream.accept({ type: 'm', ...message } as never, message.seq));
      };
      const connect = (): void => {
        stream.open(viaMessage);
        const { seq, epoch: known } = stream.cursor();
        const from = seq === undefined ? head : Math.max(known === `${epoch}` && seq <= head ? seq : 0, trimmedTo);
        const place = { epoch, seq: from };
        wire.push(() => {
          since ??= place;
          stream.moveTo({ epoch: `${place.epoch}`, seq: from });
        });
        for (const message of log) if (message.seq > from) send(message);
      };
      const drop = (): void => {
        wire = [];
        // The shell hands out what it has before it turns to the next connection.
        stalled = false;
        run();
        stream.close();
        connect();
      };

      connect();
      for (const step of script) {
        if (step.act === 'publish') {
          head += 1 + step.skip;
          const message = { epoch, seq: head };
          log.push(message);
          published.push(message);
          send(message);
        } else if (step.act === 'read') {
          for (const arrive of wire.splice(0, step.count)) arrive();
          run();
        } else if (step.act === 'stall') {
          stalled = true;
        } else {
          if (step.act === 'restart') {
            epoch++;
            log = [];
            head = trimmedTo = 0;
          } else if (step.act === 'trim') {
            trimmedTo = log.at(-3)?.seq ?? trimmedTo;
            log = log.slice(-2);
          }
          drop();
        }
      }
      for (const arrive of wire.splice(0)) arrive();
      stalled = false;
      run();

      const place = ({ epoch, seq }: { epoch: number; seq: number }): number => epoch * 1e6 + seq;
      // Once, in order.
      expect(delivered).toEqual([...delivered].sort((a, b) => place(a) - place(b)));
      expect(new Set(delivered.map(place)).size).toBe(delivered.length);
      // All of it, or a gap that covers it.
      const began = since && place(since);
      for (const message of published) {
        if (began === undefined || place(message) <= began) continue;
        if (delivered.some((other) => place(other) === place(message))) continue;
        const covered = gaps.some(
          ({ gap, from, to }) =>
            place(message) > from * 1e6 + (gap.from ?? 0) && place(message) <= to * 1e6 + (gap.to ?? 0),
        );
        expect({ ...message, covered }).toEqual({ ...message, covered: true });
      }
      // Nothing is told to be missing twice.
      const missed = gaps.filter(({ gap }) => gap.reason === 'missed');
      const ranges = missed.map(({ gap, to }) => [to * 1e6 + (gap.from ?? 0), to * 1e6 + (gap.to ?? 0)] as const);
      for (const [i, [from, to]] of ranges.entries()) {
        expect(to).toBeGreaterThan(from);
        expect(from).toBeGreaterThanOrEqual(ranges[i - 1]?.[1] ?? 0);
      }
      // No false alarm: without a restart or a trim nothing is missing.
      if (!script.some(({ act }) => act === 'restart' || act === 'trim')) expect(gaps).toEqual([]);
      expect(gaps.some(({ gap }) => gap.reason === 'out-of-order' || gap.reason === 'renumbered')).toBe(false);
    },
  );

  // Kills: `contiguous` that is not checked, that counts a repetition as a hole, or that is checked on both sides.
  test.prop([fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 40, size: 'max' })])(
    'accounts for each number up to the head exactly once where none may be missing',
    (seqs) => {
      const client = driven({ seq: 0, epoch: 'e' }, { contiguous: true });
      client.open();
      client.move({ epoch: 'e', seq: 0 });
      client.accept(...seqs);
      const delivered: number[] = [];
      const missing = new Set<number>();
      for (const step of client.got()) {
        if (typeof step === 'number') {
          delivered.push(step);
          missing.delete(step);
          continue;
        }
        const [, reason, from, to] = /^gap:(\S+) (\d+)>(\d+)$/.exec(step) ?? [];
        expect(Number(to)).toBeGreaterThan(Number(from));
        if (reason === 'missed') for (let seq = Number(from) + 1; seq <= Number(to); seq++) missing.add(seq);
      }
      const head = Math.max(0, ...seqs);
      const all = Array.from({ length: head }, (_, i) => i + 1);
      expect([...delivered, ...missing].sort((a, b) => a - b)).toEqual(all);
      expect([...delivered].sort((a, b) => a - b)).toEqual([...new Set(seqs)].sort((a, b) => a - b));
    },
  );
});

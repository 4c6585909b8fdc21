import { describe, expect, it } from 'vitest';
import { createInbound, type Inbound, type InboundOptions } from '../../../src/core/inbound.js';
import type { Command, Passage } from '../../../src/core/io.js';
import { defaults } from '../../../src/options.js';
import type { OutboundFrame } from '../../../src/protocol/frames.js';
import { type FakeTurn, fakeTurn, only, passages } from '../../support/turn.js';

interface Made {
  readonly turn: FakeTurn;
  readonly inbound: Inbound;
  /** Frames written since the last call. */
  wrote(): OutboundFrame[];
  /** Commands since the last call; cursors move as the shell sees to it. */
  took(): Command[];
  message(seq?: number, channel?: string): void;
}
const made = (options: Partial<InboundOptions> = {}): Made => {
  const turn = fakeTurn();
  const frames: OutboundFrame[] = [];
  const inbound = createInbound(
    turn,
    { resume: defaults.resume, asksForGaps: false, clientId: 'c', queue: { maxMessages: 100 }, ...options },
    (frame) => frames.push(frame),
  );
  return {
    turn,
    inbound,
    wrote: () => frames.splice(0),
    took() {
      const commands = turn.take();
      for (const step of commands) {
        if (step.do === 'gap' || (step.do === 'deliver' && step.numbered)) inbound.passed(step as Passage);
      }
      return commands;
    },
    message(seq, channel) {
      inbound.message({
        kind: 'message',
        message: { type: 'm', n: seq ?? 'x' } as never,
        ...(seq !== undefined && { seq }),
        ...(channel !== undefined && { channel }),
      });
    },
  };
};
/** Two channels wait for their answers: `a` since 1 s, `b` since 2 s. */
const waitingForTwo = (one: Made): Made => {
  const { inbound, turn } = one;
  inbound.dialled(1);
  inbound.open(1);
  turn.now = 1_000;
  inbound.subscribe('a');
  turn.now = 2_000;
  inbound.subscribe('b');
  return one;
};
const from = { seq: 42, epoch: 'e' };
const ref = (frame: OutboundFrame | undefined): number => (frame as { ref: number }).ref;
const channelStates = (commands: readonly Command[]): unknown[] =>
  only(commands, 'channel').map(({ channel, state }) => [channel, state.status]);

describe('createInbound', () => {
  describe('by url', () => {
    it('says where it is and who it is', () => {
      const { inbound } = made({ resume: { ...defaults.resume, from, param: 'since' } });
      expect(inbound.resumes()).toBe(true);
      expect(inbound.dialled(3)).toEqual({ since: 42, epoch: 'e', client: 'c', conn: 3 });
    });

    it('takes no subscribed without a channel, for it asked for none', () => {
      const { inbound, turn, took } = made({ resume: { ...defaults.resume, from } });
      inbound.dialled(1);
      expect(inbound.subscribed({ ref: 0, epoch: 'e', seq: 500 })).toBe(false);
      expect(passages(took())).toEqual([]);
      expect(inbound.continuation().cursors).toEqual([from]);
      expect(turn.take()).toEqual([]);
    });

    it('says who it is where it is nowhere yet', () => {
      const { inbound } = made();
      expect(inbound.resumes()).toBe(false);
      expect(inbound.dialled(1)).toEqual({ lastSeq: undefined, epoch: undefined, client: 'c', conn: 1 });
    });

    it('does not say who it is where that is not wanted, nor an epoch that it does not know', () => {
      const { inbound } = made({ resume: { ...defaults.resume, from: { seq: 0 }, identity: false } });
      expect(inbound.dialled(1)).toEqual({ lastSeq: 0, epoch: undefined });
    });

    it('names no epoch without a number of it', () => {
      const { inbound, took } = made();
      inbound.dialled(1);
      inbound.welcome({ epoch: 'e' });
      took();
      inbound.linkLost();
      expect(inbound.dialled(2)).toEqual({ lastSeq: undefined, epoch: undefined, client: 'c', conn: 2 });
    });

    it('writes nothing for the default stream at open', () => {
      const { inbound, wrote } = made({ resume: { ...defaults.resume, from } });
      inbound.dialled(1);
      inbound.open(1);
      expect(wrote()).toEqual([]);
    });

    it('takes the welcome for the place of the default stream', () => {
      const { inbound, took, message } = made({ resume: { ...defaults.resume, from } });
      inbound.dialled(1);
      inbound.open(1);
      inbound.welcome({ epoch: 'e', seq: 50 });
      message(51);
      expect(passages(took())).toEqual(['gap:missed 42>50', 51]);
      expect(inbound.dialled(2)).toMatchObject({ lastSeq: 51, epoch: 'e' });
    });
  });

  describe('by message', () => {
    const viaMessage = { ...defaults.resume, via: 'message' as const, from };

    it('says it all in the first frame, and holds frames until the answer', () => {
      const { inbound, wrote, took, message } = made({ resume: viaMessage });
      expect(inbound.dialled(3)).toEqual({});
      inbound.open(3);
      const [frame] = wrote();
      expect(frame).toEqual({
        kind: 'subscribe',
        ref: expect.any(Number),
        lastSeq: 42,
        epoch: 'e',
        client: 'c',
        conn: 3,
      });
      expect(inbound.waitsSince()).toBeLessThan(Infinity);
      message(43);
      inbound.welcome({ epoch: 'other', seq: 7 });
      expect(took()).toEqual([]);
      inbound.subscribed({ epoch: 'e', seq: 42 });
      expect(passages(took())).toEqual([43]);
    });

    it('says who it is without a place, and a place without who it is', () => {
      const one = made({ resume: { ...viaMessage, from: undefined } });
      one.inbound.dialled(1);
      one.inbound.open(1);
      expect(one.wrote()).toEqual([{ kind: 'subscribe', ref: expect.any(Number), client: 'c', conn: 1 }]);
      const other = made({ resume: { ...viaMessage, from: { seq: 3 }, identity: false } });
      other.inbound.dialled(1);
      other.inbound.open(1);
      expect(other.wrote()).toEqual([{ kind: 'subscribe', ref: expect.any(Number), lastSeq: 3 }]);
    });
  });

  describe('turned off', () => {
    it('neither asks nor reads numbers', () => {
      const { inbound, wrote, took, message } = made({ resume: false });
      expect(inbound.dialled(1)).toEqual({});
      inbound.open(1);
      inbound.welcome({ epoch: 'e', seq: 50 });
      inbound.reset({ seq: 3, reason: 'x' });
      message(5);
      message(5);
      expect(wrote()).toEqual([]);
      expect(passages(took())).toEqual([5, 5]);
      expect(inbound.resumes()).toBe(false);
    });

    it('delivers what waited for the answer of a channel, without a place', () => {
      const { inbound, wrote, took, message } = made({ resume: false });
      inbound.dialled(1);
      inbound.open(1);
      inbound.subscribe('a');
      message(7, 'a');
      expect(passages(took())).toEqual([]);
      const [frame] = wrote();
      inbound.subscribed({ channel: 'a', ref: (frame as { ref: number }).ref, epoch: 'e', seq: 3 });
      message(7, 'a');
      expect(passages(took())).toEqual([7, 7]);
    });
  });

  describe('channels', () => {
    const open = (options: Partial<InboundOptions> = {}): Made => {
      const all = made(options);
      all.inbound.dialled(1);
      all.inbound.open(1);
      return all;
    };
    it('are subscribed all in one go at open', () => {
      const { inbound, wrote } = made();
      inbound.subscribe('a');
      inbound.subscribe('b');
      expect(wrote()).toEqual([]);
      inbound.dialled(1);
      inbound.open(1);
      expect(wrote()).toMatchObject([
        { kind: 'subscribe', channel: 'a' },
        { kind: 'subscribe', channel: 'b' },
      ]);
    });

    it('are subscribed at once on a live link, each with a place of its own after a drop', () => {
      const { inbound, wrote, took, message } = open();
      inbound.subscribe('a');
      const [frame] = wrote();
      expect(frame).toEqual({ kind: 'subscribe', channel: 'a', ref: ref(frame) });
      inbound.subscribed({ channel: 'a', ref: ref(frame), epoch: 'x', seq: 4 });
      message(5, 'a');
      message(9);
      expect(channelStates(took())).toEqual([
        ['a', 'subscribing'],
        ['a', 'subscribed'],
      ]);
      inbound.linkLost();
      expect(channelStates(took())).toEqual([['a', 'subscribing']]);
      expect(inbound.dialled(2)).toMatchObject({ lastSeq: 9 });
      inbound.open(2);
      expect(wrote()).toEqual([{ kind: 'subscribe', channel: 'a', ref: expect.any(Number), lastSeq: 5, epoch: 'x' }]);
    });

    it('hold their frames until they are answered, by an answer to this very question', () => {
      const { inbound, wrote, took, message } = open();
      inbound.subscribe('a');
      const [frame] = wrote();
      message(5, 'a');
      inbound.subscribed({ channel: 'a', ref: ref(frame) + 1, epoch: 'x', seq: 4 });
      expect(channelStates(took())).toEqual([['a', 'subscribing']]);
      inbound.subscribed({ channel: 'a', ref: ref(frame), epoch: 'x', seq: 4 });
      expect(passages(took())).toEqual([5]);
    });

    it('take frames of names that nobody subscribed for messages of the default stream', () => {
      const { took, message } = open();
      message(1, 'mine');
      const [step] = took();
      expect(step).toMatchObject({ do: 'deliver', channel: undefined });
    });

    it('drop frames that come after they were left, until the next connection', () => {
      const { inbound, wrote, took, message } = open();
      inbound.subscribe('a');
      wrote();
      inbound.unsubscribe('a');
      expect(wrote()).toEqual([{ kind: 'unsubscribe', channel: 'a' }]);
      message(5, 'a');
      expect(passages(took())).toEqual([]);
      inbound.linkLost();
      inbound.dialled(2);
      inbound.open(2);
      expect(wrote()).toEqual([]);
      message(5, 'a');
      expect(passages(took())).toEqual([5]);
    });

    it('write nothing to a link that is lost, and tell nothing of what was not taken', () => {
      const { inbound, wrote, took } = open();
      inbound.subscribe('asked');
      inbound.subscribe('refused');
      inbound.unsubscribed({ kind: 'unsubscribed', channel: 'refused', ref: ref(wrote()[1]) });
      took();
      inbound.linkLost();
      expect(took()).toEqual([]);
      inbound.subscribe('new');
      inbound.unsubscribe('asked');
      expect(wrote()).toEqual([]);
      inbound.dialled(2);
      inbound.open(2);
      expect(wrote()).toMatchObject([{ kind: 'subscribe', channel: 'new' }]);
    });

    it('are left in silence while the link is down', () => {
      const { inbound, wrote } = made();
      inbound.subscribe('a');
      inbound.unsubscribe('a');
      inbound.dialled(1);
      inbound.open(1);
      expect(wrote()).toEqual([]);
    });

    it('take up the same name again from nothing', () => {
      const { inbound, wrote, took, message } = open();
      inbound.subscribe('a');
      inbound.subscribed({ channel: 'a', ref: ref(wrote()[0]), epoch: 'x', seq: 4 });
      message(5, 'a');
      took();
      inbound.unsubscribe('a');
      wrote();
      inbound.subscribe('a');
      expect(wrote()).toEqual([{ kind: 'subscribe', channel: 'a', ref: expect.any(Number) }]);
    });

    it('tell a refusal, and drop what still comes', () => {
      const { inbound, wrote, took, message } = open();
      inbound.subscribe('a');
      const [frame] = wrote();
      inbound.unsubscribed({ kind: 'unsubscribed', channel: 'a', ref: ref(frame), code: 'forbidden', message: 'no' });
      expect(only(took(), 'channel').slice(1)).toMatchObject([
        { channel: 'a', state: { status: 'refused', code: 'forbidden', message: 'no' } },
      ]);
      expect(inbound.resubscribeAt()).toBe(Infinity);
      message(5, 'a');
      expect(took()).toEqual([]);
      inbound.linkLost();
      inbound.dialled(2);
      inbound.open(2);
      expect(wrote()).toEqual([]);
    });

    it('deliver nothing that waited for an answer which is a refusal', () => {
      const { inbound, wrote, took, message } = open();
      inbound.subscribe('a');
      const [frame] = wrote();
      message(5, 'a');
      inbound.unsubscribed({ kind: 'unsubscribed', channel: 'a', ref: ref(frame) });
      expect(inbound.waitsSince()).toBe(Infinity);
      inbound.judge(Infinity);
      expect(passages(took())).toEqual([]);
    });

    it('are no more, with what waited for them, once they were left', () => {
      const { inbound, wrote, took, message } = open();
      inbound.subscribe('a');
      inbound.subscribed({ channel: 'a', ref: ref(wrote()[0]), epoch: 'x', seq: 4 });
      message(5, 'a');
      took();
      inbound.subscribe('b');
      for (const name of ['a', 'b']) inbound.unsubscribe(name);
      expect(inbound.waitsSince()).toBe(Infinity);
      expect(inbound.resumes()).toBe(false);
      expect(inbound.continuation().cursors).toEqual([]);
    });

    it('count no refusal of something that was not asked', () => {
      const { inbound, turn, wrote } = open();
      inbound.subscribe('a');
      const frame = { kind: 'unsubscribed', channel: 'a', retry: true } as const;
      for (const late of [1, 2, 3]) inbound.unsubscribed({ ...frame, ref: -late });
      inbound.unsubscribed({ ...frame, ref: ref(wrote()[0]) });
      expect(inbound.resubscribeAt()).toBe(turn.now + 1_000);
    });

    it('go on where another instance stood, once', () => {
      const { inbound, wrote } = open();
      inbound.adopt({ client: 'c', conn: 1, cursors: [{ channel: 'a', seq: 7, epoch: 'x' }] });
      expect(inbound.continuation().cursors).toEqual([{ channel: 'a', seq: 7, epoch: 'x' }]);
      inbound.subscribe('a');
      expect(wrote()).toMatchObject([{ channel: 'a', lastSeq: 7, epoch: 'x' }]);
      expect(inbound.continuation().cursors).toEqual([{ channel: 'a', seq: 7, epoch: 'x' }]);
      inbound.unsubscribe('a');
      expect(inbound.continuation().cursors).toEqual([]);
      wrote();
      inbound.subscribe('a');
      expect(wrote()).toEqual([{ kind: 'subscribe', channel: 'a', ref: expect.any(Number) }]);
    });

    it('ignore a refusal of something that was not asked', () => {
      const { inbound, took } = open();
      inbound.unsubscribed({ kind: 'unsubscribed', channel: 'a' });
      inbound.unsubscribed({ kind: 'unsubscribed' });
      expect(took()).toEqual([]);
    });

    it('ask again after the time that the server named', () => {
      const { turn, inbound, wrote } = open();
      inbound.subscribe('a');
      inbound.unsubscribed({ kind: 'unsubscribed', channel: 'a', ref: ref(wrote()[0]), retry: 250 });
      expect(inbound.resubscribeAt()).toBe(turn.now + 250);
      inbound.resubscribe();
      expect(wrote()).toEqual([]);
      turn.now += 250;
      inbound.resubscribe();
      expect(wrote()).toMatchObject([{ kind: 'subscribe', channel: 'a' }]);
      expect(inbound.resubscribeAt()).toBe(Infinity);
    });

    it('ask ever later where the server names no time, until it takes them', () => {
      const { turn, inbound, wrote } = open();
      inbound.subscribe('a');
      const refuse = (): number => {
        inbound.unsubscribed({ kind: 'unsubscribed', channel: 'a', ref: ref(wrote()[0]), retry: true });
        const pause = inbound.resubscribeAt() - turn.now;
        turn.now += pause;
        inbound.resubscribe();
        return pause;
      };
      expect([refuse(), refuse(), refuse(), refuse(), refuse(), refuse()]).toEqual([
        1_000, 2_000, 4_000, 8_000, 15_000, 15_000,
      ]);
      inbound.subscribed({ channel: 'a', ref: ref(wrote()[0]), epoch: 'x', seq: 4 });
      inbound.linkLost();
      inbound.dialled(2);
      inbound.open(2);
      expect(refuse()).toBe(1_000);
    });

    it('do not answer for one that was already taken', () => {
      const { inbound, took } = open();
      inbound.subscribed({ channel: 'nobody', ref: 1, epoch: 'x', seq: 4 });
      expect(took()).toEqual([]);
    });

    it('say with each state whether it is the last', () => {
      const { inbound, wrote, took } = open();
      inbound.subscribe('a');
      inbound.subscribed({ channel: 'a', ref: ref(wrote()[0]) });
      inbound.unsubscribed({ kind: 'unsubscribed', channel: 'a', retry: true });
      inbound.subscribe('b');
      inbound.unsubscribed({ kind: 'unsubscribed', channel: 'b', ref: ref(wrote()[0]) });
      expect(only(took(), 'channel').map(({ channel, state, over }) => [channel, state.status, over])).toEqual([
        ['a', 'subscribing', false],
        ['a', 'subscribed', false],
        ['a', 'refused', false],
        ['b', 'subscribing', false],
        ['b', 'refused', true],
      ]);
    });
  });

  it('lets a pong judge all streams, and tells whether one waits or doubts', () => {
    const { inbound, wrote, took, message } = made({ resume: { ...defaults.resume, from: { seq: 42 } } });
    inbound.dialled(1);
    expect(inbound.open(1)).toBe(true);
    inbound.subscribe('a');
    wrote();
    message(5);
    message(6, 'a');
    inbound.judge();
    expect(passages(took())).toEqual(['gap:renumbered 42>4', 5]);
    expect(inbound.waitsSince()).toBeLessThan(Infinity);
    inbound.judge(Infinity);
    expect(passages(took())).toEqual([6]);
    expect(inbound.waitsSince()).toBe(Infinity);
  });

  it('has no doubts at open where an epoch tells, or nothing was heard yet', () => {
    for (const from of [{ seq: 42, epoch: 'e' }, undefined]) {
      const { inbound } = made({ resume: { ...defaults.resume, from } });
      inbound.dialled(1);
      expect(inbound.open(1)).toBe(false);
    }
  });

  it('has no doubts because of an answer to no question of this connection', () => {
    const { inbound, wrote } = made();
    inbound.dialled(1);
    inbound.open(1);
    inbound.subscribe('a');
    const asked = ref(wrote()[0]);
    expect(inbound.subscribed({ channel: 'a', ref: asked + 1, seq: 5 })).toBe(false);
    expect(inbound.subscribed({ channel: 'b', ref: asked, seq: 5 })).toBe(false);
  });

  it('resumes as soon as one of its streams does', () => {
    const { inbound } = made({ resume: { ...defaults.resume, from } });
    inbound.subscribe('a');
    expect(inbound.resumes()).toBe(true);
  });

  it('judges late only who has waited long enough, each from its own beginning', () => {
    const { inbound, turn, wrote, took, message } = waitingForTwo(made());
    message(5, 'a');
    message(6, 'b');
    expect(inbound.waitsSince()).toBe(1_000);
    inbound.judge(999);
    expect(passages(took())).toEqual([]);
    inbound.judge(1_000);
    expect(passages(took())).toEqual([5]);
    expect(inbound.waitsSince()).toBe(2_000);
    // A new question is a new wait, and so is the doubt that an answer leaves.
    turn.now = 3_000;
    inbound.linkLost();
    inbound.dialled(2);
    inbound.open(2);
    took();
    expect(inbound.waitsSince()).toBe(3_000);
    const [first] = wrote().slice(-2);
    turn.now = 4_000;
    expect(inbound.subscribed({ channel: 'a', ref: ref(first), seq: 5 })).toBe(true);
    message(5, 'a');
    inbound.judge(3_000);
    expect(passages(took())).toEqual([]);
    expect(inbound.waitsSince()).toBe(4_000);
  });

  it('does not let one that waits anew hide another that has waited longer', () => {
    const one = made();
    one.inbound.adopt({ client: 'c', cursors: [{ channel: 'a', seq: 5 }], conn: 0 });
    const { inbound, turn, wrote } = waitingForTwo(one);
    turn.now = 3_000;
    expect(inbound.subscribed({ channel: 'a', ref: ref(wrote()[0]), seq: 5 })).toBe(true);
    expect(inbound.waitsSince()).toBe(2_000);
  });

  it('hands a reset to its stream, with its word or our own', () => {
    const { inbound, took } = made({ resume: { ...defaults.resume, from } });
    inbound.dialled(1);
    inbound.open(1);
    inbound.welcome({ epoch: 'e', seq: 42 });
    inbound.reset({ epoch: 'e', seq: 50 });
    inbound.reset({ epoch: 'e', seq: 60, reason: 'trimmed' });
    inbound.reset({ channel: 'nobody', epoch: 'e', seq: 70 });
    expect(passages(took())).toEqual(['gap:reset 42>50', 'gap:trimmed 50>60']);
  });

  it('hands the snapshot of the app to its stream', () => {
    const { inbound, took, message } = made({ resume: { ...defaults.resume, from }, asksForGaps: true });
    inbound.dialled(1);
    inbound.open(1);
    inbound.welcome({ epoch: 'e', seq: 50 });
    message(51);
    expect(passages(took())).toEqual(['gap:missed 42>50']);
    inbound.filled({ channel: 'nobody', cursor: { seq: 99 } });
    inbound.filled({ channel: undefined, cursor: { seq: 50 } });
    expect(passages(took())).toEqual([51]);
  });

  it('forgets every stream with the user', () => {
    const { inbound, wrote, took, message } = made({ resume: { ...defaults.resume, from } });
    inbound.dialled(1);
    inbound.open(1);
    inbound.welcome({ epoch: 'e', seq: 42 });
    inbound.subscribe('a');
    inbound.subscribed({ channel: 'a', ref: (wrote()[0] as { ref: number }).ref, epoch: 'x', seq: 4 });
    message(5, 'a');
    took();
    inbound.forget();
    expect(only(took(), 'gap').map(({ gap }) => [gap.channel, gap.from, gap.reason])).toEqual([
      [undefined, 42, 'subject'],
      ['a', 5, 'subject'],
    ]);
  });

  it('promises for all streams what the options promise', () => {
    const { inbound, took, message } = made({ resume: { ...defaults.resume, from, contiguous: true } });
    inbound.dialled(1);
    inbound.open(1);
    inbound.welcome({ epoch: 'e', seq: 42 });
    message(44);
    expect(passages(took())).toEqual(['gap:missed 42>43', 44]);
  });

  it('ignores steps of streams that are no more', () => {
    const { inbound } = made();
    inbound.passed({
      do: 'deliver',
      channel: 'gone',
      message: { type: 'm' },
      numbered: true,
      to: { seq: 1, epoch: undefined },
    });
    expect(inbound.continuation().cursors).toEqual([]);
  });
});

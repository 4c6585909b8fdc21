import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { createPace, type Pace } from '../../../src/core/pace.js';
import { type FakeTurn, fakeTurn } from '../../support/turn.js';

const paced = (wanted: number): { turn: FakeTurn; pace: Pace } => {
  const turn = fakeTurn(0);
  return { turn, pace: createPace(turn, wanted) };
};
/** How many go out in so many ms, if always another one waits. */
const count = (turn: FakeTurn, pace: Pace, ms: number): number => {
  const end = turn.now + ms;
  let taken = 0;
  for (;;) {
    const wait = pace.wait();
    if (turn.now + wait > end) break;
    turn.now += wait;
    if (wait) continue;
    pace.took();
    taken++;
    if (taken > 100_000) throw new Error('no end of it');
  }
  turn.now = end;
  return taken;
};

describe('createPace', () => {
  it('knows no wait without a limit', () => {
    const { pace } = paced(Infinity);
    for (let i = 0; i < 1_000; i++) {
      expect(pace.wait()).toBe(0);
      pace.took();
    }
  });

  it.each([
    [4, 250],
    [0.5, 2_000],
  ])('lets the first of %d per second go at once and spaces the others by %i ms', (rate, space) => {
    const { turn, pace } = paced(rate);
    expect(pace.wait()).toBe(0);
    pace.took();
    expect(pace.wait()).toBe(space);
    turn.now += space / 2;
    expect(pace.wait()).toBe(space / 2);
    turn.now += space / 2;
    expect(pace.wait()).toBe(0);
  });

  it('lets no burst follow a rest, but catches a tenth of a second up', () => {
    const slow = paced(4);
    slow.pace.took();
    slow.turn.now += 3_600_000;
    expect(slow.pace.wait()).toBe(0);
    slow.pace.took();
    expect(slow.pace.wait()).toBe(250);
    const fast = paced(1_000);
    fast.turn.now += 3_600_000;
    for (let i = 0; i < 100; i++) {
      expect(fast.pace.wait()).toBe(0);
      fast.pace.took();
    }
    expect(fast.pace.wait()).toBe(1);
  });

  it('keeps to the lower of the two rates', () => {
    const { turn, pace } = paced(100);
    pace.serve(10);
    expect(count(turn, pace, 10_000)).toBe(101);
    pace.serve(1_000);
    expect(count(turn, pace, 10_000)).toBeCloseTo(1_000, -2);
    const free = paced(Infinity);
    free.pace.serve(10);
    expect(count(free.turn, free.pace, 10_000)).toBe(101);
  });

  it('goes at half of what it went when told to slow down, and of 100 per second where there was no limit', () => {
    const { turn, pace } = paced(Infinity);
    pace.halve();
    expect(count(turn, pace, 10_000)).toBeLessThanOrEqual(505);
    expect(count(turn, pace, 10_000)).toBeGreaterThanOrEqual(500);
    pace.halve();
    expect(count(turn, pace, 10_000)).toBeLessThanOrEqual(255);
    const own = paced(10);
    own.pace.halve();
    expect(count(own.turn, own.pace, 10_000)).toBe(51);
  });

  it('keeps the slower pace while the server names the same rate, and ends it with another', () => {
    const { turn, pace } = paced(Infinity);
    pace.serve(10);
    pace.halve();
    pace.serve(10);
    expect(count(turn, pace, 10_000)).toBe(51);
    pace.serve(20);
    expect(count(turn, pace, 10_000)).toBeGreaterThanOrEqual(200);
    pace.serve(Infinity);
    expect(pace.wait()).toBe(0);
  });

  it('keeps the slower pace where the server names none at all', () => {
    const { turn, pace } = paced(Infinity);
    pace.halve();
    pace.serve(Infinity);
    expect(count(turn, pace, 10_000)).toBeLessThanOrEqual(505);
  });

  it('makes up for nothing that went while there was no limit', () => {
    const { turn, pace } = paced(Infinity);
    pace.serve(10);
    expect(count(turn, pace, 1_000)).toBe(11);
    pace.serve(Infinity);
    for (let i = 0; i < 1_000; i++) {
      expect(pace.wait()).toBe(0);
      pace.took();
    }
    pace.serve(10);
    expect(pace.wait()).toBeLessThanOrEqual(100);
    expect(count(turn, pace, 10_000)).toBeGreaterThanOrEqual(100);
  });

  // Kills: a credit without a cap, a cap of the whole rate, `floor` for `ceil`, a `took` that takes nothing.
  test.prop([fc.integer({ min: 1, max: 2_000 }), fc.array(fc.integer({ min: 1, max: 5_000 }), { maxLength: 20 })])(
    'never goes faster than the rate, whatever the rests between',
    (rate, rests) => {
      const { turn, pace } = paced(rate);
      const burst = Math.max(1, rate / 10);
      for (const rest of rests) {
        turn.now += rest;
        const taken = count(turn, pace, 1_000);
        expect(taken).toBeLessThanOrEqual(burst + rate + 1);
        expect(taken).toBeGreaterThanOrEqual(Math.min(1, rate / 2));
      }
    },
  );
});

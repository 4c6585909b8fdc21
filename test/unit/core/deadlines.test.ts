import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { createDeadlines, type DeadlineName } from '../../../src/core/deadlines.js';

const names = ['connect', 'retry', 'stable', 'heartbeat', 'streams', 'flush'] as const satisfies DeadlineName[];

describe('createDeadlines', () => {
  it('has none at first', () => {
    const deadlines = createDeadlines();
    expect(deadlines.next()).toBe(Infinity);
    expect(deadlines.get('retry')).toBe(Infinity);
    expect(deadlines.take(1e15)).toBeUndefined();
  });

  it('names the soonest, and moves one by setting it again', () => {
    const deadlines = createDeadlines();
    deadlines.set('retry', 300);
    deadlines.set('stable', 200);
    expect(deadlines.next()).toBe(200);
    deadlines.set('stable', 400);
    expect(deadlines.next()).toBe(300);
    expect(deadlines.get('stable')).toBe(400);
  });

  it('gives each that has passed once, the oldest first', () => {
    const deadlines = createDeadlines();
    deadlines.set('retry', 300);
    deadlines.set('stable', 200);
    deadlines.set('flush', 301);
    expect(deadlines.take(199)).toBeUndefined();
    expect(deadlines.take(300)).toBe('stable');
    expect(deadlines.take(300)).toBe('retry');
    expect(deadlines.take(300)).toBeUndefined();
    expect(deadlines.next()).toBe(301);
  });

  it('gives those of the same moment in the order in which they were first set', () => {
    const deadlines = createDeadlines();
    for (const name of ['streams', 'connect', 'flush'] as const) deadlines.set(name, 100);
    expect([1, 2, 3].map(() => deadlines.take(100))).toEqual(['streams', 'connect', 'flush']);
  });

  it('forgets what is cleared, however many, and whether they were set or not', () => {
    const deadlines = createDeadlines();
    deadlines.set('retry', 100);
    deadlines.set('stable', 200);
    deadlines.clear('retry', 'stable', 'hold');
    expect(deadlines.next()).toBe(Infinity);
    deadlines.clear();
  });

  it('never takes what is set to never', () => {
    const deadlines = createDeadlines();
    deadlines.set('heartbeat', Infinity);
    expect(deadlines.next()).toBe(Infinity);
    expect(deadlines.take(Number.MAX_VALUE)).toBeUndefined();
  });

  // Kills: `at > next` for `at < next`, `take` that does not compare with the clock, that takes the first in the table
  // instead of the oldest, or that leaves what it took.
  test.prop([fc.array(fc.tuple(fc.constantFrom(...names), fc.nat(50))), fc.nat(60)])(
    'takes in order of time exactly what has passed',
    (sets, now) => {
      const deadlines = createDeadlines();
      const wanted = new Map<DeadlineName, number>();
      for (const [name, at] of sets) {
        deadlines.set(name, at);
        wanted.set(name, at);
      }
      const taken: number[] = [];
      for (let name = deadlines.take(now); name; name = deadlines.take(now)) {
        taken.push(wanted.get(name) ?? Number.NaN);
        wanted.delete(name);
      }
      expect(taken).toEqual([...taken].sort((a, b) => a - b));
      expect(taken.every((at) => at <= now)).toBe(true);
      expect([...wanted.values()].every((at) => at > now)).toBe(true);
      expect(deadlines.next()).toBe(Math.min(Infinity, ...wanted.values()));
    },
  );
});

import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../src/testing/index.js';

const take = (seed: number, count: number) => {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => random());
};

describe('seededRandom', () => {
  it('gives the same numbers for the same seed, for ever', () => {
    expect(take(42, 3)).toEqual([0.6011037519201636, 0.44829055899754167, 0.8524657934904099]);
  });

  it('gives other numbers for another seed', () => {
    expect(take(1, 5)).not.toEqual(take(2, 5));
  });

  it('keeps two sources apart', () => {
    const one = seededRandom(7);
    const other = seededRandom(7);
    one();
    expect([one(), one()]).toEqual(take(7, 3).slice(1));
    expect(other()).toBe(take(7, 1)[0]);
  });

  it('stays within [0, 1) and spreads evenly, for small seeds too', () => {
    for (const seed of [0, 1, 2, 0xffffffff]) {
      const values = take(seed, 20_000);
      const buckets = new Array<number>(10).fill(0);
      for (const value of values) buckets[Math.floor(value * 10)]! += 1;
      expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
      expect(Math.max(...values)).toBeLessThan(1);
      expect(Math.max(...buckets.map((count) => Math.abs(count - 2_000)))).toBeLessThan(200);
    }
  });
});

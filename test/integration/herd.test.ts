import { describe, expect, it } from 'vitest';
import { mostInAWindow } from '../../bench/storm/figures.js';
import { stampede } from '../../bench/storm/herd.js';
import { reliable } from '../../bench/storm/members.js';
import { complaints } from '../../bench/storm/verdict.js';

const options = { clients: 10_000, seed: 1, away: 30_000 };

describe('10,000 clients that lose their server at once', () => {
  it('come back spread out', { timeout: 120_000 }, async () => {
    const herd = await stampede(reliable, options);
    expect(complaints(herd)).toEqual([]);
    expect(herd.returns).toHaveLength(options.clients);
  });

  it('come back when the server said', { timeout: 120_000 }, async () => {
    const herd = await stampede(reliable, { ...options, goaway: { retryAfter: 30_000, within: 10_000 } });
    expect(complaints(herd)).toEqual([]);
    expect(herd.returns).toHaveLength(options.clients);
  });

  it('are counted in windows that begin anywhere', () => {
    expect(mostInAWindow([])).toBe(0);
    expect(mostInAWindow([0, 90, 99, 150, 189, 190])).toBe(4);
  });
});

import { describe, expect, inject, it } from 'vitest';
import { complaintsOf, LOSSES, tabStorm } from '../support/tab-storm.js';
import { requireTool } from '../tools/tools.js';

// The short version of `npm run proof -- tabs`.

const [chromium] = requireTool('chromium') ?? [];

/** The last one comes as soon as another tab has taken the lock by force. */
const losses = [...LOSSES, 'hang'] as const;

describe.skipIf(chromium === undefined)('four tabs of Chromium over one socket', () => {
  it('lose nothing and repeat nothing when the leader closes, crashes, is frozen or hangs, and the next one too', async () => {
    const report = await tabStorm({
      chromium: chromium ?? '',
      packageFolder: inject('packageFolder'),
      seed: 1,
      tabs: 4,
      losses,
      every: 700,
    });
    expect(complaintsOf(report)).toEqual([]);
    // It was as stormy as it should be.
    expect(report.takeovers.map(({ loss }) => loss)).toEqual(losses);
    expect(report.published).toBeGreaterThan(100);
    expect(report.processed.length).toBeGreaterThan(30);
    expect(report.connections).toBe(1 + losses.length);
  });
});

import { afterEach, describe, expect, it } from 'vitest';
import { type Child, runSupport } from '../support/child.js';
import { until } from '../support/until.js';

let child: Child | undefined;

afterEach(() => {
  if (child !== undefined && child.ended === undefined) child.process.kill('SIGKILL');
});

const MB = 1_048_576;

describe('a million sends while offline', () => {
  it('stay within the bounds, and each one that was dropped is told once', { timeout: 120_000 }, async () => {
    child = runSupport('child-million.ts', ['1000000'], ['--expose-gc']);
    await until(() => child?.ended !== undefined, { timeout: 110_000, message: 'the child is done' });
    expect(child.errors.join('')).toBe('');
    const report = JSON.parse(child.lines.at(-1) ?? '');
    // 10,000 wait: the default bound.
    expect(report).toMatchObject({
      waiting: 10_000,
      oldestWaiting: 990_001,
      newestWaiting: 1_000_000,
      toldDropped: 990_000,
      toldOtherwise: 0,
      toldTwice: 0,
      toldOfWaiting: 0,
    });
    // A margin of five: a message takes less than 1 kB here, and a million of them would take hundreds of MB.
    expect(report.heapGrowth).toBeLessThan(50 * MB);
    expect(report.heapGrowth).toBeGreaterThan(0);
  });
});

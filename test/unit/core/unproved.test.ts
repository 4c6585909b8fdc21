import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { LinkedLine } from '../../../src/core/line.js';
import { createUnproved, type Unproved } from '../../../src/core/unproved.js';
import { entry, ids } from '../../support/turn.js';

const made = (maxMessages = 3, maxBytes = 100): Unproved => createUnproved(maxMessages, maxBytes, new LinkedLine());

describe('createUnproved', () => {
  it('gives back in order what nobody proved, once', () => {
    const unproved = made();
    for (const mark of [1, 2, 3]) unproved.push(entry(`m${mark}`, { mark }));
    const { entries, forgotten } = unproved.takeAll();
    expect(ids(entries)).toEqual(['m1', 'm2', 'm3']);
    expect(forgotten).toBe(0);
    expect(unproved.takeAll()).toEqual({ entries: [], forgotten: 0 });
  });

  it('lets go of what was proved, up to and including the mark', () => {
    const unproved = made();
    for (const mark of [1, 2, 3]) unproved.push(entry(`m${mark}`, { mark }));
    unproved.proven(2);
    expect(ids(unproved.takeAll().entries)).toEqual(['m3']);
  });

  it('forgets the oldest past the bound of messages, and counts them', () => {
    const unproved = made();
    for (const mark of [1, 2, 3, 4, 5]) unproved.push(entry(`m${mark}`, { mark }));
    const { entries, forgotten } = unproved.takeAll();
    expect(ids(entries)).toEqual(['m3', 'm4', 'm5']);
    expect(forgotten).toBe(2);
  });

  it('does not count what a proof covers, although it was forgotten before', () => {
    const unproved = made();
    for (const mark of [1, 2, 3, 4, 5]) unproved.push(entry(`m${mark}`, { mark }));
    unproved.proven(1);
    expect(unproved.takeAll().forgotten).toBe(2);
    for (const mark of [1, 2, 3, 4, 5]) unproved.push(entry(`m${mark}`, { mark }));
    unproved.proven(2);
    const { entries, forgotten } = unproved.takeAll();
    expect(ids(entries)).toEqual(['m3', 'm4', 'm5']);
    expect(forgotten).toBe(0);
  });

  it('forgets the oldest past the bound of bytes, also itself', () => {
    const unproved = made();
    unproved.push(entry('a', { bytes: 60 }));
    unproved.push(entry('b', { bytes: 40 }));
    unproved.push(entry('c', { bytes: 1 }));
    expect(ids(unproved.takeAll().entries)).toEqual(['b', 'c']);
    unproved.push(entry('huge', { bytes: 101 }));
    expect(unproved.takeAll()).toEqual({ entries: [], forgotten: 1 });
    unproved.push(entry('d', { bytes: 100 }));
    expect(ids(unproved.takeAll().entries)).toEqual(['d']);
  });

  // Kills: bytes that are not taken off when proved, `>=` for `>` in either bound, a count that is not set back or that a
  // proof of only a part sets back.
  test.prop([
    fc.array(
      fc.oneof(
        {
          weight: 4,
          arbitrary: fc.record({ do: fc.constant('push' as const), size: fc.constantFrom(10, 20, 30, 40, 50) }),
        },
        { weight: 1, arbitrary: fc.record({ do: fc.constant('prove' as const), size: fc.nat(30) }) },
        { weight: 1, arbitrary: fc.record({ do: fc.constant('lose' as const), size: fc.constant(0) }) },
      ),
      { maxLength: 60, size: 'max' },
    ),
  ])('is the newest part of what was written and not proved, within both bounds', (script) => {
    const unproved = made(4, 100);
    let mark = 0;
    let rows: { mark: number; bytes: number }[] = [];
    let lost = 0;
    let lostUpTo = 0;
    const check = (): void => {
      const { entries, forgotten } = unproved.takeAll();
      expect(entries.map(({ mark }) => mark)).toEqual(rows.map(({ mark }) => mark));
      expect(forgotten).toBe(lost);
      rows = [];
      lost = 0;
    };
    for (const step of script) {
      if (step.do === 'push') {
        mark++;
        unproved.push(entry(`m${mark}`, { mark, bytes: step.size }));
        rows.push({ mark, bytes: step.size });
        while (rows.length > 4 || rows.reduce((sum, { bytes }) => sum + bytes, 0) > 100) {
          lostUpTo = rows.shift()?.mark ?? 0;
          lost++;
        }
      } else if (step.do === 'prove') {
        unproved.proven(step.size);
        rows = rows.filter((row) => row.mark > step.size);
        if (step.size >= lostUpTo) lost = 0;
      } else {
        check();
      }
    }
    check();
  });
});

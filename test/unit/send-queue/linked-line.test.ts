import { describe, expect, it } from 'vitest';
import type { Entry } from '../../../src/core/io.js';
import { LinkedLine } from '../../../src/core/line.js';
import { entry, ids } from '../../support/turn.js';

const empty = (): LinkedLine => new LinkedLine();

describe('LinkedLine', () => {
  it('keeps the order of arrival, whoever leaves', () => {
    const line = empty();
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((id) => entry(id)) as [Entry, Entry, Entry, Entry];
    for (const one of [a, b, c, d]) line.add(one);
    line.remove(b);
    expect(ids(line)).toEqual(['a', 'c', 'd']);
    line.remove(a);
    expect(line.first).toBe(c);
    line.remove(d);
    line.add(b);
    expect(ids(line)).toEqual(['c', 'b']);
    line.remove(c);
    line.remove(b);
    expect(line.first).toBeUndefined();
    expect(line.size).toBe(0);
    line.add(d);
    expect(ids(line)).toEqual(['d']);
  });

  it('takes one in before another, at the head and in the middle', () => {
    const line = empty();
    const [a, b, c] = ['a', 'b', 'c'].map((id) => entry(id)) as [Entry, Entry, Entry];
    line.add(c);
    line.add(a, c);
    line.add(b, c);
    expect(ids(line)).toEqual(['a', 'b', 'c']);
    expect(line.size).toBe(3);
  });

  it('bears that the one in hand leaves during a walk', () => {
    const line = empty();
    for (const id of ['a', 'b', 'c']) line.add(entry(id));
    const seen: string[] = [];
    for (const one of line) {
      seen.push(one.id);
      line.remove(one);
    }
    expect(seen).toEqual(['a', 'b', 'c']);
    expect(line.size).toBe(0);
  });
});

import { describe, expect, it } from 'vitest';
import { afterClose } from '../../../src/core/close-codes.js';

describe('afterClose', () => {
  it.each([
    [1000, 'retry'],
    [1001, 'retry'],
    [1005, 'retry'],
    [1006, 'retry'],
    [1008, 'refresh-once'],
    [1009, 'retry'],
    [1011, 'retry'],
    [1012, 'later'],
    [1013, 'later'],
    [4000, 'retry'],
    [4401, 'refresh-token'],
    [4403, 'unauthorized'],
    [4429, 'slower'],
    [401, 'refresh-token'],
    [403, 'unauthorized'],
    [500, 'retry'],
  ] as const)('after %i: %s', (code, step) => {
    expect(afterClose(code)).toBe(step);
    expect(afterClose(code, undefined)).toBe(step);
  });

  it.each(['retry', 'stop', 'refresh-token', { retryAfter: 750 }, { retryAfter: 0 }] as const)(
    'lets the verdict %o of the app come before the code',
    (verdict) => {
      for (const code of [1000, 1006, 4401, 4403]) expect(afterClose(code, verdict)).toEqual(verdict);
    },
  );
});

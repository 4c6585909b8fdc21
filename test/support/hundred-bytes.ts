import type { AnyMessage } from '../../src/index.js';

/** A message of exactly 100 bytes. */
export const hundred = (n: number): AnyMessage => {
  const empty = JSON.stringify({ type: 'm', n, pad: '' }).length;
  return { type: 'm', n, pad: 'x'.repeat(100 - empty) };
};

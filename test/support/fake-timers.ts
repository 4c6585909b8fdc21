import { afterEach, beforeEach, vi } from 'vitest';

/** Fake timers for each test of a suite. What a test adds to the answer is called when it has ended. */
export const withFakeTimers = (): (() => void)[] => {
  const ends: (() => void)[] = [];
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    for (const end of ends.splice(0)) end();
    vi.useRealTimers();
  });
  return ends;
};

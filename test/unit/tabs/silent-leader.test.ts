import { expect, it, vi } from 'vitest';
import { shareAcrossTabs } from '../../../src/tabs/index.js';
import { withFakeTimers } from '../../support/fake-timers.js';
import { locksOfOneTab } from '../../support/one-tab.js';

const ends = withFakeTimers();

it('a tab takes the lock by force from a leader that is not heard, once its patience is over', async () => {
  ends.push(() => vi.unstubAllGlobals());
  const asked: string[] = [];
  const locks = locksOfOneTab(asked);
  const request: typeof locks.request = async (name, options, granted) => {
    // Another tab has the lock of the leader, and says nothing.
    const isFree = name.includes(' tab ') || name.includes(' heir ') || options.steal;
    if (isFree) await locks.request(name, options, granted);
  };
  vi.stubGlobal('navigator', { locks: { ...locks, request } });
  let calls = 0;
  const tab = shareAcrossTabs(
    () => {
      calls += 1;
      throw new Error('it leads');
    },
    { name: 'silent', patience: 1_000 },
  );
  await vi.advanceTimersByTimeAsync(500);
  expect(asked.filter((name) => name.includes(' heir '))).toEqual([]);
  await vi.advanceTimersByTimeAsync(1_500);
  expect(asked.filter((name) => name.includes(' heir '))).toHaveLength(1);
  expect(calls).toBe(1);
  expect(tab.state.status).toBe('closed');
});

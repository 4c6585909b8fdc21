import { afterEach, expect, it, vi } from 'vitest';
import type { ReliableSocketError } from '../../../src/index.js';
import { shareAcrossTabs } from '../../../src/tabs/index.js';
import { until } from '../../support/until.js';

afterEach(() => vi.unstubAllGlobals());

/** Locks for one tab, which has them all. */
const locks = {
  request: (name: string, _options: LockOptions, granted: (lock: { name: string }) => unknown) =>
    Promise.resolve().then(() => granted({ name })),
  query: async () => ({ held: [] }),
};

it('a function that throws is told in the tab that comes to lead, which is closed and can try again', async () => {
  vi.stubGlobal('navigator', { locks });
  const cause = new Error('no url yet');
  let calls = 0;
  const tab = shareAcrossTabs(
    () => {
      calls += 1;
      throw cause;
    },
    { name: 'factory' },
  );
  const errors: ReliableSocketError[] = [];
  tab.on('error', (error) => errors.push(error));
  const receipt = tab.send({ type: 'order' });
  await until(() => tab.state.status === 'closed');
  expect(errors).toMatchObject([{ code: 'bad-call', message: expect.stringContaining('shareAcrossTabs'), cause }]);
  expect(await receipt.settled).toMatchObject({ outcome: 'unknown' });
  tab.connect();
  await until(() => calls === 2);
  await until(() => tab.state.status === 'closed');
});

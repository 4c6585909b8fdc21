import { afterEach, expect, it, vi } from 'vitest';
import { ReliableSocket, type ReliableSocketError } from '../../../src/index.js';
import { shareAcrossTabs } from '../../../src/tabs/index.js';
import { locksOfOneTab } from '../../support/one-tab.js';
import { until } from '../../support/until.js';

afterEach(() => vi.unstubAllGlobals());

it('a function that throws is told in the tab that comes to lead, which is closed and can try again', async () => {
  vi.stubGlobal('navigator', { locks: locksOfOneTab() });
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

// Safe: these are values that the types refuse.
const wrong = <T>(value: unknown): T => value as T;
const real = () => new ReliableSocket('ws://127.0.0.1:1', { connect: { lazy: true } });

it.each<[string, () => unknown]>([
  ['nothing', () => undefined],
  ['a promise of one', async () => real()],
  ['something else', () => ({})],
])('a function that gives %s is told like one that throws', async (_, factory) => {
  vi.stubGlobal('navigator', { locks: locksOfOneTab() });
  const tab = shareAcrossTabs(wrong<typeof real>(factory), { name: 'factory' });
  const errors: ReliableSocketError[] = [];
  tab.on('error', (error) => errors.push(error));
  await until(() => tab.state.status === 'closed');
  const message = 'shareAcrossTabs: factory gave no new ReliableSocket';
  expect(errors).toMatchObject([{ code: 'bad-call', message, cause: expect.any(TypeError) }]);
});

it.each<[string, unknown[], string]>([
  ['no options', [real], 'name is undefined, wanted a string with content'],
  ['a name that is no text', [real, { name: 5 }], 'name is 5, wanted a string with content'],
  ['an empty name', [real, { name: '' }], 'name is "", wanted a string with content'],
  ['a socket in the place of the function', [real(), { name: 'n' }], 'factory is [object Object], wanted function'],
])('%s is refused', (_, given, message) => {
  const share = () => shareAcrossTabs(...wrong<Parameters<typeof shareAcrossTabs>>(given));
  expect(share).toThrow(expect.objectContaining({ code: 'bad-option', message }));
});

it.each<[string, () => void]>([
  ['no locks', () => vi.stubGlobal('navigator', { locks: { request: () => Promise.reject(new Error('sandboxed')) } })],
  [
    'no channel',
    () => {
      vi.stubGlobal('navigator', { locks: locksOfOneTab() });
      vi.stubGlobal(
        'BroadcastChannel',
        class {
          constructor() {
            throw new Error('blocked');
          }
        },
      );
    },
  ],
])('a page to which the browser gives %s has a socket of its own', async (_, refuse) => {
  refuse();
  let calls = 0;
  const tab = shareAcrossTabs(
    () => {
      calls += 1;
      return real();
    },
    { name: 'factory' },
  );
  await until(() => calls === 1, { message: 'it has a socket' });
  await tab.close();
  expect(tab.state.status).toBe('closed');
});

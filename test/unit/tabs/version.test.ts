import { afterEach, expect, it, vi } from 'vitest';
import { shareAcrossTabs } from '../../../src/tabs/index.js';
import { until } from '../../support/until.js';

afterEach(() => vi.unstubAllGlobals());

it('tabs hear nothing of those with another version of what tabs say to each other', async () => {
  const locks: string[] = [];
  const request = async (name: string, _options: LockOptions, granted: (lock: object) => unknown): Promise<void> => {
    locks.push(name);
    // Another tab has the lock of the leader.
    if (name.includes(' tab ')) await Promise.resolve().then(() => granted({}));
  };
  vi.stubGlobal('navigator', { locks: { request } });
  const tab = shareAcrossTabs(
    () => {
      throw new Error('it does not lead');
    },
    { name: 'one' },
  );
  await until(() => locks.length === 2);
  const [ofTab = '', ofLeader = ''] = locks;
  expect(ofTab.startsWith(`${ofLeader} tab `)).toBe(true);
  const own = new BroadcastChannel(ofLeader);
  const heard: unknown[] = [];
  own.onmessage = ({ data }) => heard.push(data);
  const foreign = new BroadcastChannel('reliable-socket one');
  try {
    foreign.postMessage({ term: '~', news: 'of another kind', from: 'a tab' });
    own.postMessage({ say: 'leave', led: false, entries: [], unwritten: [], from: 'a tab' });
    own.postMessage({ term: '~', news: [], from: 'another tab' });
    // It joins the one that it understands.
    await until(() => heard.length > 0);
    expect(heard).toMatchObject([{ say: 'join', last: '~' }]);
  } finally {
    foreign.close();
    own.close();
    await tab.close();
  }
});

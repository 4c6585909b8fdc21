import { afterEach, expect, it, vi } from 'vitest';
import { ReliableSocket } from '../../../src/index.js';
import { shareAcrossTabs } from '../../../src/tabs/index.js';
import { locksOfOneTab } from '../../support/one-tab.js';
import { until } from '../../support/until.js';

afterEach(() => vi.unstubAllGlobals());

it.each(['freeze', 'pagehide'])('a tab that is seen takes part again, if nothing else ends its %s', async (rest) => {
  const window = new EventTarget();
  const document = Object.assign(new EventTarget(), { visibilityState: 'visible' });
  vi.stubGlobal('navigator', { locks: locksOfOneTab() });
  vi.stubGlobal('document', document);
  vi.stubGlobal('addEventListener', window.addEventListener.bind(window));
  vi.stubGlobal('removeEventListener', window.removeEventListener.bind(window));
  const leaders: ReliableSocket[] = [];
  const tab = shareAcrossTabs(
    () => {
      const leader = new ReliableSocket('ws://127.0.0.1:1', { connect: { lazy: true } });
      leaders.push(leader);
      return leader;
    },
    { name: `rest-${rest}` },
  );
  await until(() => leaders.length === 1);
  (rest === 'freeze' ? document : window).dispatchEvent(new Event(rest));
  expect(tab.state).toEqual({ status: 'suspended', why: rest });
  document.dispatchEvent(new Event('visibilitychange'));
  await until(() => leaders.length === 2);
  await tab.close();
});

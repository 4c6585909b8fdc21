import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ReliableSocket, type SocketState } from '../../../src/index.js';
import { type SharedSocket, shareAcrossTabs } from '../../../src/tabs/index.js';
import { until } from '../../support/until.js';

/** Of the channel on which tabs talk, as the tab asked for it. */
let name = '';
let made = 0;

beforeEach(() => {
  name = '';
  made = 0;
  // Locks for one tab, which has them all.
  const request = async (lock: string, _options: LockOptions, granted: (lock: object) => unknown): Promise<void> => {
    name ||= lock.replace(/ tab .*/, '');
    await Promise.resolve();
    await granted({});
  };
  vi.stubGlobal('navigator', { locks: { request, query: async () => ({ held: [] }) } });
});
afterEach(() => vi.unstubAllGlobals());

const open = (): SharedSocket =>
  shareAcrossTabs(
    () => {
      made += 1;
      return new ReliableSocket('ws://127.0.0.1:1', { connect: { lazy: made === 1 } });
    },
    { name: 'leaving' },
  );
/** Calls it once, in the listener that hears of this state. */
const at = (tab: SharedSocket, status: SocketState['status'], call: () => void): void => {
  const off = tab.on('state', (state) => {
    if (state.status !== status) return;
    off();
    call();
  });
};

describe('a tab that a listener of its own', () => {
  it('closes says farewell, and one that it connects again takes part', async () => {
    const tab = open();
    const other = new BroadcastChannel(name);
    const said: string[] = [];
    other.onmessage = ({ data }) => said.push(data.say ?? 'leader');
    at(tab, 'idle', () => {
      tab.close();
      tab.connect();
    });
    try {
      await until(() => made === 2);
      await until(() => said.at(-1) === 'leader');
      expect(said.filter((word) => word === 'leave')).toHaveLength(1);
      expect(said.indexOf('leave')).toBeGreaterThan(0);
    } finally {
      await tab.close();
      other.close();
    }
  });

  it('connects when it is closed takes part again', async () => {
    const tab = open();
    await until(() => made === 1);
    at(tab, 'closed', () => tab.connect());
    await tab.close();
    await until(() => made === 2);
    await tab.close();
    expect(tab.state.status).toBe('closed');
  });
});

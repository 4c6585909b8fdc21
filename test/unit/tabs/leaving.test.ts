import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import WebSocket from 'ws';
import { ReliableSocket, type SocketState } from '../../../src/index.js';
import { type SharedSocket, shareAcrossTabs } from '../../../src/tabs/index.js';
import { locksOfOneTab } from '../../support/one-tab.js';
import { until } from '../../support/until.js';

let asked: string[];
let made = 0;

beforeEach(() => {
  asked = [];
  made = 0;
  vi.stubGlobal('navigator', { locks: locksOfOneTab(asked) });
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

const open = (): SharedSocket =>
  shareAcrossTabs(
    () => {
      made += 1;
      return new ReliableSocket('ws://127.0.0.1:1', { WebSocket, connect: { lazy: made === 1 } });
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
    // The lock of a tab is named after the channel on which they talk.
    const other = new BroadcastChannel(String(asked[0]).replace(/ tab .*/, ''));
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

it('a tab that is closed twice tells it once', async () => {
  const tab = open();
  const states: string[] = [];
  tab.on('state', ({ status }) => states.push(status));
  await until(() => made === 1);
  await tab.close();
  await tab.close();
  expect(states.filter((status) => status === 'closed')).toHaveLength(1);
});

it('a tab that is connected again takes what is sent at once, and opens', async () => {
  const tab = open();
  await until(() => made === 1);
  await tab.close();
  const states: string[] = [];
  tab.on('state', ({ status }) => states.push(status));
  tab.connect();
  const opened = tab.opened({ signal: AbortSignal.timeout(100) });
  const receipt = tab.send({ type: 'order' });
  expect(receipt.status).toBe('queued');
  expect(tab.outbox.size).toBe(1);
  // Not because it is closed.
  await expect(opened).rejects.toMatchObject({ code: 'aborted' });
  expect(states[0]).toBe('idle');
  expect(made).toBe(2);
  await tab.close();
});

describe('a tab that is closed with a drain', () => {
  it.each<[string, (tab: SharedSocket) => void]>([
    ['connect()', (tab) => tab.connect()],
    ['reconnect()', (tab) => tab.reconnect()],
  ])('stays if %s is called meanwhile', async (_, call) => {
    const tab = open();
    await until(() => made === 1);
    const receipt = tab.send({ type: 'order' });
    const closed = tab.close({ drain: 50 });
    call(tab);
    await closed;
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(tab.state.status).not.toBe('closed');
    expect(tab.outbox.size).toBe(1);
    await tab.close();
    expect(await receipt.settled).toMatchObject({ outcome: 'unknown' });
  });

  it('is closed at once if that is wanted after all, and stays open when it is connected again', async () => {
    const tab = open();
    await until(() => made === 1);
    tab.send({ type: 'order' });
    const drained = tab.close({ drain: 50 });
    await tab.close();
    expect(tab.state.status).toBe('closed');
    tab.connect();
    await until(() => made === 2);
    await drained;
    expect(tab.state.status).not.toBe('closed');
    await tab.close();
  });

  it('leaves no timer behind', async () => {
    const tab = open();
    await until(() => made === 1);
    const clear = vi.spyOn(globalThis, 'clearTimeout');
    const set = vi.spyOn(globalThis, 'setTimeout');
    await tab.close({ drain: 123_456 });
    const index = set.mock.calls.findIndex(([, ms]) => ms === 123_456);
    expect(clear.mock.calls).toContainEqual([set.mock.results[index]?.value]);
  });
});

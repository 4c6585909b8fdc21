import { afterEach, expect, it, vi } from 'vitest';
import { type ChannelState, ReliableSocket } from '../../../src/index.js';
import { shareAcrossTabs } from '../../../src/tabs/index.js';

afterEach(() => {
  vi.unstubAllGlobals();
});

it('a channel of a tab without a leader says that it is to be subscribed', async () => {
  // Another tab has them all, and is heard no more.
  vi.stubGlobal('navigator', { locks: { request: () => new Promise(() => {}), query: async () => ({ held: [] }) } });
  const tab = shareAcrossTabs(() => new ReliableSocket('ws://127.0.0.1:1'), { name: 'channel-state' });
  const room = tab.channel('room');
  const states: ChannelState[] = [];
  room.on('state', (state) => states.push(state));
  expect(room.state).toEqual({ status: 'idle' });
  room.onMessage(() => {});
  expect(room.state).toEqual({ status: 'subscribing' });
  expect(states).toEqual([room.state]);
  await tab.close();
});

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type SharedSocket, shareAcrossTabs } from '../../../src/tabs/index.js';
import { ScriptedClient } from '../../support/harness.js';
import { locksOfOneTab } from '../../support/one-tab.js';
import { until } from '../../support/until.js';

let client: ScriptedClient;
let tab: SharedSocket;

beforeEach(() => {
  vi.stubGlobal('navigator', { locks: locksOfOneTab() });
  client = new ScriptedClient({ connect: { lazy: true } });
  tab = shareAcrossTabs(() => client.socket, { name: 'lazy' });
});
afterEach(async () => {
  await tab.close();
  vi.unstubAllGlobals();
});

describe('a lazy socket that tabs share', () => {
  it('connects for who waits until it is open', async () => {
    const opened = tab.opened();
    await until(() => tab.state.status === 'connecting');
    client.open();
    await opened;
  });

  it('does so also later', async () => {
    await until(() => tab.stats() !== undefined);
    expect(tab.state.status).toBe('idle');
    const opened = tab.opened();
    await until(() => tab.state.status === 'connecting');
    client.open();
    await opened;
  });
});

import { afterEach, expect, it, vi } from 'vitest';
import type { Undelivered } from '../../../src/index.js';
import { shareAcrossTabs } from '../../../src/tabs/index.js';
import { ScriptedClient } from '../../support/harness.js';
import { locksOfOneTab } from '../../support/one-tab.js';
import { until } from '../../support/until.js';

afterEach(() => vi.unstubAllGlobals());

it('a message whose signal was aborted before it was sent is never written', async () => {
  vi.stubGlobal('navigator', { locks: locksOfOneTab() });
  const client = new ScriptedClient({ policies: { order: { kind: 'queue', ack: 'message' } } });
  const tab = shareAcrossTabs(() => client.socket, { name: 'aborted' });
  const undelivered: Undelivered[] = [];
  tab.on('undelivered', (event) => undelivered.push(event));
  try {
    await until(() => tab.state.status === 'connecting');
    client.open();
    const signal = AbortSignal.abort();
    const receipt = tab.send({ type: 'order', n: 1 }, { signal });
    expect(receipt.status).toBe('rejected');
    expect(await receipt.settled).toEqual({ outcome: 'cancelled' });
    expect(undelivered).toMatchObject([{ id: receipt.id, outcome: 'cancelled', reason: 'aborted' }]);
    await expect(tab.request({ type: 'order', n: 2 }, { signal })).rejects.toMatchObject({ code: 'aborted' });
    tab.send({ type: 'order', n: 3 });
    expect(client.numbers).toEqual([3]);
  } finally {
    await tab.close();
  }
});

import { afterEach, describe, expect, inject, it } from 'vitest';
import { startFaultProxy } from '../../src/testing/fault-proxy.js';
import { launchChromium, type Page } from '../support/chromium.js';
import { startCompanion } from '../support/companion.js';
import { requireTool } from '../tools/tools.js';

// Somebody else logs in while tabs have durable messages under way, and the tab that has the socket is lost.

const [path = ''] = requireTool('chromium') ?? [];
const host = inject('host');
const cleanUp: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const clean of cleanUp.splice(0).reverse()) await clean();
});

type Via = 'query' | 'subprotocol' | 'message';

/** Runs in a page. The token is the name of whoever is logged in, in all tabs. */
const script = (url: string, via: Via): string => `(async () => {
  const { queue, ReliableSocket } = await import('${host}/package/index.js');
  const { shareAcrossTabs } = await import('${host}/package/tabs.js');
  const { indexedDbStore } = await import('${host}/package/indexeddb-with-idb.js');
  window.isOpen = () => socket.state.status === 'open';
  window.seen = { outcomes: {}, undelivered: [] };
  const socket = shareAcrossTabs(() => new ReliableSocket('${url}', {
    auth: { via: '${via}' },
    backoff: { base: 20, max: 100 },
    policies: { order: queue({ ack: 'message', durable: true }) },
    store: indexedDbStore({ name: 'orders' }),
    token: () => ({ token: localStorage.user, subject: localStorage.user }),
  }), { name: 'users', patience: 4_000 });
  socket.on('undelivered', ({ message, reason }) => seen.undelivered.push([message.n, reason]));
  window.order = (n) => {
    const receipt = socket.send({ type: 'order', n });
    receipt.settled.then(({ outcome }) => { seen.outcomes[n] = outcome; });
    return receipt;
  };
  await socket.opened();
})()`;

const isKept = (page: Page, n: number): Promise<boolean> => page.evaluate(`order(${n}).durable`);
const outcome = (page: Page, n: number): Promise<string> =>
  page.evaluate(`order(${n}).settled.then(({ outcome }) => outcome)`);

describe.skipIf(path === '')('tabs of Chromium whose token goes by', () => {
  it.each<Via>(['query', 'subprotocol', 'message'])(
    '%s send nothing of the former user as the next one when the leader is lost',
    async (via) => {
      const processed: unknown[] = [];
      const { port, stop } = await startCompanion({
        auth: { via: via === 'message' ? via : 'upgrade' },
        authenticate: ({ token = '' }) => ({ principal: token }),
        onMessage: ({ n }, { client }) => {
          processed.push([client.principal, n]);
          return undefined;
        },
      });
      cleanUp.push(stop);
      const proxy = await startFaultProxy({ target: { host: '127.0.0.1', port } });
      cleanUp.push(() => proxy.close());
      const chromium = await launchChromium(path);
      cleanUp.push(chromium.close);
      const open = async (): Promise<Page> => {
        const page = await chromium.open(`${host}/blank`);
        await page.evaluate(script(proxy.url, via));
        return page;
      };
      const blank = await chromium.open(`${host}/blank`);
      await blank.evaluate('localStorage.user = "ann"');
      const leader = await open();
      const follower = await open();
      expect(await outcome(follower, 1)).toBe('acked');
      proxy.refuse(true);
      proxy.inject('rst');
      // So that neither of the two is ever written.
      for (const page of [leader, follower]) await expect.poll(() => page.evaluate('isOpen()')).toBe(false);
      expect([await isKept(leader, 2), await isKept(follower, 3)]).toEqual([true, true]);
      await blank.evaluate('localStorage.user = "bob"');
      await leader.close();
      proxy.refuse(false);

      await expect.poll(() => follower.evaluate('seen.undelivered')).toHaveLength(2);
      expect(await outcome(follower, 4)).toBe('acked');
      expect(await follower.evaluate('seen')).toEqual({
        outcomes: { 1: 'acked', 3: 'dropped', 4: 'acked' },
        // It has taken over what the leader left.
        undelivered: [
          [2, 'subject-changed'],
          [3, 'subject-changed'],
        ],
      });
      await follower.close();
      expect(await outcome(await open(), 5)).toBe('acked');
      await blank.evaluate('localStorage.user = "ann"');
      expect(processed).toEqual([
        ['ann', 1],
        ['bob', 4],
        ['bob', 5],
      ]);
    },
  );
});

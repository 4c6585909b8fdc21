import { afterEach, describe, expect, inject, it } from 'vitest';
import { type Chromium, launchChromium, type Page } from '../support/chromium.js';
import { type Shop, startShop } from '../support/durable/shop.js';
import { pageProcess } from '../support/tab-storm/page-process.js';
import { until } from '../support/until.js';
import { requireTool } from '../tools/tools.js';

// Tabs that share a socket with a store, which each leader has in a slot of its own.

const [path = ''] = requireTool('chromium') ?? [];
const host = inject('host');
const cleanUp: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const clean of cleanUp.splice(0).reverse()) await clean();
});

/** Runs in a page: a tab that can send an order, and tells how each of them ended. */
const script = ({ url }: Shop): string => `(async () => {
  const { queue, ReliableSocket } = await import('${host}/package/index.js');
  const { shareAcrossTabs } = await import('${host}/package/tabs.js');
  const { indexedDbStore } = await import('${host}/package/indexeddb-with-idb.js');
  window.seen = { outcomes: [], troubles: [], clients: [] };
  const factory = () => {
    const socket = new ReliableSocket('${url}', {
      backoff: { base: 20, max: 200 },
      policies: { order: queue({ ack: 'message', durable: true }) },
      store: indexedDbStore({ name: 'orders' }),
    });
    socket.on('open', () => seen.clients.push(socket.continuation().client));
    return socket;
  };
  const socket = shareAcrossTabs(factory, { name: 'durable', patience: 3_000 });
  for (const trouble of ['gap', 'error', 'undelivered']) socket.on(trouble, (event) => seen.troubles.push(event));
  window.order = (n) => {
    const receipt = socket.send({ type: 'order', n });
    receipt.settled.then(({ outcome }) => seen.outcomes.push(outcome));
    return receipt.durable;
  };
  await socket.opened();
})()`;

interface Seen {
  readonly outcomes: string[];
  readonly troubles: unknown[];
  readonly clients: string[];
}

const look = (page: Page): Promise<Seen> => page.evaluate('seen');
const untilOne = (page: Page, of: 'clients' | 'outcomes'): Promise<void> =>
  expect.poll(async () => (await look(page))[of]).toHaveLength(1);

describe.skipIf(path === '')('tabs of Chromium over one socket with a store', () => {
  it.each<[string, (leader: Page, chromium: Chromium, pid: number) => Promise<() => Promise<unknown>>]>([
    [
      'is frozen',
      async (leader, chromium) => {
        await chromium.open('about:blank');
        await leader.send('Page.setWebLifecycleState', { state: 'frozen' });
        return () => leader.send('Page.setWebLifecycleState', { state: 'active' });
      },
    ],
    [
      'hangs',
      async (_leader, _chromium, pid) => {
        const wake = async (): Promise<unknown> => process.kill(pid, 'SIGCONT');
        cleanUp.push(() => wake().catch(() => {}));
        process.kill(pid, 'SIGSTOP');
        return wake;
      },
    ],
  ])('have each order processed once while a leader that has not let go of its store %s', async (_, lose) => {
    const shop = await startShop();
    cleanUp.push(shop.stop);
    const chromium = await launchChromium(path);
    cleanUp.push(chromium.close);
    const leader = await chromium.open(`${host}/blank`);
    // As long as it is the only one that has something to do.
    const pid = await pageProcess('--type=renderer', new Set(), leader.evaluate);
    await leader.evaluate(script(shop));
    const follower = await chromium.open(`${host}/blank`);
    await follower.evaluate(script(shop));
    // The first is processed and not answered, and the second waits behind it.
    shop.holdAfter(1);
    expect(await leader.evaluate('order(1)')).toBe(true);
    expect(await follower.evaluate('order(2)')).toBe(true);
    await until(() => shop.processed.size === 1);

    const wake = await lose(leader, chromium, pid);
    await untilOne(follower, 'clients');
    shop.release();
    await untilOne(follower, 'outcomes');
    await wake();
    await untilOne(leader, 'outcomes');
    const [{ clients, ...one }, other] = [await look(leader), await look(follower)];
    expect([one, other]).toEqual([
      { outcomes: ['acked'], troubles: [] },
      { outcomes: ['acked'], troubles: [], clients },
    ]);
    expect([...shop.processed]).toEqual([
      [1, 1],
      [2, 1],
    ]);
  });
});

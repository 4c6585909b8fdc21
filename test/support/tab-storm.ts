import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import { createServer } from '../../src/server/index.js';
import { seededRandom } from '../../src/testing/random.js';
import { type Chromium, launchChromium, type Page } from './chromium.js';
import { startRemoteHost } from './remote-host.js';

/** How a leader is lost. `freeze`: the page is told. `hang`: nobody is told, and it wakes up later. */
export const LOSSES = ['close', 'crash', 'freeze', 'hang'] as const;
export type Loss = (typeof LOSSES)[number];

export interface TabStorm {
  readonly chromium: string;
  readonly packageFolder: string;
  readonly seed: number;
  readonly tabs: number;
  readonly losses: readonly Loss[];
  /** ms from one loss to the next. */
  readonly every: number;
}

export interface TabStormReport {
  /** How long the server had no socket, for each loss, in ms. */
  readonly takeovers: readonly { readonly loss: Loss; readonly ms: number }[];
  /** How long the server had two sockets, in ms, for each time that it had. */
  readonly overlaps: readonly number[];
  readonly most: number;
  readonly published: number;
  readonly tabs: readonly TabReport[];
  /** The `n` of each order that the server has processed. */
  readonly processed: readonly number[];
  readonly connections: number;
}

export interface TabReport {
  readonly heard: readonly number[];
  readonly acked: readonly number[];
  readonly troubles: readonly unknown[];
  /** How many of its orders have no ending. */
  readonly waiting: number;
  /** Whether it was closed or crashed; what it tells is from just before. */
  readonly wasLost: boolean;
}

/** ms for which the server may have two sockets: the new leader's is there before the old one's end is. */
const HAND_OVER = 250;

/** What was promised and not kept. */
export function complaintsOf(report: TabStormReport): string[] {
  const times = new Map<number, number>();
  for (const n of report.processed) times.set(n, (times.get(n) ?? 0) + 1);
  const found = report.overlaps.filter((ms) => ms > HAND_OVER).map((ms) => `two sockets for ${Math.round(ms)} ms`);
  if (report.most > 2) found.push(`${report.most} sockets at once`);
  for (const [n, count] of times) if (count > 1) found.push(`order ${n} was processed ${count} times`);
  report.tabs.forEach(({ heard, acked, troubles, waiting, wasLost }, i) => {
    const [first = 0] = heard;
    const wrong = heard.findIndex((n, index) => n !== first + index);
    if (wrong >= 0) found.push(`tab ${i} heard ${heard.slice(wrong - 1, wrong + 2)}`);
    if (heard.length === 0) found.push(`tab ${i} heard nothing`);
    if (!wasLost && heard.at(-1) !== report.published) found.push(`tab ${i} heard up to ${heard.at(-1)}`);
    if (!wasLost && waiting > 0) found.push(`tab ${i} waits for ${waiting} orders`);
    for (const n of acked) if (!times.has(n)) found.push(`order ${n} was acked, and not processed`);
    for (const trouble of troubles) found.push(`tab ${i} was told ${JSON.stringify(trouble)}`);
  });
  return found;
}

/** Runs in each page: tab `index` of all that were ever opened. */
const script = (host: string, url: string, index: number): string => `(async () => {
  const { queue, ReliableSocket } = await import('${host}/package/index.js');
  const { shareAcrossTabs } = await import('${host}/package/tabs.js');
  window.seen = { heard: [], acked: [], troubles: [], waiting: 0, ledAt: 0 };
  const socket = shareAcrossTabs(() => {
    seen.ledAt = Date.now();
    return new ReliableSocket('${url}', {
      backoff: { base: 20, max: 200 },
      policies: { order: queue({ ack: 'message' }) },
      resume: { contiguous: true },
    });
  }, { name: 'storm', patience: 1000 });
  // Driven by what comes in, since timers of hidden tabs are slow.
  socket.onMessage('news', ({ n }) => {
    seen.heard.push(n);
    if (n % 10 === 0) order();
  });
  for (const trouble of ['gap', 'error', 'undelivered'])
    socket.on(trouble, (event) => seen.troubles.push({ trouble, event: { ...event }, text: String(event.message) }));
  window.socket = socket;
  let n = 0;
  const order = () => {
    seen.waiting++;
    const number = ${index} * 1e6 + ++n;
    socket.send({ type: 'order', n: number }).settled.then(({ outcome }) => {
      seen.waiting--;
      if (outcome === 'acked') seen.acked.push(number);
      else seen.troubles.push({ trouble: outcome, number });
    });
  };
  await socket.opened();
})()`;

interface Tab {
  readonly page: Page;
  readonly index: number;
}

/** Undefined if it fails or takes longer: a page that hangs does not answer. */
const within = <T>(ms: number, work: Promise<T>): Promise<T | undefined> =>
  Promise.race([work.catch(() => undefined), new Promise<undefined>((resolve) => setTimeout(resolve, ms))]);

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Tabs of one page in a real Chromium, whose leader is lost again and again under traffic. */
export async function tabStorm(storm: TabStorm, log: (text: string) => void = () => {}): Promise<TabStormReport> {
  const random = seededRandom(storm.seed);
  const processed: number[] = [];
  const server = createServer({
    onMessage: (message) => {
      processed.push(message.n as number);
      return undefined;
    },
  });
  const sockets = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  const takeovers: { loss: Loss; ms: number }[] = [];
  const overlaps: number[] = [];
  let most = 0;
  let connections = 0;
  let emptySince: number | undefined;
  let twoSince: number | undefined;
  let loss: Loss | undefined;
  let lostAt = 0;
  sockets.on('connection', (socket) => {
    connections += 1;
    most = Math.max(most, sockets.clients.size);
    const now = performance.now();
    if (sockets.clients.size > 1) twoSince ??= now;
    if (loss !== undefined) {
      takeovers.push({ loss, ms: now - (loss === 'hang' ? lostAt : (emptySince ?? now)) });
      loss = undefined;
    }
    emptySince = undefined;
    socket.on('close', () => {
      if (sockets.clients.size === 0) emptySince = performance.now();
      if (sockets.clients.size <= 1 && twoSince !== undefined) {
        overlaps.push(performance.now() - twoSince);
        twoSince = undefined;
      }
    });
  });
  server.attach(sockets);
  await once(sockets, 'listening');
  const url = `ws://127.0.0.1:${(sockets.address() as AddressInfo).port}`; // safe: it listens on TCP
  const host = await startRemoteHost(storm.packageFolder);
  const chromium: Chromium = await launchChromium(storm.chromium);
  let published = 0;
  let opened = 0;
  const tabs = new Set<Tab>();
  const open = async (): Promise<Tab> => {
    const index = ++opened;
    const tab = { page: await chromium.open(`${host.url}/blank`), index };
    await tab.page.evaluate(script(host.url, url, index));
    tabs.add(tab);
    return tab;
  };
  const leader = async (): Promise<Tab> => {
    const end = performance.now() + 10_000;
    for (;;) {
      let found: { tab: Tab; ledAt: number } | undefined;
      for (const tab of tabs) {
        const ledAt = (await within(500, tab.page.evaluate<number>('seen.ledAt'))) ?? 0;
        if (ledAt > (found?.ledAt ?? 0)) found = { tab, ledAt };
      }
      if (found) return found.tab;
      if (performance.now() > end) throw new Error('no tab leads');
    }
  };
  const report = async (tab: Tab, wasLost: boolean = false): Promise<TabReport> => ({
    ...(await tab.page.evaluate<TabReport>('seen')),
    wasLost,
  });

  try {
    for (let i = 0; i < storm.tabs; i += 1) await open();
    const publishing = setInterval(() => server.publish({ type: 'news', n: ++published }), 10);
    const gone: TabReport[] = [];
    const woken: Promise<unknown>[] = [];
    for (const next of storm.losses) {
      await sleep(storm.every * (0.75 + 0.5 * random()));
      // The one before may take as long as a leader that hangs has to be missed.
      const patience = performance.now() + 15_000;
      while (loss !== undefined && performance.now() < patience) await sleep(20);
      const tab = await leader();
      log(`${next}: tab ${tab.index}`);
      loss = next;
      lostAt = performance.now();
      if (next === 'close' || next === 'crash') {
        tabs.delete(tab);
        gone.push(await report(tab, true));
        lostAt = performance.now();
        if (next === 'close') await tab.page.close();
        else tab.page.send('Page.crash').catch(() => {});
        await open();
      } else if (next === 'freeze') {
        // Only a hidden page can be frozen.
        if ((await tab.page.evaluate('document.visibilityState')) === 'visible') await open();
        lostAt = performance.now();
        await tab.page.send('Page.setWebLifecycleState', { state: 'frozen' });
        woken.push(sleep(storm.every).then(() => tab.page.send('Page.setWebLifecycleState', { state: 'active' })));
      } else {
        woken.push(tab.page.evaluate('(() => { const end = Date.now() + 5000; while (Date.now() < end); })()'));
      }
    }
    await sleep(storm.every);
    await Promise.all(woken);
    clearInterval(publishing);
    const end = performance.now() + 15_000;
    let left: TabReport[] = [];
    for (;;) {
      left = await Promise.all([...tabs].map((tab) => report(tab)));
      if (left.every(({ waiting, heard }) => waiting === 0 && heard.at(-1) === published)) break;
      if (performance.now() > end) break;
      await sleep(50);
    }
    return { takeovers, overlaps, most, published, tabs: [...gone, ...left], processed, connections };
  } finally {
    await chromium.close();
    await host.close();
    for (const socket of sockets.clients) socket.terminate();
    sockets.close();
    await server.close({ within: 0 });
  }
}

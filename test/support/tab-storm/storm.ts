import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import { createServer } from '../../../src/server/index.js';
import { seededRandom } from '../../../src/testing/random.js';
import { sleep } from '../network.js';
import { startRemoteHost } from '../remote-host.js';
import type { StormBrowser, StormPage } from './browser.js';
import { isForGood, type Loss, lose } from './losses.js';
import { memberScript } from './member.js';
import type { TabReport, TabStormReport } from './report.js';
import { Witness } from './witness.js';

export interface TabStorm {
  readonly browser: StormBrowser;
  readonly packageFolder: string;
  readonly seed: number;
  readonly tabs: number;
  readonly losses: readonly Loss[];
  /** ms from one loss to the next. */
  readonly every: number;
  /** ms for which a leader hangs or is frozen; longer if it takes longer to replace it. */
  readonly pause: number;
  /** ms after which tabs take the place of a leader that is silent. */
  readonly patience: number;
}

interface Tab {
  readonly page: StormPage;
  readonly index: number;
}

/** ms for a takeover, of which those by hidden tabs are slow. */
const PATIENCE = 30_000;

/** Whether it came true in time. */
const wait = async (condition: () => boolean | Promise<boolean>): Promise<boolean> => {
  const end = performance.now() + PATIENCE;
  while (!(await condition())) {
    if (performance.now() > end) return false;
    await sleep(20);
  }
  return true;
};

/** Tabs of one page in a real browser, whose leader is lost again and again under traffic. Closes the browser. */
export async function tabStorm(storm: TabStorm, log: (text: string) => void = () => {}): Promise<TabStormReport> {
  const { browser, every, pause, patience } = storm;
  const random = seededRandom(storm.seed);
  const processed: number[] = [];
  const server = createServer({
    onMessage: (message) => {
      processed.push(message.n as number);
      return undefined;
    },
  });
  const sockets = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  const witness = new Witness(sockets);
  server.attach(sockets);
  await once(sockets, 'listening');
  const url = `ws://127.0.0.1:${(sockets.address() as AddressInfo).port}`; // safe: it listens on TCP
  const host = await startRemoteHost(storm.packageFolder);
  let published = 0;
  let opened = 0;
  const tabs = new Set<Tab>();
  const open = async (): Promise<void> => {
    const tab = { page: await browser.open(`${host.url}/blank`), index: ++opened };
    await tab.page.evaluate(memberScript(host.url, url, tab.index, patience));
    tabs.add(tab);
  };
  const leader = (): Tab => {
    const tab = [...tabs].find(({ index }) => index === witness.leader);
    if (!tab) throw new Error(`tab ${witness.leader} leads, and is none of ours`);
    return tab;
  };
  const report = async ({ page }: Tab, wasLost: boolean): Promise<TabReport> => ({
    ...(await page.evaluate<TabReport>('seen')),
    wasLost,
  });

  try {
    for (let i = 0; i < storm.tabs; i += 1) await open();
    const publishing = setInterval(() => server.publish({ type: 'news', n: ++published }), 10);
    const gone: TabReport[] = [];
    const woken: Promise<unknown>[] = [];
    for (const loss of storm.losses) {
      await sleep(every * (0.75 + 0.5 * random()));
      await wait(() => witness.isCalm);
      const tab = leader();
      log(`${loss}: tab ${tab.index}`);
      if (loss === 'freeze') await tab.page.hide?.();
      if (isForGood(loss)) gone.push(await report(tab, true));
      witness.lose(loss);
      const { length } = witness.takeovers;
      // One that woke before it was replaced would not be lost.
      const isOver = Promise.all([sleep(pause), wait(() => witness.takeovers.length > length)]);
      const waking = await lose(tab.page, loss, isOver);
      // What fails is told in the end, where all of them are awaited.
      for (const wake of waking) wake.catch(() => {});
      woken.push(...waking);
      if (!isForGood(loss)) continue;
      tabs.delete(tab);
      // The start of another process would cost the takeover more than anything else.
      await wait(() => witness.isCalm);
      await open();
    }
    await Promise.all(woken);
    clearInterval(publishing);
    const reports = (): Promise<TabReport[]> => Promise.all([...tabs].map((tab) => report(tab, false)));
    await wait(async () =>
      (await reports()).every(({ waiting, heard }) => waiting === 0 && heard.at(-1) === published),
    );
    return { ...witness.report(), published, tabs: [...gone, ...(await reports())], processed };
  } finally {
    await browser.close();
    await host.close();
    for (const socket of sockets.clients) socket.terminate();
    sockets.close();
    await server.close({ within: 0 });
  }
}

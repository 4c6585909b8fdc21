import { firefox as playwrightFirefox } from 'playwright';
import { launchChromium, type Page } from '../chromium.js';
import { NetworkNamespace } from './namespace.js';
import { endure, type Fate, type Figures, type Ordeal } from './ordeal.js';
import { cached, emulatedOffline, frozen, hidden, jumped, lineDown, lineSwitched, slow, stopped } from './ordeals.js';
import { Visit, type VisitOptions } from './visit.js';

export interface Stage {
  /** Of `startRemoteHost`. */
  readonly host: string;
  /** Paths of the browsers. */
  readonly chromium: string;
  readonly firefox: string;
}

/** One row of docs/BROWSERS.md. */
export interface Row {
  readonly name: string;
  readonly browser: 'Chromium' | 'Firefox';
  readonly fate: Fate;
  /** How long each round lasts, in ms: in the tests, and in the proof. */
  readonly short: readonly number[];
  readonly long: readonly number[];
  /** Whether it needs network namespaces, and so Linux and root. */
  readonly needsNamespace?: boolean;
  run(stage: Stage, times: readonly number[], isShort: boolean): Promise<Figures>;
}

/** Without it Chromium waits for five minutes before it throttles a hidden page to one timer a minute. */
export const THROTTLE: string = '--enable-features=IntensiveWakeUpThrottling:grace_period_seconds/5';

/** ms after which a wake may be quick again, and a little more. */
const AGAIN = 10_500;

const times = (count: number, ms: number): number[] => Array.from({ length: count }, () => ms);

/** What an ordeal in Chromium may work with. */
export interface Scene {
  readonly page: Page;
  readonly visit: Visit;
  readonly pid: number;
  /** Shows another tab, so that the page is hidden. */
  hide(): Promise<void>;
  readonly namespace: NetworkNamespace | undefined;
}

interface InChromium extends Omit<Row, 'browser' | 'run'> {
  readonly flags?: readonly string[];
  /** Beside what the row is about: the defaults of the client, and a server without a heartbeat. */
  readonly options?: (isShort: boolean) => VisitOptions;
  readonly ordeal: (scene: Scene) => Ordeal;
}

const inChromium = ({ flags = [], options, ordeal, ...row }: InChromium): Row => ({
  ...row,
  browser: 'Chromium',
  async run(stage, times, isShort) {
    const namespace = row.needsNamespace ? await NetworkNamespace.create() : undefined;
    const chromium = await launchChromium(stage.chromium, { flags, under: namespace?.under ?? [] });
    try {
      const via = async (url: string): Promise<string> => (await namespace?.reach(url)) ?? url;
      const other = await chromium.open('about:blank');
      const page = await chromium.open(await via(`${stage.host}/blank`));
      const visit = await Visit.begin(stage.host, page, { via, ...options?.(isShort) });
      const hide = async (): Promise<void> => {
        await other.send('Page.bringToFront');
        await visit.until("document.visibilityState === 'hidden'");
      };
      return await endure(visit, ordeal({ page, visit, pid: chromium.pid, hide, namespace }), row.fate, times);
    } finally {
      await chromium.close();
      await namespace?.close();
    }
  },
});

interface InFirefox extends Omit<Row, 'browser' | 'run'> {
  readonly options?: VisitOptions;
  readonly ordeal: (
    visit: Visit,
    go: (path: string) => Promise<void>,
    offline: (on: boolean) => Promise<void>,
  ) => Ordeal;
}

const inFirefox = ({ ordeal, options, ...row }: InFirefox): Row => ({
  ...row,
  browser: 'Firefox',
  async run(stage, times) {
    const browser = await playwrightFirefox.launch({ channel: 'moz-firefox', executablePath: stage.firefox });
    try {
      const context = await browser.newContext();
      const page = await context.newPage();
      await page.goto(`${stage.host}/blank`);
      const visit = await Visit.begin(stage.host, page, options);
      const go = async (path: string): Promise<void> => {
        await page.goto(`${stage.host}${path}`);
      };
      return await endure(
        visit,
        ordeal(visit, go, (on) => context.setOffline(on)),
        row.fate,
        times,
      );
    } finally {
      await browser.close();
    }
  },
});

const hiddenRow = (name: string, options: (isShort: boolean) => VisitOptions, isQuiet: boolean): Row =>
  inChromium({
    name: `hidden, timers throttled to one a minute, server counts silence: ${name}`,
    fate: 'kept',
    // Before that long it is no news that it talks: Chromium holds back no timer that was set by less than five others.
    short: [26_000],
    long: [120_000],
    flags: [THROTTLE],
    options,
    ordeal: (scene) => hidden(scene, isQuiet),
  });
const silence = (isShort: boolean): number => (isShort ? 3_000 : 45_000);
const hiddenRows: readonly Row[] = [
  hiddenRow('it talks', (isShort) => ({ server: { heartbeat: silence(isShort) } }), false),
  hiddenRow('it pings', (isShort) => ({ server: { heartbeat: silence(isShort), pings: silence(isShort) / 3 } }), true),
  hiddenRow('it says nothing', (isShort) => ({ server: { heartbeat: silence(isShort) } }), true),
  hiddenRow(
    'it says nothing, and a worker keeps time',
    (isShort) => ({
      server: { heartbeat: silence(isShort) },
      client: (host) => `environment: (await import('${host}/package/worker-clock.js')).workerClock()`,
    }),
    true,
  ),
];

/** Every state that a browser may put a page into, in the order of the table. */
export const rows: readonly Row[] = [
  ...hiddenRows,
  inChromium({
    name: 'hidden and frozen',
    fate: 'replaced',
    short: [500],
    long: [60_000, ...times(9, AGAIN)],
    ordeal: frozen,
  }),
  inChromium({
    name: 'back-forward cache',
    fate: 'replaced',
    short: [500],
    long: [60_000, ...times(9, AGAIN)],
    ordeal: ({ visit, page }) => cached(visit, async (path) => void (await page.evaluate(`location.href = '${path}'`))),
  }),
  inFirefox({
    name: 'back-forward cache, left while the server was away',
    fate: 'replaced',
    short: [500],
    long: [60_000, ...times(9, AGAIN)],
    // Firefox keeps no page with a WebSocket, whatever the page does about it when it is left.
    options: { client: () => 'backoff: { base: 600_000, max: 600_000, jitter: "none" }' },
    ordeal: (visit, go) => {
      const { leave, wake, check } = cached(visit, go);
      return {
        async leave() {
          await visit.network.refuse(true);
          await visit.network.inject('rst');
          await visit.until("socket.state.status === 'waiting'");
          await leave();
        },
        async wake() {
          await visit.network.refuse(false);
          await wake();
        },
        ...(check ? { check } : {}),
      };
    },
  }),
  inChromium({
    name: 'offline, as the DevTools emulate it, link held',
    fate: 'kept',
    short: [1_000, 4_000],
    // Longer, and the ordinary heartbeat finds the link dead.
    long: [20_000, ...times(9, 5_000)],
    ordeal: emulatedOffline,
  }),
  inFirefox({
    name: 'offline, as WebDriver emulates it, link not held',
    fate: 'kept',
    short: [1_000],
    long: [60_000, ...times(9, 5_000)],
    ordeal: (visit, _, offline) => ({
      async leave() {
        await offline(true);
        await visit.until('!navigator.onLine');
      },
      wake: () => offline(false),
    }),
  }),
  inChromium({
    name: 'line down for 2 s',
    fate: 'kept',
    short: [2_000],
    long: times(10, 2_000),
    needsNamespace: true,
    ordeal: lineDown,
  }),
  inChromium({
    name: 'line down for longer',
    fate: 'either',
    short: [5_000],
    long: [30_000, ...times(9, AGAIN)],
    needsNamespace: true,
    ordeal: lineDown,
  }),
  inChromium({
    name: 'another network after 5 s without any',
    fate: 'replaced',
    short: [5_000],
    long: times(10, AGAIN),
    needsNamespace: true,
    ordeal: lineSwitched,
  }),
  inChromium({
    name: 'sleep of the machine (browser stopped), link alive',
    fate: 'kept',
    short: [3_000],
    long: [60_000, ...times(9, 8_000)],
    options: (isShort) => (isShort ? hastyHeartbeat : {}),
    ordeal: (scene) => stopped(scene, false),
  }),
  inChromium({
    name: 'sleep of the machine (browser stopped), link lost',
    fate: 'replaced',
    short: [4_000],
    long: [60_000, ...times(9, AGAIN)],
    options: (isShort) => (isShort ? hastyHeartbeat : {}),
    ordeal: (scene) => stopped(scene, true),
  }),
  inChromium({
    name: 'sleep of the machine (clock jumps by five minutes), link alive',
    fate: 'kept',
    short: [3_000],
    long: times(10, 5_000),
    ordeal: (scene) => jumped(scene, false),
  }),
  inChromium({
    name: 'sleep of the machine (clock jumps by five minutes), link lost',
    fate: 'replaced',
    short: [0],
    long: times(10, AGAIN),
    ordeal: (scene) => jumped(scene, true),
  }),
  inChromium({
    name: 'processor six times slower, page busy',
    fate: 'kept',
    short: [4_000],
    long: times(10, 6_000),
    options: () => ({ client: () => 'heartbeat: { interval: 500, timeout: 1_000 }' }),
    ordeal: slow,
  }),
];

const hastyHeartbeat: VisitOptions = { client: () => 'heartbeat: { interval: 1_000, timeout: 1_000 }' };

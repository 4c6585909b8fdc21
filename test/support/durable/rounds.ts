import { seededRandom } from '../../../src/testing/random.js';
import { type Chromium, launchChromium, type Page } from '../chromium.js';
import { until } from '../until.js';
import { customerScript } from './customer.js';
import { type Shop, startShop } from './shop.js';

export interface RoundsOptions {
  readonly seed: number;
  readonly rounds: number;
  /** In each round. */
  readonly messages: number;
  /** Bytes that the origin may take more than it has; without it, what the disk allows. */
  readonly quota?: number;
}

export interface RoundsResult {
  /** What must be none. */
  readonly wrong: Readonly<Record<string, number>>;
  readonly seen: {
    /** Receipts that said durable, and that said not. */
    durable: number;
    volatile: number;
    /** Rounds whose kill left durable messages unprocessed, and those in which not all was sent. */
    leftWork: number;
    cutShort: number;
    /** Durable messages that were not processed when the page was killed. */
    rescued: number;
    /** `error` events that told of the quota. */
    told: number;
  };
}

/** A message that says nothing is this long on the wire, and one whose page has a small quota is longer. */
const FILLING = 20;
const FILLING_FOR_QUOTA = 20_000;
/** Messages that did not fit, after which the page is killed at the latest. */
const MOST_REFUSED = 50;
/** Of some fifty that fit. */
const MOST_PROCESSED = 10;

/** Kills processes of the browser that run pages, as a crash would: nothing has time to tidy up. */
const killPages = async (chromium: Chromium, killed: readonly number[]): Promise<void> => {
  for (const pid of killed) process.kill(pid, 'SIGKILL');
  // A browser that has not noticed it yet gives the next page to one of the dead.
  const isNoticed = async (): Promise<boolean> => !(await chromium.renderers()).some((pid) => killed.includes(pid));
  while (!(await isNoticed())) await new Promise((resolve) => setTimeout(resolve, 10));
};

const visit = async (chromium: Chromium, host: string, shop: Shop, name: string, quota?: number): Promise<Page> => {
  const page = await chromium.open(`${host}/blank`);
  if (quota !== undefined) {
    const { usage } = await page.send<{ usage: number }>('Storage.getUsageAndQuota', { origin: host });
    await page.send('Storage.overrideQuotaForOrigin', { origin: host, quotaSize: usage + quota });
  }
  await page.evaluate(customerScript(host, shop, name));
  return page;
};

/**
 * In each round a page sends durable orders and its process is killed at a random moment; then the app is opened anew
 * and sends what is left. The server tells clients apart by `client` alone, which is the hardest for the store.
 *
 * @param host Serves the built package.
 */
export async function killInRounds(path: string, host: string, options: RoundsOptions): Promise<RoundsResult> {
  const { seed, rounds, messages, quota } = options;
  const random = seededRandom(seed);
  const wrong = { 'durable and not processed': 0, 'processed twice': 0, 'left in the store': 0, 'another client': 0 };
  const seen = { durable: 0, volatile: 0, leftWork: 0, cutShort: 0, rescued: 0, told: 0 };
  let chromium = await launchChromium(path);
  const shop = await startShop();
  const name = `orders-${seed}`;
  try {
    let client: string | undefined;
    for (let round = 0; round < rounds; round += 1) {
      shop.reports.length = 0;
      // The end of a page takes back its quota, and sometimes that of the page after it.
      if (quota !== undefined && round > 0) {
        await chromium.close();
        chromium = await launchChromium(path);
        client = undefined;
      }
      const from = round * messages + 1;
      const first = await visit(chromium, host, shop, name, quota);
      client ??= await first.evaluate<string>('customer.client()');
      const durable = (): number[] => shop.reports.flatMap(({ n, durable }) => (n !== undefined && durable ? [n] : []));
      // With a quota it is when the first few did not fit.
      const wanted = quota === undefined;
      const target = 1 + Math.floor(random() * (wanted ? messages - 1 : MOST_REFUSED));
      const isDue = (): boolean => shop.reports.filter((report) => report.durable === wanted).length >= target;
      // Work is left when the page is killed.
      shop.holdAfter(1 + Math.floor(random() * (wanted ? target : MOST_PROCESSED)));
      const filling = quota === undefined ? FILLING : FILLING_FOR_QUOTA;
      // Asked for now, since meanwhile the page would send what is to be cut short.
      const pages = await chromium.renderers();
      await first.evaluate(`void customer.order(${from}, ${from + messages - 1}, ${filling})`);
      await until(isDue, { message: 'enough was told' });
      await killPages(chromium, pages);
      await until(() => shop.reporters() === 0);
      const left = durable().filter((n) => !shop.processed.has(n)).length;
      const told = shop.reports.filter((report) => report.durable !== undefined).length;
      seen.rescued += left;
      if (left > 0) seen.leftWork += 1;
      if (told < messages) seen.cutShort += 1;
      await first.close();
      shop.release();

      const second = await visit(chromium, host, shop, name, quota === undefined ? undefined : 0);
      if ((await second.evaluate('customer.client()')) !== client) wrong['another client'] += 1;
      wrong['left in the store'] += (await second.evaluate<string[]>('customer.done()')).length;
      await second.close();
      const sure = durable();
      seen.durable += sure.length;
      seen.volatile += shop.reports.filter((report) => report.durable === false).length;
      seen.told += shop.reports.filter(({ error }) => error?.startsWith('store-failed: Quota')).length;
      wrong['durable and not processed'] += sure.filter((n) => !shop.processed.has(n)).length;
    }
    wrong['processed twice'] = [...shop.processed.values()].filter((times) => times > 1).length;
    return { wrong, seen };
  } finally {
    await chromium.close();
    await shop.stop();
  }
}

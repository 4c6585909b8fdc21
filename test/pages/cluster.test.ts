import type { Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Blow, CLIENTS, FLOOD_EACH } from '../../src/cli/demo/cluster/api.js';
import { type ClusterDemo, serveCluster } from '../../src/cli/demo/cluster/host/serve.js';
import { describeInChromium, useChromium } from '../support/pages.js';
import { hasRedis } from '../support/redis.js';

type Row =
  | 'Sent'
  | 'Received'
  | 'Waiting'
  | 'Lost in silence'
  | 'Lost, but told'
  | 'Gaps told'
  | 'Repeated'
  | 'Out of order';
/** Of each client. */
type Numbers = (row: Row) => readonly number[];

const PATIENCE = { timeout: 60_000 };
const everybody = (count: number): number[] => Array(CLIENTS).fill(count);
const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);
const open = useChromium();

/** The page as a visitor sees it. */
class Visit {
  readonly page: Page;
  readonly #errors: readonly string[];

  private constructor(page: Page, errors: readonly string[]) {
    this.page = page;
    this.#errors = errors;
  }

  /** Resolves once everybody hears everybody. */
  static async begin(url: string, viewport = { width: 1_280, height: 860 }): Promise<Visit> {
    const { page, errors } = await open(url, { viewport });
    const visit = new Visit(page, errors);
    await visit.sees('everybody hears the room', (count) => Math.min(...count('Received')) > 2 * CLIENTS);
    return visit;
  }

  async numbers(): Promise<Numbers> {
    const cells = await this.page.locator('[data-count]').evaluateAll((found) => {
      return found.map((cell) => [cell.getAttribute('data-count'), cell.textContent]);
    });
    const counts = new Map(cells.map(([name, text]) => [name, Number(text?.replaceAll(',', ''))]));
    return (row) => everybody(0).map((_, at) => counts.get(`${at} ${row}`) ?? Number.NaN);
  }

  async sees(what: string, isSo: (numbers: Numbers) => boolean): Promise<void> {
    const end = performance.now() + PATIENCE.timeout;
    while (!isSo(await this.numbers())) {
      if (performance.now() > end) throw new Error(`after ${PATIENCE.timeout} ms still not: ${what}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async reads(selector: string, wanted: RegExp): Promise<void> {
    await this.page.locator(selector).filter({ hasText: wanted }).waitFor(PATIENCE);
  }

  text(selector: string): Promise<string> {
    return this.page.locator(selector).innerText();
  }

  /** Presses the button, and waits until the page says that its effect is over. */
  async strike(blow: Blow): Promise<void> {
    const button = this.page.locator(`#${blow}`);
    await button.click();
    await button.and(this.page.locator(':not([aria-disabled])')).waitFor(PATIENCE);
  }

  /** All are connected, and have heard more since. */
  async goesOn(): Promise<void> {
    for (let at = 0; at < CLIENTS; at += 1) await this.reads(`#client-${at} .link`, /^On node [AB]$/);
    const before = (await this.numbers())('Received');
    await this.sees('everybody hears more', (count) => count('Received').every((now, at) => now > (before[at] ?? 0)));
  }

  /** Lets everything come home. Every client has all that was sent, but for what it was told of. */
  async ends(): Promise<Numbers> {
    await this.goesOn();
    await this.page.click('#pause');
    await this.sees('nothing is under way', (count) => sum(count('Waiting')) === 0);
    const count = await this.numbers();
    const sent = sum(count('Sent'));
    const [told, repeated] = [count('Lost, but told'), count('Repeated')];
    expect(count('Lost in silence')).toEqual(everybody(0));
    expect(count('Out of order')).toEqual(everybody(0));
    expect(count('Received')).toEqual(told.map((gone, at) => sent - gone + (repeated[at] ?? 0)));
    expect(await this.text('#headline-first')).toMatch(/to four clients, none is lost in silence\.$/);
    expect(this.#errors).toEqual([]);
    await this.page.context().close();
    return count;
  }
}

describe.skipIf(!hasRedis)('the page of the cluster', () => {
  describeInChromium('in Chromium', () => {
    let demo: ClusterDemo;
    beforeAll(async () => {
      demo = await serveCluster(0);
    });
    afterAll(() => demo?.close());

    it('a node is killed: its clients go on at the other one, and miss nothing', async () => {
      const visit = await Visit.begin(demo.url);
      const [home = ''] = /[AB]$/.exec(await visit.text('#client-0 .link')) ?? [];
      const [blow, other] = home === 'A' ? (['killA', 'B'] as const) : (['killB', 'A'] as const);
      const struck = visit.strike(blow);
      await visit.reads(`#node-${home}`, /down$/);
      for (let at = 0; at < CLIENTS; at += 1)
        await visit.reads(`#client-${at} .link`, new RegExp(`^On node ${other}$`));
      await visit.reads('#explanation', new RegExp(`^Node ${home} is down. All clients are on node ${other}`));
      await struck;
      await visit.reads(`#node-${home}`, /0 clients$/);
      expect(await visit.text('#log')).toMatch(/Client 1 is back\.[\s\S]*Client 1 lost its link\./);
      const count = await visit.ends();
      for (const row of ['Gaps told', 'Repeated', 'Lost, but told'] as const) expect(count(row)).toEqual(everybody(0));
    });

    it('Redis is restarted with its data: everybody waits for it, and misses nothing', async () => {
      const visit = await Visit.begin(demo.url);
      const struck = visit.strike('restart');
      await visit.reads('#redis', /down$/);
      await visit.sees('messages wait', (count) => Math.min(...count('Waiting')) > 0);
      await struck;
      const count = await visit.ends();
      for (const row of ['Gaps told', 'Repeated', 'Lost, but told'] as const) expect(count(row)).toEqual(everybody(0));
    });

    it('Redis is restarted without its data: each client tells one gap, and what is gone is in it', async () => {
      const visit = await Visit.begin(demo.url);
      await visit.strike('wipe');
      await visit.sees('everybody was told', (count) => Math.min(...count('Gaps told')) > 0);
      await visit.reads('#headline-second', /^Each client was told exactly one gap\.$/);
      await visit.reads('#explanation', /^Redis forgot \d+ messages that somebody had not heard yet/);
      const count = await visit.ends();
      expect(count('Gaps told')).toEqual(everybody(1));
      expect(count('Lost, but told').at(-1)).toBeGreaterThan(0);
      expect(count('Lost, but told').slice(0, -1)).toEqual(everybody(0).slice(1));
    });

    it('all links are cut in a flood, and both nodes restart as planned: nobody misses anything', async () => {
      const visit = await Visit.begin(demo.url, { width: 390, height: 844 });
      expect(await visit.page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
      await visit.page.click('#flood');
      await visit.strike('cut');
      await visit.sees('the flood is over', (count) => Math.min(...count('Received')) > CLIENTS * FLOOD_EACH);
      await visit.strike('roll');
      const count = await visit.ends();
      for (const row of ['Gaps told', 'Repeated', 'Lost, but told'] as const) expect(count(row)).toEqual(everybody(0));
    });
  });
});

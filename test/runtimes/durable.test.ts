import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, inject, it } from 'vitest';
import { type Chromium, launchChromium, type Page } from '../support/chromium.js';
import { customerScript } from '../support/durable/customer.js';
import { killInRounds } from '../support/durable/rounds.js';
import { type Shop, startShop } from '../support/durable/shop.js';
import { until } from '../support/until.js';
import { requireTool } from '../tools/tools.js';

// Pages with durable messages that end in every way that a page can. `npm run proof -- durable` is the long version.

const [path = ''] = requireTool('chromium') ?? [];
const host = inject('host');
const cleanUp: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const clean of cleanUp.splice(0).reverse()) await clean();
});

const openShop = async (): Promise<Shop> => {
  const shop = await startShop();
  cleanUp.push(shop.stop);
  return shop;
};
const browse = async (profile?: string): Promise<Chromium> => {
  const chromium = await launchChromium(path, { profile });
  cleanUp.push(chromium.close);
  return chromium;
};
const visit = async (page: Page, shop: Shop): Promise<string> => {
  await page.evaluate(customerScript(host, shop, 'orders'));
  return page.evaluate('customer.client()');
};
const durable = (shop: Shop): number => shop.reports.filter((report) => report.durable).length;
const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);
const once = (count: number): [number, number][] => upTo(count).map((n) => [n, 1]);
describe.skipIf(path === '')('durable messages in Chromium', () => {
  it('of pages that were killed are processed once', async () => {
    const { wrong, seen } = await killInRounds(path, host, { seed: 7, rounds: 3, messages: 1_000 });
    expect(wrong).toEqual(Object.fromEntries(Object.keys(wrong).map((what) => [what, 0])));
    expect(seen.leftWork).toBe(3);
    expect(seen.cutShort).toBeGreaterThan(1);
    expect(seen.volatile).toBe(0);
  });

  it('that are over the quota are told, and no other is lost', async () => {
    const { wrong, seen } = await killInRounds(path, host, { seed: 8, rounds: 2, messages: 500, quota: 1_500_000 });
    expect(wrong).toEqual(Object.fromEntries(Object.keys(wrong).map((what) => [what, 0])));
    expect(seen.durable).toBeGreaterThan(0);
    expect(seen.leftWork).toBe(2);
    expect(seen.volatile).toBeGreaterThan(0);
    expect(seen.told).toBeGreaterThan(0);
  });

  it('outlive the whole browser', async () => {
    const shop = await openShop();
    const profile = await mkdtemp(join(tmpdir(), 'durable-'));
    cleanUp.push(() => rm(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }));
    const first = await launchChromium(path, { profile });
    cleanUp.push(first.kill);
    const page = await first.open(`${host}/blank`);
    const client = await visit(page, shop);
    shop.holdAfter(10);
    await page.evaluate('void customer.order(1, 100, 10)');
    await until(() => durable(shop) === 100 && shop.processed.size === 10);
    await first.kill();
    expect(shop.processed.size).toBe(10);
    shop.release();

    const again = await (await browse(profile)).open(`${host}/blank`);
    expect(await visit(again, shop)).toBe(client);
    expect(await again.evaluate('customer.done()')).toEqual([]);
    expect([...shop.processed]).toEqual(once(100));
  });

  it('go on after a reload, and when the tab goes to another page of the app and back', async () => {
    const shop = await openShop();
    const page = await (await browse()).open(`${host}/blank`);
    const client = await visit(page, shop);
    await page.send('Page.enable');
    const steps = [
      () => page.send('Page.reload'),
      () => page.send('Page.navigate', { url: `${host}/blank/other` }),
      () => page.send('Page.navigate', { url: `${host}/blank` }),
      () => page.evaluate('void setTimeout(() => history.back())'),
    ];
    for (const [i, go] of steps.entries()) {
      shop.holdAfter(10);
      await page.evaluate(`window.marker = ${i}; void customer.order(${i * 25 + 1}, ${i * 25 + 25}, 10)`);
      await until(() => durable(shop) === i * 25 + 25);
      expect(shop.processed.size).toBeLessThan(i * 25 + 25);
      await go();
      // Until the document is another one.
      const isGone = (): Promise<boolean> =>
        page.evaluate<boolean>(`window.marker !== ${i} && document.readyState === 'complete'`).catch(() => false);
      while (!(await isGone())) await new Promise((resolve) => setTimeout(resolve, 10));
      shop.release();
      expect(await visit(page, shop)).toBe(client);
    }
    expect(await page.evaluate('customer.done()')).toEqual([]);
    expect([...shop.processed].sort(([a], [b]) => a - b)).toEqual(once(100));
  });

  it('of two tabs stay apart, and those of a tab that is gone are taken over', async () => {
    const shop = await openShop();
    const chromium = await browse();
    const pages = [await chromium.open(`${host}/blank`), await chromium.open(`${host}/blank`)] as const;
    const clients = [await visit(pages[0], shop), await visit(pages[1], shop)];
    expect(clients[0]).not.toBe(clients[1]);
    shop.holdAfter(10);
    await Promise.all([
      pages[0].evaluate('void customer.order(1, 50, 10)'),
      pages[1].evaluate('void customer.order(51, 100, 10)'),
    ]);
    await until(() => durable(shop) === 100);
    // The second one ends alone: the first keeps what is its own, and the next tab takes the rest.
    await pages[1].close();
    shop.release();
    const third = await chromium.open(`${host}/blank`);
    expect(await visit(third, shop)).toBe(clients[1]);
    expect(await third.evaluate('customer.done()')).toEqual([]);
    await until(() => shop.processed.size === 100);
    expect(await pages[0].evaluate('customer.client()')).toBe(clients[0]);
    expect([...shop.processed].sort(([a], [b]) => a - b)).toEqual(once(100));
    expect(shop.reports.filter(({ error }) => error !== undefined)).toEqual([]);
  });
});

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, firefox, type Page } from 'playwright';
import { afterEach, describe, expect, inject, it } from 'vitest';
import { descendants } from '../support/descendants.js';
import { customerScript } from '../support/durable/customer.js';
import { type Shop, startShop } from '../support/durable/shop.js';
import { until } from '../support/until.js';
import { requireTool } from '../tools/tools.js';

const [executablePath] = requireTool('firefox') ?? [];
const host = inject('host');
let shop: Shop;
const cleanUp: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const clean of cleanUp.splice(0).reverse()) await clean();
});

const launch = async (profile: string): Promise<BrowserContext> => {
  const options = { channel: 'moz-firefox', executablePath: executablePath ?? '' };
  const context = await firefox.launchPersistentContext(profile, options);
  cleanUp.push(() => context.close().catch(() => {}));
  return context;
};

const visit = async (page: Page): Promise<string> => {
  await page.goto(`${host}/blank`);
  await page.evaluate(customerScript(host, shop, 'orders'));
  return page.evaluate('customer.client()');
};
/** Sends 50 orders, of which 10 are processed, and waits until all are on the disk. */
const order = async (page: Page, from: number): Promise<void> => {
  shop.holdAfter(10);
  await page.evaluate(`void customer.order(${from}, ${from + 49}, 10)`);
  await until(() => shop.reports.filter(({ durable }) => durable).length === from + 49);
};

describe.skipIf(executablePath === undefined)('durable messages in Firefox', () => {
  it('go on after a reload, and after the process of the page was killed', async () => {
    shop = await startShop();
    cleanUp.push(shop.stop);
    const profile = await mkdtemp(join(tmpdir(), 'durable-'));
    cleanUp.push(() => rm(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 }));
    const page = await (await launch(profile)).newPage();
    const client = await visit(page);
    await order(page, 1);
    await page.reload();
    shop.release();
    expect(await visit(page)).toBe(client);
    await order(page, 51);
    expect(shop.processed.size).toBeLessThan(100);

    // Driven by a test, Firefox gives up altogether when the process of a page is gone: another one finds what is left.
    const killed = descendants('-contentproc');
    expect(killed.length).toBeGreaterThan(0);
    for (const pid of killed) process.kill(pid, 'SIGKILL');
    await until(() => shop.reporters() === 0 && descendants('firefox').length === 0);
    shop.release();
    const next = await (await launch(profile)).newPage();
    expect(await visit(next)).toBe(client);
    expect(await next.evaluate('customer.done()')).toEqual([]);
    expect([...shop.processed].sort(([a], [b]) => a - b)).toEqual(Array.from({ length: 100 }, (_, n) => [n + 1, 1]));
    expect(shop.reports.filter(({ error }) => error !== undefined)).toEqual([]);
  });
});

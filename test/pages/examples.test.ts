import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright';
import { build, type PreviewServer, preview } from 'vite';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type FaultProxy, startFaultProxy } from '../../src/testing/fault-proxy.js';
import { root } from '../support/child.js';
import { describeInChromium, useChromium } from '../support/pages.js';

const open = useChromium();
const configFile = join(root, 'examples/vite.config.ts');
const proxies: FaultProxy[] = [];
let outDir: string;
let server: PreviewServer;

// As `vite build examples` and `vite preview examples` do it.
beforeAll(async () => {
  outDir = await mkdtemp(join(tmpdir(), 'examples-'));
  await build({ configFile, logLevel: 'warn', build: { outDir, emptyOutDir: true } });
  server = await preview({ configFile, logLevel: 'warn', build: { outDir }, preview: { port: 0 } });
});

afterAll(async () => {
  await Promise.all(proxies.map((proxy) => proxy.close()));
  await server?.close();
  await rm(outDir, { recursive: true, force: true });
});

/** A visitor behind a bad network of its own, through which the page comes too. */
async function visit(path: string) {
  const { port } = new URL(server.resolvedUrls?.local[0] ?? '');
  const proxy = await startFaultProxy({ target: { host: '127.0.0.1', port: Number(port) } });
  proxies.push(proxy);
  const opened = await open(`${proxy.url.replace('ws', 'http')}${path}`);
  await reads(opened.page, '#state', 'Connected');
  return { ...opened, proxy };
}

const reads = (page: Page, selector: string, hasText: string | RegExp): Promise<void> =>
  page.locator(selector).filter({ hasText }).first().waitFor();

const lines = (page: Page, list: string): Promise<string[]> => page.locator(`#${list} li`).allInnerTexts();

async function say(page: Page, ...texts: string[]): Promise<void> {
  for (const text of texts) {
    await page.fill('#text', text);
    await page.click('button');
  }
}

describeInChromium('examples/chat', () => {
  it('shows both people the same messages, once each, although one of them was cut off', async () => {
    const ann = await visit('/chat/?name=ann');
    const bob = await visit('/chat/?name=bob');
    await say(ann.page, 'one');
    await say(bob.page, 'two');
    for (const { page } of [ann, bob]) await reads(page, '#messages', 'bob: two');

    ann.proxy.refuse(true);
    ann.proxy.inject('rst');
    await reads(ann.page, '#state', /Offline, next attempt in \d+ s/);
    await say(ann.page, 'three', 'four');
    await say(bob.page, 'five');
    await reads(bob.page, '#messages', 'bob: five');
    expect(await lines(ann.page, 'waiting')).toEqual(['ann: three', 'ann: four']);
    expect(await lines(ann.page, 'messages')).toEqual(['ann: one', 'bob: two']);

    ann.proxy.refuse(false);
    await reads(ann.page, '#messages', 'ann: four');
    await ann.page.locator('#waiting li').first().waitFor({ state: 'detached' });
    await reads(bob.page, '#messages', 'ann: four');
    const all = ['ann: one', 'bob: two', 'bob: five', 'ann: three', 'ann: four'];
    for (const { page } of [ann, bob]) expect(await lines(page, 'messages')).toEqual(all);

    // Who comes later, or again, gets what was said.
    await bob.page.reload();
    await reads(bob.page, '#messages', 'ann: four');
    expect(await lines(bob.page, 'messages')).toEqual(all);
    expect([...ann.errors, ...bob.errors]).toEqual([]);
  });
});

describeInChromium('examples/prices', () => {
  it('shows the newest price, marks a stale one, and tells the server the last wish only', async () => {
    const { page, proxy, errors } = await visit('/prices/');
    const bid = () => page.locator('#AAA td').first().innerText();
    const colour = () =>
      page
        .locator('#AAA td')
        .first()
        .evaluate((cell) => getComputedStyle(cell).fontStyle);
    const changes = async (): Promise<void> => {
      const before = await bid();
      await page.waitForFunction((old) => document.querySelector('#AAA td')?.textContent !== old, before);
    };
    await reads(page, '#AAA td', /^1\d\d\.\d\d$/);
    await changes();
    expect(await colour()).toBe('normal');

    const wishes: string[] = [];
    page.on('websocket', (socket) => socket.on('framesent', ({ payload }) => wishes.push(String(payload))));
    proxy.refuse(true);
    proxy.inject('rst');
    await reads(page, '#state', /Offline/);
    expect(await colour()).toBe('italic');
    for (const rate of ['7', '12', '20']) await page.fill('#rate', rate);
    await page.locator('#BBB input').uncheck();
    await page.locator('#CCC input').uncheck();
    proxy.refuse(false);
    await reads(page, '#state', 'Connected');
    await changes();
    expect(await colour()).toBe('normal');
    const told = wishes.map((text) => JSON.parse(text)).filter(({ type }) => type !== 'ping');
    expect(told.length).toBeGreaterThanOrEqual(2);
    for (const wish of told) {
      expect([
        { type: 'rate', perSecond: 20 },
        { type: 'watch', symbols: ['AAA'] },
      ]).toContainEqual(wish);
    }
    expect(errors).toEqual([]);
  });
});

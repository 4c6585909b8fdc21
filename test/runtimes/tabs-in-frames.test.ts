import { type Browser, firefox } from 'playwright';
import { afterEach, describe, expect, inject, it } from 'vitest';
import { startCompanion } from '../support/companion.js';
import { requireTool } from '../tools/tools.js';

// Widgets on the pages of another site. Firefox grants these locks, and does not tell them who has which.

const [executablePath] = requireTool('firefox') ?? [];
const cleanUp: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const clean of cleanUp.splice(0).reverse()) await clean();
});

describe.skipIf(executablePath === undefined)('frames in the pages of another site in Firefox', () => {
  it('share one socket as tabs do, and go on when the one that has it is gone', async () => {
    const orders: unknown[] = [];
    const connections: unknown[] = [];
    const { url, stop } = await startCompanion({
      authenticate: () => {
        connections.push('one');
        return { principal: 'user' };
      },
      onMessage: ({ n }) => {
        orders.push(n);
        return undefined;
      },
    });
    cleanUp.push(stop);
    const options = { channel: 'moz-firefox', executablePath: executablePath ?? '' };
    const browser: Browser = await firefox.launch(options);
    cleanUp.push(() => browser.close());
    const page = await browser.newPage();
    // To a browser this is another site than the one by its address.
    const frameHost = inject('host').replace('127.0.0.1', 'localhost');
    await page.goto(`${inject('host')}/blank`);
    await page.setContent(`<iframe src="${frameHost}/blank/1"></iframe><iframe src="${frameHost}/blank/2"></iframe>`);
    const [one, two] = page.frames().slice(1);
    if (!one || !two) throw new Error('there are no frames');
    for (const frame of [one, two]) {
      await frame.evaluate(`(async () => {
        const { queue, ReliableSocket } = await import('${frameHost}/package/index.js');
        const { shareAcrossTabs } = await import('${frameHost}/package/tabs.js');
        const policies = { order: queue({ ack: 'message' }) };
        window.socket = shareAcrossTabs(() => new ReliableSocket('${url}', { policies }), { name: 'widget', patience: 4_000 });
        await socket.opened({ signal: AbortSignal.timeout(60_000) });
      })()`);
    }
    const order = 'const order = async (n) => (await socket.send({ type: "order", n }).settled).outcome;';
    expect(await one.evaluate(`(async () => { ${order} return order(1); })()`)).toBe('acked');
    expect(await two.evaluate(`(async () => { ${order} return order(2); })()`)).toBe('acked');
    expect(connections).toHaveLength(1);
    await page.evaluate('document.querySelector("iframe").remove()');
    expect(await two.evaluate(`(async () => { ${order} return order(3); })()`)).toBe('acked');
    expect(orders).toEqual([1, 2, 3]);
    expect(connections).toHaveLength(2);
  });
});

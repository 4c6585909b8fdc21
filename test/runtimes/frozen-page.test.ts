import { afterAll, describe, expect, inject, it } from 'vitest';
import { type Chromium, launchChromium, type Page } from '../support/chromium.js';
import { RemoteNetwork } from '../support/remote-network.js';
import { requireTool } from '../tools/tools.js';

// A page that the browser freezes, as it does with tabs in the background: no timer runs, and the socket dies unseen.
// What drives browsers for tests keeps every page visible, so this one is driven by the DevTools protocol alone.

const [path] = requireTool('chromium') ?? [];
const host = inject('host');
let chromium: Chromium | undefined;

afterAll(() => chromium?.close());

/** Runs in the page. */
const script = (url: string): string => `(async () => {
  const { queue, ReliableSocket } = await import('${host}/package/index.js');
  const socket = new ReliableSocket('${url}', {
    backoff: { base: 20, max: 200 },
    policies: { order: queue({ ack: 'message' }) },
  });
  window.seen = { heard: [], states: [], resumed: [], page: [], troubles: [] };
  socket.onMessage('news', ({ n }) => seen.heard.push(n));
  socket.on('state', ({ status }) => seen.states.push(status));
  socket.on('open', ({ resumed }) => seen.resumed.push(resumed));
  for (const trouble of ['gap', 'error', 'undelivered']) socket.on(trouble, (event) => seen.troubles.push(event));
  for (const type of ['freeze', 'resume']) document.addEventListener(type, () => seen.page.push(type));
  window.order = (n) => socket.send({ type: 'order', n }).settled.then(({ outcome }) => outcome);
  await socket.opened();
})()`;

interface Seen {
  readonly heard: number[];
  readonly states: string[];
  readonly resumed: boolean[];
  readonly page: string[];
  readonly troubles: unknown[];
}

const until = async (page: Page, condition: (seen: Seen) => boolean): Promise<Seen> => {
  const end = performance.now() + 15_000;
  for (;;) {
    const seen = await page.evaluate<Seen>('seen');
    if (condition(seen)) return seen;
    if (performance.now() > end) throw new Error(`still not: ${condition}, but ${JSON.stringify(seen)}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
};

describe.skipIf(path === undefined)('a page that Chromium freezes', () => {
  it('resumes when it wakes, and has lost and repeated nothing', async () => {
    chromium = await launchChromium(path ?? '');
    const network = await RemoteNetwork.open(host);
    const page = await chromium.open(`${host}/blank`);
    await page.evaluate(script(network.url));
    await network.publish(1, 3);
    await until(page, ({ heard }) => heard.length === 3);

    // Only a hidden page can be frozen.
    await chromium.open('about:blank');
    await page.send('Page.setWebLifecycleState', { state: 'frozen' });
    const frozen = await until(page, (seen) => seen.page.includes('freeze'));
    expect(await page.evaluate('document.visibilityState')).toBe('hidden');
    expect(frozen.heard).toEqual([1, 2, 3]);
    await network.publish(4, 6);
    const order = page.evaluate('order(1)');

    await page.send('Page.setWebLifecycleState', { state: 'active' });
    const woken = await until(page, ({ heard }) => heard.length >= 6);
    expect(await order).toBe('acked');
    expect(woken.states).toContain('suspended');
    expect(woken).toMatchObject({
      heard: [1, 2, 3, 4, 5, 6],
      resumed: [false, true],
      page: ['freeze', 'resume'],
      troubles: [],
    });
    expect(await network.see()).toMatchObject({ received: [1], connections: 1 });
  });
});

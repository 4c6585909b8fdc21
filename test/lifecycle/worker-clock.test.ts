import { describe, expect, inject, it } from 'vitest';
import { type Chromium, launchChromium } from '../support/chromium.js';
import { THROTTLE } from '../support/lifecycle/rows.js';
import { Visit, type VisitOptions } from '../support/lifecycle/visit.js';
import { requireTool } from '../tools/tools.js';

// That a worker keeps time in a hidden page is a row of browsers.test.ts; here is what it is good for, and what follows
// where it is not allowed.

const [path] = requireTool('chromium') ?? [];
const host = inject('host');

const visiting = async (
  options: VisitOptions & { readonly policy?: string },
  call: (visit: Visit, chromium: Chromium) => Promise<void>,
): Promise<void> => {
  const chromium = await launchChromium(path ?? '', { flags: [THROTTLE] });
  try {
    const page = await chromium.open(`${host}/blank`);
    if (options.policy !== undefined) {
      await page.evaluate(`document.head.append(Object.assign(document.createElement('meta'), {
        httpEquiv: 'Content-Security-Policy', content: ${JSON.stringify(options.policy)} }))`);
    }
    await call(await Visit.begin(host, page, options), chromium);
  } finally {
    await chromium.close();
  }
};

const withClock = (host: string): string =>
  `environment: (await import('${host}/package/worker-clock.js')).workerClock({
    onFallback: (cause) => seen.troubles.push('fallback: ' + cause) })`;

describe.skipIf(path === undefined)('timers in a worker', () => {
  it.concurrent('are what keeps a hidden page with a server that counts its silence', async () => {
    await visiting({ server: { heartbeat: 3_000 } }, async (visit, chromium) => {
      visit.isQuiet = true;
      await chromium.open('about:blank');
      // Without them it is cut off, once its timers are throttled.
      await visit.until("document.visibilityState === 'hidden' && seen.losses.length > 0", 30_000);
      expect((await visit.see<string[]>('seen.losses'))[0]).toBe('1006 peer');
    });
  });

  it.concurrent('are those of the page where its security policy refuses workers, and that is told once', async () => {
    const options = { client: withClock, policy: "worker-src 'none'", server: { heartbeat: 3_000 } };
    await visiting(options, async (visit) => {
      await visit.until('seen.ticks.length > 50');
      const { seen } = await visit.end();
      expect(seen.troubles).toEqual([expect.stringMatching(/^fallback: /)]);
      // It goes on to answer for itself.
      expect(seen.losses).toEqual([]);
      expect(seen.openedAt).toHaveLength(1);
    });
  });

  it.concurrent('keep no page out of the back-forward cache', async () => {
    await visiting({ client: withClock }, async (visit) => {
      await visit.see("void (location.href = '/blank/away')");
      await visit.until("location.pathname === '/blank/away' && window.seen === undefined");
      await visit.see('history.back()').catch(() => {});
      await visit.until("seen.page.includes('pageshow true') && seen.openedAt.length === 2");
      const { seen } = await visit.end();
      expect(seen.troubles).toEqual([]);
    });
  });
});

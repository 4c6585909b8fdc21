import { describe, expect, inject, it, vi } from 'vitest';
import { launchChromium } from '../support/chromium.js';
import { THROTTLE } from '../support/lifecycle/rows.js';
import { Visit, type VisitOptions } from '../support/lifecycle/visit.js';
import { requireTool } from '../tools/tools.js';

// That a conversation goes on by such timers is a row of browsers.test.ts; here is that they are better than those of the
// page, and what follows where there can be none.

const [path] = requireTool('chromium') ?? [];
const host = inject('host');

const visiting = async (
  options: VisitOptions & { readonly policy?: string },
  call: (visit: Visit) => Promise<void>,
): Promise<void> => {
  const chromium = await launchChromium(path ?? '', { flags: [THROTTLE] });
  try {
    const page = await chromium.open(`${host}/blank`);
    if (options.policy !== undefined) {
      await page.evaluate(`document.head.append(Object.assign(document.createElement('meta'), {
        httpEquiv: 'Content-Security-Policy', content: ${JSON.stringify(options.policy)} }))`);
    }
    await call(await Visit.begin(host, page, options));
  } finally {
    await chromium.close();
  }
};

const withClock = (host: string): string =>
  `environment: (await import('${host}/package/worker-clock.js')).workerClock({
    onFallback: (cause) => seen.troubles.push('fallback: ' + cause) })`;

describe.skipIf(path === undefined)('timers in a worker', () => {
  it.concurrent('go on in a hidden page whose own are held back', async () => {
    const chromium = await launchChromium(path ?? '', { flags: [THROTTLE] });
    try {
      const page = await chromium.open(`${host}/blank`);
      await page.evaluate(`(async () => {
        const { workerClock } = await import('${host}/package/worker-clock.js');
        window.rang = { page: 0, worker: 0 };
        const again = (whose, set) => set(() => {
          rang[whose] = performance.now();
          again(whose, set);
        }, 200);
        again('page', (run, ms) => setTimeout(run, ms));
        again('worker', workerClock().setTimer);
      })()`);
      await chromium.open('about:blank');
      const ago = (): Promise<{ readonly page: number; readonly worker: number }> =>
        page.evaluate(`({ page: performance.now() - rang.page, worker: performance.now() - rang.worker })`);
      await vi.waitFor(
        async () => {
          const { page: own, worker } = await ago();
          expect(own).toBeGreaterThan(5_000);
          expect(worker).toBeLessThan(1_000);
        },
        { timeout: 50_000, interval: 50 },
      );
    } finally {
      await chromium.close();
    }
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

import { launchChromium } from '../chromium.js';
import type { StormBrowser } from './browser.js';
import { pageProcess } from './page-process.js';

/** Tabs of Chromium: the one that was opened last is visible, the others are hidden. */
export async function stormInChromium(path: string): Promise<StormBrowser> {
  const chromium = await launchChromium(path);
  const taken = new Set<number>();
  return {
    async open(url) {
      const page = await chromium.open(url);
      const { evaluate } = page;
      const pid = await pageProcess('--type=renderer', taken, evaluate);
      taken.add(pid);
      const toState = (state: string): Promise<unknown> => page.send('Page.setWebLifecycleState', { state });
      return {
        pid,
        evaluate,
        close: page.close,
        async hide() {
          if ((await evaluate('document.visibilityState')) === 'visible') await chromium.open('about:blank');
        },
        async freeze() {
          await toState('frozen');
          return () => toState('active');
        },
      };
    },
    close: chromium.close,
  };
}

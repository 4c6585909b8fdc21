import type { StormPage } from './browser.js';

/**
 * How a leader is lost. `kill`: its process, and nobody is told but by the browser. `freeze`: the page is told.
 * `hang`: its process is stopped, nobody is told, and it wakes up later.
 */
export const LOSSES = ['close', 'kill', 'freeze', 'hang'] as const;
export type Loss = (typeof LOSSES)[number];

/** Of these the tab does not come back. */
export const isForGood = (loss: Loss): boolean => loss === 'close' || loss === 'kill';

/** Loses a page; one that comes back does so after `pause`, and the promise in the answer tells when. */
export async function lose(page: StormPage, loss: Loss, pause: Promise<unknown>): Promise<Promise<unknown>[]> {
  switch (loss) {
    case 'close':
      await page.close();
      return [];
    case 'kill':
      process.kill(page.pid, 'SIGKILL');
      return [];
    case 'freeze':
      if (!page.freeze) throw new Error('this browser freezes no page');
      return [pause.then(await page.freeze())];
    case 'hang':
      process.kill(page.pid, 'SIGSTOP');
      return [pause.then(() => process.kill(page.pid, 'SIGCONT'))];
  }
}

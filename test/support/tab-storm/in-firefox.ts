import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { firefox } from 'playwright';
import type { StormBrowser } from './browser.js';
import { pageProcess } from './page-process.js';

/** Driven by a test, Firefox gives up when the process of a page is gone, unless this is taken back. */
const launcher = (path: string): string => `#!/bin/sh\nunset MOZ_CRASHREPORTER_SHUTDOWN\nexec "${path}" "$@"\n`;

/** Pages of Firefox, all of them visible, each in a process of its own. */
export async function stormInFirefox(path: string): Promise<StormBrowser> {
  const folder = await mkdtemp(join(tmpdir(), 'firefox-'));
  const executablePath = join(folder, 'launcher');
  await writeFile(executablePath, launcher(path), { mode: 0o755 });
  const browser = await firefox.launch({
    channel: 'moz-firefox',
    executablePath,
    firefoxUserPrefs: { 'dom.ipc.processCount.webIsolated': 100 },
  });
  const context = await browser.newContext();
  const taken = new Set<number>();
  return {
    async open(url) {
      const page = await context.newPage();
      await page.goto(url);
      const evaluate = <T>(expression: string): Promise<T> => page.evaluate<T>(expression);
      const pid = await pageProcess('-contentproc', taken, evaluate);
      taken.add(pid);
      return {
        pid,
        evaluate,
        async close() {
          await page.close();
          // Its process may be given another page.
          taken.delete(pid);
        },
      };
    },
    async close() {
      await browser.close();
      await rm(folder, { recursive: true });
    },
  };
}

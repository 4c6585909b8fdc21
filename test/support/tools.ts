import { existsSync } from 'node:fs';

const first = (...paths: (string | undefined)[]): string | undefined =>
  paths.find((path) => path !== undefined && existsSync(path));

/** Where Chromium is on this machine, if it is. `CHROMIUM_PATH` goes first. */
export const findChromium = (): string | undefined =>
  first(
    process.env.CHROMIUM_PATH,
    '/usr/bin/chromium',
    '/usr/bin/google-chrome',
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  );

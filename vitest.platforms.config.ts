import { playwright } from '@vitest/browser-playwright';
import type { ViteUserConfig } from 'vitest/config';
import type { BrowserInstanceOption } from 'vitest/node';
import { findChromium, findFirefox, findWebKit } from './test/support/tools.js';
import { webkit } from './test/support/webkit-provider.js';

// The built package in real browsers and other runtimes. A config of its own, since only Chromium and Node can measure
// coverage.

const chromium = findChromium();
const firefox = findFirefox();
const webkitPaths = findWebKit();

const instances: BrowserInstanceOption[] = [];
if (chromium !== undefined) {
  const args = ['--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-gpu'];
  const launchOptions = { executablePath: chromium, chromiumSandbox: false, args };
  instances.push({ browser: 'chromium', provider: playwright({ launchOptions }) });
}
if (firefox !== undefined) {
  const launchOptions = { channel: 'moz-firefox', executablePath: firefox };
  instances.push({ browser: 'firefox', provider: playwright({ launchOptions }) });
}
if (webkitPaths !== undefined) instances.push({ browser: 'webkit', headless: false, provider: webkit(webkitPaths) });

const config: ViteUserConfig = {
  test: {
    reporters: process.env.CI ? ['default', ['json', { outputFile: 'reports/platforms.json' }]] : ['default'],
    projects: [
      {
        test: {
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          globalSetup: ['test/browser/setup.ts'],
          testTimeout: 20_000,
          browser: { enabled: true, headless: true, screenshotFailures: false, ui: false, instances },
        },
      },
    ],
  },
};

export default config;

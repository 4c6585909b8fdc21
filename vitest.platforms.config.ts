import { playwright } from '@vitest/browser-playwright';
import type { TestProjectConfiguration, ViteUserConfig } from 'vitest/config';
import type { BrowserInstanceOption } from 'vitest/node';
import { webkit } from './test/support/webkit-provider.js';
import { requireTool } from './test/tools/tools.js';

// The built package in real browsers and other runtimes. A config of its own, since only Chromium and Node can measure
// coverage.

const instances: BrowserInstanceOption[] = [];
const [chromium] = requireTool('chromium') ?? [];
if (chromium !== undefined) {
  const args = ['--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-gpu'];
  const launchOptions = { executablePath: chromium, chromiumSandbox: false, args };
  instances.push({ browser: 'chromium', provider: playwright({ launchOptions }) });
}
const [firefox] = requireTool('firefox') ?? [];
if (firefox !== undefined) {
  const launchOptions = { channel: 'moz-firefox', executablePath: firefox };
  instances.push({ browser: 'firefox', provider: playwright({ launchOptions }) });
}
const [driver, browser, xvfb] = requireTool('webkit') ?? [];
if (driver !== undefined && browser !== undefined && xvfb !== undefined) {
  instances.push({ browser: 'webkit', headless: false, provider: webkit({ driver, browser, xvfb }) });
}

/** Only a test that fails waits so long, and one on a machine with much else to do. */
const patient = { testTimeout: 180_000, hookTimeout: 180_000, expect: { poll: { timeout: 60_000 } } };

const browsers: TestProjectConfiguration = {
  test: {
    name: 'browser',
    include: ['test/browser/**/*.test.ts'],
    globalSetup: ['test/browser/setup.ts'],
    ...patient,
    browser: { enabled: true, headless: true, screenshotFailures: false, ui: false, instances },
  },
};

const runtimes: TestProjectConfiguration = {
  test: {
    name: 'runtimes',
    include: ['test/{runtimes,lifecycle}/**/*.test.ts'],
    globalSetup: ['test/runtimes/setup.ts'],
    ...patient,
  },
};

const config: ViteUserConfig = {
  test: {
    // Most tests wait for something, so none of the cores is kept free.
    maxWorkers: '100%',
    reporters: process.env.CI ? ['default', ['json', { outputFile: 'reports/platforms.json' }]] : ['default'],
    // A project without a browser would be an error.
    projects: instances.length > 0 ? [browsers, runtimes] : [runtimes],
  },
};

export default config;

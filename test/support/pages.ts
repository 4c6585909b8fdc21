import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright';
import { afterAll, describe } from 'vitest';
import { requireTool } from '../tools/tools.js';

const [executablePath] = requireTool('chromium') ?? [];

/** Skips where there is no Chromium, loudly. */
export const describeInChromium: typeof describe | typeof describe.skip =
  executablePath === undefined ? describe.skip : describe;

export interface OpenPage {
  readonly page: Page;
  /** What went wrong in the page: exceptions, and errors on the console but for those of the network. */
  readonly errors: readonly string[];
}

/** One real browser for the file; each page is of a visitor of its own. */
export function useChromium(): (url: string, options?: BrowserContextOptions) => Promise<OpenPage> {
  let launched: Promise<Browser> | undefined;
  afterAll(async () => (await launched)?.close());
  return async (url, options = {}) => {
    // Chromium's sandbox needs rights that root in a container does not have.
    launched ??= chromium.launch({ ...(executablePath && { executablePath }), chromiumSandbox: false });
    const context = await (await launched).newContext(options);
    const page = await context.newPage();
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.message));
    page.on('console', (message) => {
      // Also between the peer's close frame and the event `close`.
      const isOfNetwork = /WebSocket connection|net::ERR/.test(message.text());
      if (message.type() === 'error' && !isOfNetwork) errors.push(message.text());
    });
    await page.goto(url);
    return { page, errors };
  };
}

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { defineBrowserProvider } from '@vitest/browser';
import type { BrowserProvider, BrowserProviderOption } from 'vitest/node';
import { freePort } from './free-port.js';
import { until } from './until.js';

export interface WebKitPaths {
  readonly driver: string;
  readonly browser: string;
  readonly xvfb: string;
}

/** Runs tests in WebKitGTK: it has no headless mode, so it gets a screen of its own, and is driven by WebDriver. */
export const webkit = (paths: WebKitPaths): BrowserProviderOption =>
  defineBrowserProvider({ name: 'webkit', options: paths, providerFactory: () => new WebKitProvider(paths) });

class WebKitProvider implements BrowserProvider {
  readonly name = 'webkit';
  readonly supportsParallelism = false;
  readonly #paths: WebKitPaths;
  /** The screen and the driver. */
  readonly #children: ChildProcess[] = [];
  #base = '';
  #session: string | undefined;

  constructor(paths: WebKitPaths) {
    this.#paths = paths;
  }

  getCommandsContext(): Record<string, unknown> {
    return {};
  }

  async openPage(_sessionId: string, url: string): Promise<void> {
    this.#session ??= await this.#start();
    await this.#ask('POST', `/session/${this.#session}/url`, { url });
  }

  async close(): Promise<void> {
    if (this.#session !== undefined) await this.#ask('DELETE', `/session/${this.#session}`).catch(() => {});
    // The driver before its screen.
    for (const child of this.#children.reverse()) {
      if (child.exitCode !== null) continue;
      child.kill();
      await once(child, 'exit');
    }
  }

  async #start(): Promise<string> {
    const { driver, browser, xvfb } = this.#paths;
    // It says on its fourth channel which screen it took.
    const screen = spawn(xvfb, ['-displayfd', '3', '-nolisten', 'tcp'], {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    });
    this.#children.push(screen);
    // Safe: it is a pipe, as asked for above.
    const [said] = await once(screen.stdio[3] as NodeJS.ReadableStream, 'data');

    const port = await freePort();
    this.#base = `http://127.0.0.1:${port}`;
    const env = {
      ...process.env,
      DISPLAY: `:${String(said).trim()}`,
      WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1',
    };
    this.#children.push(spawn(driver, [`--port=${port}`], { stdio: 'ignore', env }));
    let ready = false;
    const look = (): boolean => {
      const hear = (): void => {
        ready = true;
      };
      this.#ask('GET', '/status').then(hear, () => {});
      return ready;
    };
    await until(look, { message: 'the WebKit driver answers' });
    const browserOptions = { binary: browser, args: ['--automation'] };
    const alwaysMatch = { browserName: 'MiniBrowser', 'webkitgtk:browserOptions': browserOptions };
    const { sessionId } = await this.#ask<{ sessionId: string }>('POST', '/session', { capabilities: { alwaysMatch } });
    return sessionId;
  }

  async #ask<T>(method: string, path: string, body?: object): Promise<T> {
    const response = await fetch(this.#base + path, { method, ...(body && { body: JSON.stringify(body) }) });
    const { value } = (await response.json()) as { value: T & { message?: string } };
    if (!response.ok) throw new Error(`${method} ${path}: ${value.message}`);
    return value;
  }
}

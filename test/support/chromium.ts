import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { Cdp } from './cdp.js';

const FLAGS = [
  '--headless=new',
  '--remote-debugging-pipe',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-extensions',
  '--disable-sync',
  '--disable-gpu',
  '--disable-dev-shm-usage',
];

/** One tab of a browser. */
export interface Page {
  send<T>(method: string, params?: object): Promise<T>;
  /** The value of an expression; a promise is awaited. Rejects with what it threw. */
  evaluate<T>(expression: string): Promise<T>;
  close(): Promise<void>;
}

export interface ChromiumOptions {
  /** Flags beside the usual ones. */
  readonly flags?: readonly string[];
  /** A command that runs the browser, for example inside a network namespace. */
  readonly under?: readonly string[];
  /** A folder for the profile, which the next browser can go on with. @default one that goes with the browser */
  readonly profile?: string | undefined;
}

export interface Chromium {
  readonly version: string;
  /** Of the browser's own process, the parent of all the others. */
  readonly pid: number;
  /** Opens a tab of its own, and waits until it is loaded. It is visible until the next one is opened. */
  open(url: string): Promise<Page>;
  /** The ids of the processes that run pages. */
  renderers(): Promise<number[]>;
  /** As a crash of the whole browser: nothing has time to tidy up. */
  kill(): Promise<void>;
  close(): Promise<void>;
}

interface ProcessInfo {
  readonly processInfo: readonly { readonly type: string; readonly id: number }[];
}

/**
 * A Chromium of its own, spoken to by nothing but the DevTools protocol: what drives browsers for tests keeps every page
 * visible, and listens to each WebSocket frame, which costs more than the frame.
 */
export async function launchChromium(path: string, options: ChromiumOptions = {}): Promise<Chromium> {
  const { flags = [], under = [], profile: kept } = options;
  const profile = kept ?? (await mkdtemp(join(tmpdir(), 'chromium-')));
  const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const own = [...FLAGS, ...sandbox, ...flags, `--user-data-dir=${profile}`, 'about:blank'];
  const [command = path, ...args] = [...under, path, ...own];
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });
  const ended = once(child, 'exit');
  try {
    // Safe: the two pipes that were asked for.
    const cdp = new Cdp(child.stdio[3] as Writable, child.stdio[4] as Readable);
    const { product } = await cdp.send<{ product: string }>('Browser.getVersion');
    return {
      version: product.replace('HeadlessChrome', 'Chromium').replace('Chrome/', 'Chromium '),
      pid: child.pid as number, // safe: it answers, so it was started
      open: (url) => openPage(cdp, url),
      async renderers() {
        const { processInfo } = await cdp.send<ProcessInfo>('SystemInfo.getProcessInfo');
        return processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => id);
      },
      async kill() {
        child.kill('SIGKILL');
        await ended;
      },
      async close() {
        await cdp.send('Browser.close').catch(() => child.kill('SIGKILL'));
        await ended;
        if (kept === undefined) await rm(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
      },
    };
  } catch (error) {
    child.kill('SIGKILL');
    await ended;
    throw error;
  }
}

async function openPage(cdp: Cdp, url: string): Promise<Page> {
  const { targetId } = await cdp.send<{ targetId: string }>('Target.createTarget', { url: 'about:blank' });
  const { sessionId } = await cdp.send<{ sessionId: string }>('Target.attachToTarget', { targetId, flatten: true });
  const send = <T>(method: string, params: object = {}): Promise<T> => cdp.send<T>(method, params, sessionId);
  await send('Page.enable');
  const loaded = cdp.next('Page.loadEventFired', sessionId);
  await send('Page.navigate', { url });
  await loaded;
  await send('Page.disable');
  return {
    send,
    async evaluate<T>(expression: string): Promise<T> {
      const { result, exceptionDetails } = await send<{
        result: { value: T };
        exceptionDetails?: { text: string; exception?: { description?: string } };
      }>('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true });
      if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
      return result.value;
    },
    async close() {
      await cdp.send('Target.closeTarget', { targetId });
    },
  };
}

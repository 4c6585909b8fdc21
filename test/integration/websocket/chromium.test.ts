import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { type Browser, chromium, type Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { startGraphqlServer } from '../../support/consumers/graphql-server.js';
import { RESTARTS } from '../../support/consumers/report.js';
import type { RestartingServer } from '../../support/consumers/restarting-server.js';
import { startYjsServer } from '../../support/consumers/yjs-server.js';
import type { DropInPage } from '../../support/page/drop-in.js';
import { conversations, glances } from '../../support/page/questions.js';

/** Plays what the questions ask of a server, and echoes. */
const startServer = async (): Promise<Server> => {
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html').end('<!doctype html><title>page</title>');
  });
  const wss = new WebSocketServer({ noServer: true, handleProtocols: (offered) => [...offered].at(-1) ?? false });
  server.on('upgrade', (request, socket, head) => {
    const [path, code] = (request.url ?? '').split('?');
    if (path === '/refuse') return void socket.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n');
    if (path === '/strange') request.headers['sec-websocket-protocol'] = 'strange';
    wss.handleUpgrade(request, socket, head, (client) => {
      client.on('error', () => {});
      client.on('message', (data, isBinary) => client.send(data, { binary: isBinary }));
      if (path === '/close')
        client.close(code === '1005' ? undefined : Number(code), code === '1005' ? undefined : 'why');
      if (path === '/cut') client.terminate();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
};

/** The functions that `DropInPage` holds, within the page. */
declare const page: DropInPage;

const executablePath = [process.env.CHROMIUM_PATH, '/usr/bin/chromium', '/usr/bin/google-chrome'].find(
  (path) => path && existsSync(path),
);
// A laptop may have none; where it must not be missing, CI is set, and the launch fails.
const missing = !executablePath && !process.env.CI;
if (missing) console.warn('SKIPPED: no Chromium found, so the drop-in is not compared with it. Set CHROMIUM_PATH.');

let browser: Browser;
let server: Server;
let tab: Page;
let origin: string;
let script: string;

beforeAll(async () => {
  if (missing) return;
  const entry = fileURLToPath(new URL('../../support/page/drop-in.ts', import.meta.url));
  const bundled = await build({ entryPoints: [entry], bundle: true, write: false, format: 'iife', target: 'es2022' });
  server = await startServer();
  origin = `127.0.0.1:${(server.address() as AddressInfo).port}`; // safe: it listens on TCP
  browser = await chromium.launch({ ...(executablePath && { executablePath }), chromiumSandbox: false });
  script = bundled.outputFiles[0]?.text ?? '';
  tab = await openPage();
}, 60_000);
afterAll(async () => {
  await browser?.close();
  server?.close();
});

/** A page of its own: in one whose attempts failed before, Chromium lets the next ones wait for seconds. */
const openPage = async (): Promise<Page> => {
  const opened = await browser.newPage();
  await opened.goto(`http://${origin}/folder/page`);
  await opened.addScriptTag({ content: script });
  return opened;
};
const ask = (tab: Page, name: string): Promise<{ native: unknown; ours: unknown }> =>
  tab.evaluate(([question, url]) => page.ask(question, url), [name, `ws://${origin}`] as const);

describe.skipIf(missing)('in Chromium, in the place of the native class, it answers as that does', () => {
  it.each(Object.keys(glances))('%s', async (name) => {
    const { native, ours } = await ask(tab, name);
    expect(ours).toEqual(native);
  });

  it.each(Object.keys(conversations))('%s', async (name) => {
    const own = await openPage();
    const { native, ours } = await ask(own, name);
    await own.close();
    expect(ours).toEqual(native);
  });
});

describe.skipIf(missing)('in Chromium, a package whose server is killed and started again', () => {
  it.each<[name: 'graphql' | 'yjs', start: () => Promise<RestartingServer>, closeEvent: 'each' | 'final']>([
    ['graphql', startGraphqlServer, 'final'],
    ['yjs', startYjsServer, 'each'],
  ])('%s keeps what it promises, with one connection left', { timeout: 60_000 }, async (name, start, closeEvent) => {
    const victim = await start();
    const consuming = await openPage();
    try {
      await consuming.exposeFunction('restartServer', victim.restart);
      await consuming.exposeFunction('countAtServer', victim.connections);
      const options = { closeEvent };
      const report = await consuming.evaluate(
        ([consumer, given, url]) =>
          page.consume(
            consumer,
            // The predicate of the docs: functions do not travel into a page.
            given.closeEvent === 'final' ? { ...given, shouldReconnect: (_close, { opened }) => !opened } : given,
            url,
          ),
        [name, options, victim.url] as const,
      );
      expect(report).toEqual({ restarts: RESTARTS, broken: [], connections: 1 });
    } finally {
      await consuming.close();
      await victim.stop();
    }
  });
});

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
import { conversions } from '../../support/page/conversions.js';
import type { Answers, DropInPage } from '../../support/page/drop-in.js';
import { order } from '../../support/page/order.js';
import { conversations, glances } from '../../support/page/questions.js';
import { requireTool } from '../../tools/tools.js';

/** Plays what the questions ask of a server, and echoes. */
const startServer = async (): Promise<Server> => {
  const server = createServer(({ url }, response) => {
    if (url === '/worker.js') return void response.setHeader('content-type', 'text/javascript').end(script);
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

const [executablePath] = requireTool('chromium') ?? [];

let browser: Browser;
let server: Server;
let tab: Page;
let origin: string;
let script: string;

beforeAll(async () => {
  if (executablePath === undefined) return;
  const entry = fileURLToPath(new URL('../../support/page/drop-in.ts', import.meta.url));
  const bundled = await build({ entryPoints: [entry], bundle: true, write: false, format: 'iife', target: 'es2022' });
  server = await startServer();
  origin = `127.0.0.1:${(server.address() as AddressInfo).port}`; // safe: it listens on TCP
  browser = await chromium.launch({ executablePath, chromiumSandbox: false });
  script = bundled.outputFiles[0]?.text ?? '';
  tab = await openPage();
});
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
type Scope = 'page' | 'worker';
const ask = (tab: Page, scope: Scope, name: string): Promise<Answers> =>
  tab.evaluate(
    ([where, question, url]) => (where === 'page' ? page.ask(question, url) : page.askInWorker(question, url)),
    [scope, name, `ws://${origin}`] as const,
  );

describe.skipIf(executablePath === undefined).each<Scope>(['page', 'worker'])(
  'in Chromium, in the place of the native class of a %s, it answers as that does',
  (scope) => {
    it.each(Object.keys({ ...glances, ...conversions }))('%s', async (name) => {
      const { native, ours } = await ask(tab, scope, name);
      expect(ours).toEqual(native);
    });

    // Each in a page of its own, in which no attempt has failed before, and so they can be side by side. What the server
    // hears does not depend on the scope.
    it.concurrent.each(Object.keys(scope === 'page' ? { ...conversations, ...order } : order))('%s', async (name) => {
      const own = await openPage();
      const { native, ours } = await ask(own, scope, name);
      await own.close();
      expect(ours).toEqual(native);
    });
  },
);

describe.skipIf(executablePath === undefined)('in Chromium, a package whose server is killed and started again', () => {
  it.each<[name: 'graphql' | 'yjs', start: () => Promise<RestartingServer>, closeEvent: 'each' | 'final']>([
    ['graphql', startGraphqlServer, 'final'],
    ['yjs', startYjsServer, 'each'],
  ])('%s keeps what it promises, with one connection left', async (name, start, closeEvent) => {
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

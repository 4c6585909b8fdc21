import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type FaultProxy, startFaultProxy } from '../../src/testing/fault-proxy.js';
import { seededRandom } from '../../src/testing/random.js';
import { type ReferenceServer, startReferenceServer } from '../../src/testing/reference-server.js';
import type { Orders } from './remote-network.js';

interface Site {
  readonly server: ReferenceServer;
  readonly proxy: FaultProxy;
  tokens: readonly string[] | undefined;
  readonly pinging: ReturnType<typeof setInterval> | undefined;
}

/** Each may answer later than its caller was promised: that is what the network is for. */
type Handlers = { [K in keyof Orders]: (...order: Parameters<Orders[K]>) => Promise<ReturnType<Orders[K]>> };

export interface RemoteHost {
  /** `http://127.0.0.1:port` */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Carries out the orders of `RemoteNetwork`. To pages it serves the files of the built package as `/package/NAME`, and
 * empty pages as `/blank`, `/blank/...`.
 */
export async function startRemoteHost(packageFolder: string): Promise<RemoteHost> {
  const sites: Site[] = [];
  const end = async ({ pinging, proxy, server }: Site): Promise<void> => {
    clearInterval(pinging);
    await Promise.all([proxy.close(), server.stop()]);
  };
  const at = (index: number): Site => {
    const site = sites[index];
    if (site === undefined) throw new Error(`there is no site ${index}`);
    return site;
  };
  const handlers: Handlers = {
    async open({ tokens, pings, ...options }) {
      const judge = (token = ''): 'ok' | 'refused' =>
        site.tokens === undefined || site.tokens.includes(token) ? 'ok' : 'refused';
      const server = await startReferenceServer({ ...options, tokens: judge });
      const target = { host: '127.0.0.1', port: server.port };
      const pinging = pings === undefined ? undefined : setInterval(() => server.broadcast({ type: 'ping' }), pings);
      const site: Site = { server, proxy: await startFaultProxy({ target, random: seededRandom(1) }), tokens, pinging };
      return { site: sites.push(site) - 1, url: site.proxy.url };
    },
    async publish({ site, from, to }) {
      for (let n = from; n <= to; n += 1) at(site).server.publish({ type: 'news', n });
    },
    async inject({ site, kind }) {
      at(site).proxy.inject(kind);
    },
    async calm({ site }) {
      at(site).proxy.calm();
    },
    async refuse({ site, on }) {
      at(site).proxy.refuse(on);
    },
    restart: ({ site, keepMemory }) => at(site).server.restart({ keepMemory }),
    async accept({ site, tokens }) {
      at(site).tokens = tokens;
    },
    async see({ site }) {
      const { server, proxy } = at(site);
      const received = server.received.map(({ message }) => message.n);
      const { handshakes, connections } = server;
      return { received, handshakes, connections: connections.length, hits: proxy.hits };
    },
    async close({ site }) {
      await end(at(site));
    },
  };

  const answer = async (request: IncomingMessage): Promise<string | undefined> => {
    const [, folder = '', file = ''] = (request.url ?? '').split('/');
    if (folder === 'blank') return '<!doctype html>';
    if (folder === 'package') return await readFile(join(packageFolder, basename(file)), 'utf8');
    if (!Object.hasOwn(handlers, folder)) throw new Error(`"${folder}" is no order`);
    // Safe: `RemoteNetwork` is typed by the same table.
    const handle = handlers[folder as keyof Orders] as (order: unknown) => Promise<unknown>;
    return JSON.stringify(await handle(JSON.parse(await text(request))));
  };
  const http = createServer((request, response) => {
    const type = request.url?.startsWith('/blank') ? 'text/html' : 'text/javascript';
    const headers = { 'access-control-allow-origin': '*', 'content-type': type };
    answer(request).then(
      (body = '') => response.writeHead(200, headers).end(body),
      (error: unknown) => response.writeHead(500, headers).end(String(error)),
    );
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    async close() {
      await Promise.all(sites.map(end));
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

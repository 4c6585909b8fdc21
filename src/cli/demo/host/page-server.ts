import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buildPage } from './page-files.js';

export interface PageServer {
  /** Where the page is. */
  readonly url: string;
  close(): Promise<void>;
}

/** Says whether this was for it; the rest is answered from the page's files. */
export type Route = (request: IncomingMessage, response: ServerResponse, pathname: string) => Promise<boolean>;

/** Serves a page on 127.0.0.1. @param folder Of its `index.html`. @param port 0 for any free one. */
export async function servePage(folder: URL, port: number, route: Route): Promise<PageServer> {
  const files = await buildPage(folder);

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', url = '/' } = request;
    const { pathname } = new URL(url, 'http://localhost');
    if (await route(request, response, pathname)) return;
    const file = method === 'GET' ? files.get(pathname === '/' ? '/index.html' : pathname) : undefined;
    if (file === undefined) response.writeHead(404).end();
    else response.writeHead(200, { 'content-type': file.contentType, 'cache-control': 'no-store' }).end(file.body);
  }

  const server = createServer((request, response) => {
    void answer(request, response).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(500);
      response.end(String(error));
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, // it listens on TCP
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Begins a stream of events. Returns how to tell one. */
export function openEvents(response: ServerResponse): (event: string, data: object) => void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  return (event, data) => response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
}

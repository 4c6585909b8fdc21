import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { actions, COUNTS_EVERY_MS, SESSION_PATH } from '../api.js';
import { buildPage, type PageFile } from './page-files.js';
import { Session } from './session.js';

export interface Demo {
  /** Where the page is. */
  readonly url: string;
  /** Of the pages that are open, oldest first. */
  readonly sessions: readonly Session[];
  close(): Promise<void>;
}

/** Serves the demo's page on 127.0.0.1. @param port 0 for any free one. */
export async function serveDemo(port: number): Promise<Demo> {
  const files = await buildPage();
  const sessions = new Map<string, Session>();
  const server = createServer((request, response) => {
    void answer(request, response, files, sessions).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(500);
      response.end(String(error));
    });
  });
  await listen(server, port);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get sessions() {
      return [...sessions.values()];
    },
    async close() {
      const open = [...sessions.values()];
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await Promise.all([closed, ...open.map((session) => session.close())]);
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  files: ReadonlyMap<string, PageFile>,
  sessions: Map<string, Session>,
): Promise<void> {
  const { method = 'GET', url = '/' } = request;
  const { pathname } = new URL(url, 'http://localhost');
  if (method === 'GET' && pathname === SESSION_PATH) return openSession(response, sessions);

  if (pathname.startsWith(`${SESSION_PATH}/`)) {
    const [id = '', what = ''] = pathname.slice(SESSION_PATH.length + 1).split('/');
    const session = sessions.get(id);
    const action = actions.find((name) => name === what);
    if (session !== undefined && method === 'GET' && what === 'token') {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ token: session.token }));
    } else if (session !== undefined && method === 'POST' && action !== undefined) {
      await session.act(action);
      response.writeHead(204).end();
    } else {
      response.writeHead(404).end();
    }
    return;
  }

  const file = method === 'GET' ? files.get(pathname === '/' ? '/index.html' : pathname) : undefined;
  if (file === undefined) response.writeHead(404).end();
  else response.writeHead(200, { 'content-type': file.contentType, 'cache-control': 'no-store' }).end(file.body);
}

/** The session lives until the page closes its stream. */
async function openSession(response: ServerResponse, sessions: Map<string, Session>): Promise<void> {
  const session = await Session.start();
  if (response.destroyed) return session.close();
  sessions.set(session.id, session);
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  const tell = (event: 'hello' | 'counts', data: object): void => {
    response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  };
  tell('hello', session.hello);
  const telling = setInterval(() => tell('counts', session.takeCounts()), COUNTS_EVERY_MS);
  response.on('close', () => {
    clearInterval(telling);
    sessions.delete(session.id);
    void session.close();
  });
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
}

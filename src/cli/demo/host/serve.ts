import type { ServerResponse } from 'node:http';
import { actions, COUNTS_EVERY_MS, SESSION_PATH } from '../api.js';
import { openEvents, type PageServer, type Route, servePage } from './page-server.js';
import { Session } from './session.js';

export interface Demo extends PageServer {
  /** Of the pages that are open, oldest first. */
  readonly sessions: readonly Session[];
}

/** Serves the demo's page on 127.0.0.1. @param port 0 for any free one. */
export async function serveDemo(port: number): Promise<Demo> {
  const sessions = new Map<string, Session>();
  const server = await servePage(new URL('../page/', import.meta.url), port, routeTo(sessions));
  return {
    url: server.url,
    get sessions() {
      return [...sessions.values()];
    },
    async close() {
      const open = [...sessions.values()];
      await Promise.all([server.close(), ...open.map((session) => session.close())]);
    },
  };
}

function routeTo(sessions: Map<string, Session>): Route {
  return async ({ method }, response, pathname) => {
    if (method === 'GET' && pathname === SESSION_PATH) {
      await openSession(response, sessions);
      return true;
    }
    if (!pathname.startsWith(`${SESSION_PATH}/`)) return false;

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
    return true;
  };
}

/** The session lives until the page closes its stream. */
async function openSession(response: ServerResponse, sessions: Map<string, Session>): Promise<void> {
  const session = await Session.start();
  if (response.destroyed) return session.close();
  sessions.set(session.id, session);
  const tell = openEvents(response);
  tell('hello', session.hello);
  const telling = setInterval(() => tell('counts', session.takeCounts()), COUNTS_EVERY_MS);
  response.on('close', () => {
    clearInterval(telling);
    sessions.delete(session.id);
    void session.close();
  });
}

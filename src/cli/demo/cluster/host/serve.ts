import type { ServerResponse } from 'node:http';
import { openEvents, type PageServer, type Route, servePage } from '../../host/page-server.js';
import { blows, VISIT_PATH } from '../api.js';
import { Cluster } from './cluster.js';
import { Visit } from './visit.js';

/** Open pages, each with what tells it the status. */
type Visits = Map<Visit, () => void>;

export interface ClusterDemo extends PageServer {
  readonly cluster: Cluster;
}

/** Starts two nodes and a Redis, and serves their page on 127.0.0.1. @param port 0 for any free one. */
export async function serveCluster(port: number): Promise<ClusterDemo> {
  const visits: Visits = new Map();
  const cluster = await Cluster.start(() => {
    for (const tell of visits.values()) tell();
  });
  const page = new URL('../page/', import.meta.url);
  const server = await servePage(page, port, routeTo(cluster, visits)).catch(async (error) => {
    await cluster.end();
    throw error;
  });
  return {
    url: server.url,
    cluster,
    async close() {
      const open = [...visits.keys()];
      await Promise.all([server.close(), ...open.map((visit) => visit.close()), cluster.end()]);
    },
  };
}

function routeTo(cluster: Cluster, visits: Visits): Route {
  return async ({ method }, response, pathname) => {
    if (method === 'GET' && pathname === VISIT_PATH) {
      await openVisit(response, cluster, visits);
      return true;
    }
    if (!pathname.startsWith(`${VISIT_PATH}/`)) return false;

    const [id, what] = pathname.slice(VISIT_PATH.length + 1).split('/');
    const visit = [...visits.keys()].find((one) => one.id === id);
    const blow = blows.find((name) => name === what);
    if (visit !== undefined && method === 'POST' && blow !== undefined) {
      await visit.strike(blow);
      response.writeHead(204).end();
    } else {
      response.writeHead(404).end();
    }
    return true;
  };
}

/** The visit lasts until the page closes its stream. */
async function openVisit(response: ServerResponse, cluster: Cluster, visits: Visits): Promise<void> {
  const visit: Visit = await Visit.start(cluster, () => visits.get(visit)?.());
  if (response.destroyed) return visit.close();
  const tell = openEvents(response);
  const tellStatus = (): void => tell('status', visit.status);
  visits.set(visit, tellStatus);
  tell('hello', visit.hello);
  tellStatus();
  response.on('close', () => {
    visits.delete(visit);
    void visit.close();
  });
}

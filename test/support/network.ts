import { afterEach } from 'vitest';
import { WebSocket } from 'ws';
import { type AnyMessage, ReliableSocket, type ReliableSocketOptions } from '../../src/index.js';
import { type FaultProxy, startFaultProxy } from '../../src/testing/fault-proxy.js';
import { seededRandom } from '../../src/testing/random.js';
import {
  type ReferenceServer,
  type ReferenceServerOptions,
  startReferenceServer,
} from '../../src/testing/reference-server.js';

/** As the defaults, but in a hurry. */
const hasty: ReliableSocketOptions<AnyMessage, AnyMessage> = {
  WebSocket,
  connect: { timeout: 2_000 },
  backoff: { base: 20, max: 100, stableAfter: 300 },
  heartbeat: { interval: 200, timeout: 300 },
};

export interface Network {
  server(options?: ReferenceServerOptions): Promise<ReferenceServer>;
  proxy(port: number, seed?: number): Promise<FaultProxy>;
  socket(url: string | (() => string), options?: ReliableSocketOptions<AnyMessage, AnyMessage>): ReliableSocket;
}

/** Real servers, proxies and clients; what a test opened is closed after it. */
export function useNetwork(): Network {
  const servers: ReferenceServer[] = [];
  const proxies: FaultProxy[] = [];
  const sockets: ReliableSocket[] = [];
  afterEach(async () => {
    await Promise.all(sockets.splice(0).map((socket) => socket.close()));
    await Promise.all(proxies.splice(0).map((proxy) => proxy.close()));
    await Promise.all(servers.splice(0).map((server) => server.stop()));
  });
  return {
    async server(options = {}) {
      const server = await startReferenceServer(options);
      servers.push(server);
      return server;
    },
    async proxy(port, seed = 1) {
      const proxy = await startFaultProxy({ target: { host: '127.0.0.1', port }, random: seededRandom(seed) });
      proxies.push(proxy);
      return proxy;
    },
    socket(url, options = {}) {
      const socket = new ReliableSocket(url, { ...hasty, ...options });
      sockets.push(socket);
      return socket;
    },
  };
}

/** What comes from an event, in order. */
export function collect<T>(subscribe: (listener: (event: T) => void) => unknown): T[] {
  const events: T[] = [];
  subscribe((event) => events.push(event));
  return events;
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** 1, 2, ..., count */
export const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);

import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach } from 'vitest';
import { WebSocketServer, type ServerOptions as WsOptions } from 'ws';
import { createServer, type ReliableServer, type ServerOptions } from '../../src/server/index.js';

export interface Companion {
  readonly url: string;
  readonly port: number;
  readonly server: ReliableServer;
  /** Ends every connection at once, without a word, and frees the port. */
  stop(): Promise<void>;
}

/**
 * The server of `reliable-socket/server` on 127.0.0.1. Unless told otherwise it is the small test app: what a client
 * sends to a channel is published to it, and so is what it sends to the default stream.
 */
export async function startCompanion(
  options: ServerOptions = {},
  port: number = 0,
  ws: WsOptions = {},
): Promise<Companion> {
  const server = createServer({ onMessage: (message) => ({ publish: message }), ...options });
  const sockets = new WebSocketServer({ ...ws, host: '127.0.0.1', port });
  server.attach(sockets);
  await once(sockets, 'listening');
  const address = sockets.address() as AddressInfo;
  return {
    url: `ws://127.0.0.1:${address.port}`,
    port: address.port,
    server,
    async stop() {
      for (const socket of sockets.clients) socket.terminate();
      await new Promise((resolve) => sockets.close(resolve));
      await server.close({ within: 0 });
    },
  };
}

/** Starts companions, and stops them at the end of each test. */
export function useCompanions(): typeof startCompanion {
  const companions: Companion[] = [];
  afterEach(async () => {
    await Promise.all(companions.splice(0).map((companion) => companion.stop()));
  });
  return async (options, port, ws) => {
    const companion = await startCompanion(options, port, ws);
    companions.push(companion);
    return companion;
  };
}

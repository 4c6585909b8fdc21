import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** A server that is killed and started again on its port: TCP connections are reset, nothing says goodbye. */
export interface RestartingServer {
  readonly url: string;
  /** Open TCP connections. */
  connections(): number;
  /** Answers how often it was started. */
  restart(away: number): Promise<number>;
  stop(): Promise<void>;
}

/** @param serve Makes the server of one life out of an HTTP server, with no memory of the life before. */
export const startRestartingServer = async (
  serve: (server: Server, life: number) => void,
): Promise<RestartingServer> => {
  let life = 0;
  let server: Server;
  const sockets = new Set<Socket>();
  const start = async (port: number): Promise<number> => {
    life += 1;
    server = createServer();
    server.on('connection', (socket: Socket) => {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
    });
    serve(server, life);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', resolve);
    });
    return (server.address() as AddressInfo).port; // safe: it listens on TCP
  };
  const kill = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of sockets) socket.resetAndDestroy();
    await closed;
  };
  const port = await start(0);
  return {
    url: `ws://127.0.0.1:${port}`,
    connections: () => sockets.size,
    async restart(away) {
      await kill();
      await sleep(away);
      await start(port);
      return life;
    },
    stop: kill,
  };
};

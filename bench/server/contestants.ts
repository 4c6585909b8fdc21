import { createServer as createHttpServer, type Server } from 'node:http';
import { Server as SocketIoServer } from 'socket.io';
import { WebSocketServer } from 'ws';
import type * as companion from '../../src/server/index.js';

// As it is published: what runs TypeScript directly gives each function a name of its own, which costs memory.
const built = new URL('../../dist/server.js', import.meta.url).href;
// Safe: it was built from that file just now.
const { createServer } = (await import(built)) as typeof companion;

export type Kind = 'bare ws' | 'reliable-socket' | 'socket.io';

/** One server, as its users would write it, that sends a text to everybody. */
export interface Contestant {
  readonly publish: (text: string) => void;
}

export const contestants: Readonly<Record<Kind, (http: Server) => Contestant>> = {
  'bare ws'(server) {
    const sockets = new WebSocketServer({ server });
    return {
      publish(text) {
        const frame = JSON.stringify({ type: 'n', text });
        for (const socket of sockets.clients) socket.send(frame);
      },
    };
  },
  'reliable-socket'(server) {
    const reliable = createServer().attach(new WebSocketServer({ server }));
    return { publish: (text) => void reliable.publish({ type: 'n', text }) };
  },
  'socket.io'(server) {
    const io = new SocketIoServer(server, {
      transports: ['websocket'],
      connectionStateRecovery: {},
      pingInterval: 120_000,
      pingTimeout: 120_000,
    });
    return { publish: (text) => void io.emit('n', { text }) };
  },
};

export const listen = (): Promise<Server> =>
  new Promise((resolve) => {
    const server = createHttpServer();
    server.listen(0, '127.0.0.1', () => resolve(server));
  });

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server } from 'socket.io';
import { Manager, type Socket } from 'socket.io-client';
import { type ClientParts, type ClientSide, type Contestant, type Note, toldNothing } from '../contestant.js';

/** From its page on delivery guarantees: wait so long for an ack, then send again. In ms. */
const ACK_TIMEOUT = 10_000;

/**
 * With connection state recovery at the server, and at the client retries
 * without end until a message is acknowledged. Only the WebSocket transport: a
 * proxy that breaks links would make it fall back and upgrade all the time. It
 * has no ids, so what it sends again the server takes again.
 */
export const socketIo: Contestant = {
  name: 'socket.io, recovery and retries',
  promised: 'nothing',
  async serve(onNote, timing) {
    const http = createServer();
    const server = new Server(http, {
      transports: ['websocket'],
      connectionStateRecovery: { skipMiddlewares: true },
      ...(timing.kind === 'fast'
        ? { pingInterval: timing.heartbeat.interval, pingTimeout: timing.heartbeat.timeout }
        : {}),
    });
    server.on('connection', (socket) => {
      socket.on('note', (note: Note, done: () => void) => {
        onNote(note);
        done();
      });
    });
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    return {
      // Safe: it listens on an address, not on a pipe.
      port: (http.address() as AddressInfo).port,
      publish: (note) => void server.emit('tick', note),
      stop: () => server.close(),
    };
  },
  connect: (parts) => new SocketIoSide(parts),
};

class SocketIoSide implements ClientSide {
  readonly told = toldNothing;
  readonly #manager: Manager;
  readonly #socket: Socket;
  #opens = 0;
  #waiting = 0;

  constructor({ port, timing, onNote }: ClientParts) {
    this.#manager = new Manager(`http://127.0.0.1:${port}`, {
      transports: ['websocket'],
      ...(timing.kind === 'fast'
        ? {
            reconnectionDelay: timing.backoff.least,
            reconnectionDelayMax: timing.backoff.most,
            timeout: timing.connect,
          }
        : {}),
    });
    this.#socket = this.#manager.socket('/', {
      retries: Infinity,
      ackTimeout: timing.kind === 'fast' ? timing.ack : ACK_TIMEOUT,
    });
    this.#socket.on('connect', () => {
      this.#opens += 1;
    });
    this.#socket.on('tick', (note: Note) => onNote(note));
  }

  get isOpen(): boolean {
    return this.#socket.connected;
  }

  get reconnects(): number {
    return Math.max(0, this.#opens - 1);
  }

  get waiting(): number {
    return this.#waiting;
  }

  send(note: Note): void {
    this.#waiting += 1;
    this.#socket.emit('note', note, () => {
      this.#waiting -= 1;
    });
  }

  async close(): Promise<void> {
    this.#socket.close();
  }
}

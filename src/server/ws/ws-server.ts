import type { Connection, Transport, Upgrade } from '../transport.js';
import type { WsSocket } from './ws-socket.js';
import { WsTransport } from './ws-transport.js';

/** What `ws` hands over for a message: one buffer, unless `binaryType` was changed. */
export type WsData = Uint8Array | ArrayBuffer | Uint8Array[];

export interface WsRequest {
  readonly url?: string | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** As much of a `WebSocketServer` of `ws` as is used here. */
export interface WsServer {
  readonly options: { maxPayload?: number | undefined };
  on(event: 'connection', listener: (socket: WsSocket, request: WsRequest) => void): unknown;
}

class WsUpgrade implements Upgrade {
  readonly url: string;
  readonly #headers: WsRequest['headers'];

  constructor({ url = '/', headers }: WsRequest) {
    this.url = url;
    this.#headers = headers;
  }

  header(name: string): string | undefined {
    const key = name.toLowerCase();
    const value = Object.hasOwn(this.#headers, key) ? this.#headers[key] : undefined;
    return typeof value === 'object' ? value[0] : value;
  }
}

const ignore = (): void => {};

/** Hands over the connections of a `ws` server, as they come. */
export const acceptFrom = (
  server: WsServer,
  frameBytes: number,
  accept: (transport: Transport, upgrade: Upgrade) => Connection,
): void => {
  // `ws` itself then answers a frame that is too big with 1009, before it holds it.
  server.options.maxPayload = Math.min(server.options.maxPayload || Infinity, frameBytes);
  server.on('connection', (socket, request) => {
    const connection = accept(new WsTransport(socket), new WsUpgrade(request));
    socket.on('message', (data, isBinary) => {
      if (isBinary || !Buffer.isBuffer(data)) connection.message(undefined, 0);
      else connection.message(data.toString(), data.length);
    });
    // What is wrong with a frame `ws` has told the client; the end follows.
    socket.on('error', ignore);
    socket.on('close', () => connection.closed());
  });
};

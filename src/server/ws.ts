import type { Connection, Transport, Upgrade } from './transport.js';

/** As much of a `WebSocket` of `ws` as is used here. */
export interface WsSocket {
  readonly bufferedAmount: number;
  send(data: string | Uint8Array, options: { binary: boolean }, sent?: (error?: Error) => void): void;
  close(code: number, reason: string): void;
  terminate(): void;
  pause(): void;
  resume(): void;
  on(event: 'message', listener: (data: WsData, isBinary: boolean) => void): unknown;
  on(event: 'close' | 'error', listener: () => void): unknown;
}

/** What `ws` hands over for a message: one buffer, unless `binaryType` was changed. */
export type WsData = Buffer | ArrayBuffer | Buffer[];

export interface WsRequest {
  readonly url?: string | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** As much of a `WebSocketServer` of `ws` as is used here. */
export interface WsServer {
  readonly options: { maxPayload?: number | undefined };
  on(event: 'connection', listener: (socket: WsSocket, request: WsRequest) => void): unknown;
}

const TEXT = { binary: false };

const transportOf = (socket: WsSocket): Transport => ({
  get buffered() {
    return socket.bufferedAmount;
  },
  send: (data, flushed) =>
    flushed === undefined
      ? socket.send(data, TEXT)
      : socket.send(data, TEXT, (error) => {
          if (!error) flushed();
        }),
  close: (code, reason) => socket.close(code, reason),
  terminate: () => socket.terminate(),
  pause: () => socket.pause(),
  resume: () => socket.resume(),
});

const upgradeOf = ({ url = '/', headers }: WsRequest): Upgrade => ({
  url,
  header(name) {
    const value = headers[name];
    return typeof value === 'object' ? value[0] : value;
  },
});

/** Hands over the connections of a `ws` server, as they come. */
export const acceptFrom = (
  server: WsServer,
  frameBytes: number,
  accept: (transport: Transport, upgrade: Upgrade) => Connection,
): void => {
  // `ws` itself then answers a frame that is too big with 1009, before it holds it.
  server.options.maxPayload = Math.min(server.options.maxPayload || Infinity, frameBytes);
  server.on('connection', (socket, request) => {
    const connection = accept(transportOf(socket), upgradeOf(request));
    socket.on('message', (data, isBinary) => {
      if (isBinary || !Buffer.isBuffer(data)) connection.message(undefined, 0);
      else connection.message(data.toString(), data.length);
    });
    // What is wrong with a frame `ws` has told the client; the end follows.
    socket.on('error', () => {});
    socket.on('close', () => connection.closed());
  });
};

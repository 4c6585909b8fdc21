import { check, having, OBJECT, TEXT } from '../checks.js';
import { ACCEPTOR, type Acceptor } from './acceptor.js';
import { Line } from './line.js';
import type { UpgradeRequest } from './peer.js';
import { protocolOf } from './protocol.js';

/** As much of the server's end of a `WebSocketPair` as is used here. */
export interface PairSocket {
  accept(): void;
  send(data: string): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(type: 'close' | 'error', listener: () => void): void;
}

const SOCKET = having("the server's end of a WebSocketPair", 'accept', 'send', 'close', 'addEventListener');

/**
 * Takes the server's end of a `WebSocketPair` of Cloudflare Workers, within a Durable Object, and yields the headers for
 * the response that holds the other end.
 *
 * Nothing tells there how much waits to be read: `limits.bufferedBytes` and `limits.stalled` have no effect. As with
 * `crosswsHooks` no more than 4 MiB are taken while the handler is behind. Throws `bad-option` for what it can not take.
 */
export const acceptPair = (server: Acceptor, socket: PairSocket, request: UpgradeRequest): Record<string, string> => {
  check('acceptPair: the server', server, ACCEPTOR);
  check('acceptPair: the socket', socket, SOCKET);
  check('acceptPair: the request', request, OBJECT);
  check('acceptPair: the url of the request', request.url, TEXT);
  check('acceptPair: the headers of the request', request.headers, having('Headers', 'get'));
  socket.accept();
  const line = new Line(
    {
      request,
      bufferedAmount: 0,
      send: (data) => socket.send(data),
      close: (code, reason) => socket.close(code, reason),
      terminate: () => socket.close(),
    },
    server,
  );
  socket.addEventListener('message', ({ data }) => line.message(data));
  socket.addEventListener('close', () => line.closed());
  socket.addEventListener('error', () => line.closed());
  const protocol = protocolOf(request);
  return protocol === undefined ? {} : { 'sec-websocket-protocol': protocol };
};

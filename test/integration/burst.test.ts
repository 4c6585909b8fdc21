import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { expect, it, onTestFinished, vi } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { useNetwork } from '../support/network.js';
import { until } from '../support/until.js';

const network = useNetwork();

it('what one task sends through ws leaves in two calls of the system, in order', async () => {
  let writes = 0;
  class CountedSocket extends WebSocket {
    constructor(url: string, protocols?: string[]) {
      super(url, protocols);
      this.once('open', () => {
        // Safe: `ws` keeps its stream there; `_write` and `_writev` are what a stream of Node hands to the system.
        const { _socket: stream } = this as unknown as { _socket: { _write(): void; _writev(): void } };
        for (const way of ['_write', '_writev'] as const) {
          const hand = stream[way];
          vi.spyOn(stream, way).mockImplementation(function (this: unknown, ...args) {
            writes += 1;
            return hand.apply(this, args);
          });
        }
      });
    }
  }
  const server = await network.server();
  const socket = network.socket(server.url, { WebSocket: CountedSocket, heartbeat: false });
  await socket.opened();
  writes = 0;
  const send = (from: number): void => {
    for (let n = from; n < from + 100; n++) expect(socket.send({ type: 'chat', n }).status).toBe('written');
  };
  const heard = (): unknown[] => server.received.map(({ message }) => message.n);
  send(1);
  await until(() => heard().length === 100);
  expect(writes).toBe(2);
  send(101);
  await until(() => heard().length === 200);
  expect(writes).toBe(4);
  expect(heard()).toEqual(Array.from({ length: 200 }, (_, i) => i + 1));
});

it('replies through ws to what comes in one go with the close arrive, in order', async () => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const received: unknown[] = [];
  server.on('connection', (peer, { socket: stream }: { readonly socket: Socket }) => {
    peer.on('message', (data) => {
      const { type, n } = JSON.parse(`${data}`);
      if (type === 'chat') received.push(n);
      if (type !== 'go') return;
      stream.cork();
      peer.send(JSON.stringify({ type: 'bye' }));
      peer.close(4000);
      stream.uncork();
    });
  });
  // Safe: it listens on a port.
  const { port } = server.address() as AddressInfo;
  const socket = network.socket(`ws://127.0.0.1:${port}`);
  socket.onMessage('bye', () => {
    for (const n of [1, 2, 3]) socket.send({ type: 'chat', n });
  });
  await socket.opened();
  socket.send({ type: 'go' });
  await once(server, 'connection');
  expect(received).toEqual([1, 2, 3]);
});

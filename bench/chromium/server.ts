import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server as SocketIo } from 'socket.io';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Chat } from './page/subject.js';
import type { SubjectName } from './subjects.js';

/** Sent in one go. Between two, the page has the time of a timer to read them. */
const SLICE = 50;

export interface BenchServer {
  /** Of a client's page. */
  page(name: SubjectName): string;
  /** What the page connects to. */
  readonly url: string;
  /** Sends so many numbered messages to the page that is connected. */
  publish(count: number): Promise<void>;
  /** Resolves once so many chat messages came since the page connected. */
  received(count: number): Promise<void>;
  close(): Promise<void>;
}

/** Serves the pages, and talks to one of them at a time: JSON frames of PROTOCOL.md, or socket.io. */
export async function startBenchServer(scripts: ReadonlyMap<string, string>): Promise<BenchServer> {
  let write = (_message: Chat, _seq: number): void => {};
  let seq = 0;
  let heard = 0;
  let goal = Infinity;
  let reached = (): void => {};
  const begin = (how: typeof write): void => {
    write = how;
    seq = 0;
    heard = 0;
  };
  const hear = (): void => {
    heard += 1;
    if (heard === goal) reached();
  };

  const http = createServer((request, response) => {
    const script = scripts.get(decodeURIComponent((request.url ?? '').slice(1)));
    response.writeHead(script === undefined ? 404 : 200, { 'content-type': 'text/html' });
    response.end(script === undefined ? '' : `<!doctype html><meta charset=utf-8><script>${script}</script>`);
  });
  const io = new SocketIo(http, { transports: ['websocket'], serveClient: false });
  io.on('connection', (socket) => {
    begin((message) => socket.emit('chat', message));
    socket.on('chat', (_message: Chat, ack?: () => void) => {
      hear();
      ack?.();
    });
  });
  const plain = new WebSocketServer({ noServer: true });
  http.on('upgrade', (request, socket, head) => {
    if (request.url?.startsWith('/live')) plain.handleUpgrade(request, socket, head, serve);
  });
  const serve = (socket: WebSocket): void => {
    const send = (frame: object): void => socket.send(JSON.stringify(frame));
    begin((message, number) => send({ ...message, seq: number }));
    send({ type: 'welcome', v: 1, epoch: 'e', seq: 0 });
    socket.on('message', (data) => {
      const { type, t, messageId } = JSON.parse(String(data));
      if (type === 'ping') send({ type: 'pong', t });
      if (type !== 'chat') return;
      hear();
      if (messageId !== undefined) send({ type: 'ack', messageId });
    });
  };

  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const host = `127.0.0.1:${(http.address() as AddressInfo).port}`;
  return {
    page: (name) => `http://${host}/${encodeURIComponent(name)}`,
    url: `ws://${host}/live`,
    async publish(count) {
      for (let sent = 0; sent < count; sent += SLICE) {
        for (let i = 0; i < SLICE; i += 1) {
          seq += 1;
          write({ type: 'chat', from: 'ann', text: 'something that a person said', n: seq }, seq);
        }
        await new Promise((resolve) => setTimeout(resolve, 4));
      }
    },
    received: (count) =>
      new Promise((resolve) => {
        goal = count;
        reached = resolve;
        if (heard >= count) resolve();
      }),
    async close() {
      for (const socket of plain.clients) socket.terminate();
      await io.close();
    },
  };
}

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server as SocketIo } from 'socket.io';
import { type WebSocket, WebSocketServer } from 'ws';
import type { SubjectName } from '../subjects/bundle.js';
import type { Pace } from '../subjects/expose.js';
import { type Chat, chat } from '../subjects/subject.js';

/** Between two batches a page has the time of a timer to read them. */
const PACE: Pace = { batch: 50, pause: 4 };

export interface BenchServer {
  /** Of a client's page. */
  page(name: SubjectName): string;
  /** What the page connects to. */
  readonly url: string;
  /** Sends so many numbered messages to the client that connected last. */
  publish(count: number, pace?: Pace): Promise<void>;
  /** Resolves once so many chat messages came since that client connected. */
  received(count: number): Promise<void>;
  /** From now on each chat message is answered with a numbered one. */
  echo(): void;
  close(): Promise<void>;
}

/** Serves the pages, and talks to one client at a time: JSON frames of PROTOCOL.md, or socket.io. */
export async function startBenchServer(scripts: ReadonlyMap<string, string> = new Map()): Promise<BenchServer> {
  let write = (_message: Chat, _seq: number): void => {};
  let seq = 0;
  let heard = 0;
  let goal = Infinity;
  let reached = (): void => {};
  let echoes = false;
  const publishOne = (): void => {
    seq += 1;
    write(chat(seq), seq);
  };
  const begin = (how: typeof write): void => {
    write = how;
    seq = 0;
    heard = 0;
  };
  const hear = (): void => {
    heard += 1;
    if (heard === goal) reached();
    if (echoes) publishOne();
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
    async publish(count, { batch, pause } = PACE) {
      for (let sent = 0; sent < count; sent += batch) {
        for (let i = 0; i < batch && sent + i < count; i += 1) publishOne();
        await new Promise((resolve) => setTimeout(resolve, pause));
      }
    },
    echo() {
      echoes = true;
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

import type { AddressInfo } from 'node:net';
import { type RawData, WebSocket, WebSocketServer } from 'ws';

/** Fields are read and changed freely: what is broken here needs no types. */
export type Frame = Record<string, unknown> & { type: string };

/** What comes instead of a frame: nothing, itself, or others. */
type Instead = Frame | readonly Frame[] | undefined;

/** Bends one rule of a server that keeps them all. What is left out passes unchanged. */
export interface Bend {
  /** Changes the URL of a connection before the server sees it. */
  readonly url?: (query: URLSearchParams, link: BentLink) => void;
  readonly in?: (frame: Frame, link: BentLink) => Instead;
  readonly out?: (frame: Frame, link: BentLink) => Instead;
  readonly close?: (code: number) => number;
  /** Is told what is no frame, in place of the server. */
  readonly unreadable?: (text: string, link: BentLink) => void;
  /** Selects the subprotocol. */
  readonly protocol?: (offered: readonly string[]) => string;
}

/** One connection, with a client on the one side and the good server on the other. */
export interface BentLink {
  /** As the client asked, before it was bent. */
  readonly query: URLSearchParams;
  readonly all: ReadonlySet<BentLink>;
  readonly isOpen: boolean;
  /** Writes to the client, or to the server. */
  readonly write: (frame: Frame) => void;
  readonly forward: (frame: Frame) => void;
  readonly close: (code: number) => void;
  /** What a bend notes down about this connection. */
  readonly notes: Map<string, unknown>;
  /** A frame that goes out later. */
  held: Frame | undefined;
}

export interface BentServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts a server that is the one at `origin` but for what is bent. */
export async function startBentServer(origin: string, bend: Bend): Promise<BentServer> {
  const links = new Set<BentLink>();
  const { protocol } = bend;
  const server = new WebSocketServer({
    host: '127.0.0.1',
    port: 0,
    ...(protocol && { handleProtocols: (offered: Set<string>) => protocol([...offered]) }),
  });
  server.on('connection', (socket, request) => {
    const url = new URL(request.url ?? '/', origin);
    const query = new URLSearchParams(url.search);
    const early: (() => void)[] = [];
    const hand = (data: RawData | string, binary: boolean = false): void => {
      const send = (): void => upstream.send(data, { binary });
      if (upstream.readyState === WebSocket.OPEN) send();
      else early.push(send);
    };
    const forward = (frame: Frame): void => hand(JSON.stringify(frame));
    const link: BentLink = {
      query,
      all: links,
      get isOpen() {
        return socket.readyState === WebSocket.OPEN;
      },
      write: (frame) => socket.send(JSON.stringify(frame)),
      forward,
      close: (code) => socket.close(code),
      notes: new Map(),
      held: undefined,
    };
    bend.url?.(url.searchParams, link);
    const offered = (request.headers['sec-websocket-protocol'] ?? '').split(/, */).filter(Boolean);
    const upstream = new WebSocket(url, offered);
    links.add(link);
    upstream.on('open', () => {
      for (const send of early) send();
    });
    upstream.on('message', (data) => pass(JSON.parse(String(data)), link, bend.out, link.write));
    upstream.on('error', () => socket.terminate());
    upstream.on('close', (code) => (code === 1006 ? socket.terminate() : socket.close(bend.close?.(code) ?? code)));
    socket.on('message', (data, isBinary) => {
      const frame = isBinary ? undefined : read(String(data));
      if (frame !== undefined) pass(frame, link, bend.in, forward);
      else if (bend.unreadable === undefined) hand(data, isBinary);
      else bend.unreadable(String(data), link);
    });
    socket.on('error', () => socket.terminate());
    socket.on('close', () => {
      links.delete(link);
      upstream.terminate();
    });
  });
  await new Promise((resolve) => server.once('listening', resolve));
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: async () => {
      for (const client of server.clients) client.terminate();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function read(text: string): Frame | undefined {
  try {
    const frame: Frame | null = JSON.parse(text);
    return typeof frame?.type === 'string' ? frame : undefined;
  } catch {
    return undefined;
  }
}

function pass(frame: Frame, link: BentLink, bend: Bend['in'], write: (frame: Frame) => void): void {
  const instead = bend === undefined ? frame : bend(frame, link);
  for (const one of Array.isArray(instead) ? instead : [instead]) {
    if (one !== undefined) write(one);
  }
}

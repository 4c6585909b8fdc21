import { createServer, type Server } from 'node:http';
import { type WebSocket, WebSocketServer } from 'ws';
import { parseFrame } from '../frame.js';

export interface TokenServer {
  readonly http: Server;
  readonly sockets: WebSocketServer;
  /** Takes every token back, as after a change of password. */
  revoke(): void;
}

/** `POST /token` yields a token; a WebSocket says it in its first frame. @param lifetime of a token, in ms. */
export function startTokenServer(lifetime: number): TokenServer {
  const expiries = new Map<unknown, number>();
  const http = createServer((request, response) => {
    if (request.method !== 'POST' || request.url !== '/token') return response.writeHead(404).end();
    const token = crypto.randomUUID();
    expiries.set(token, Date.now() + lifetime);
    return response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ token, expiresIn: lifetime }));
  });

  function welcome(ws: WebSocket): void {
    let expiry: ReturnType<typeof setTimeout> | undefined;
    let isWelcome = false;
    ws.on('error', () => ws.terminate()).on('close', () => clearTimeout(expiry));
    ws.on('message', (data) => {
      const frame = parseFrame(data);
      if (frame === undefined) return ws.close(1007);
      const { type, t, token, messageId } = frame;
      if (type === 'ping') ws.send(JSON.stringify({ type: 'pong', t }));
      if (type !== 'auth') return;
      const left = (expiries.get(token) ?? 0) - Date.now();
      // A page sees no status of a refused upgrade, but it sees a close code. 4401 asks for another token.
      if (left <= 0) return ws.close(4401, 'token expired');
      clearTimeout(expiry);
      expiry = setTimeout(() => ws.close(4401, 'token expired'), left);
      ws.send(JSON.stringify(isWelcome ? { type: 'ack', messageId } : { type: 'welcome' }));
      isWelcome = true;
    });
  }

  const sockets = new WebSocketServer({ server: http }).on('connection', welcome);
  return {
    http,
    sockets,
    revoke() {
      expiries.clear();
      for (const ws of sockets.clients) ws.close(4401, 'token revoked');
    },
  };
}

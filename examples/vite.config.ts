import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin, type UserConfig } from 'vite';
import type { WebSocketServer } from 'ws';
import { startPlainServer } from './plain-server.js';
import { startPriceServer } from './prices/server.js';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

/** The server of each page, on the address of the page: no second port, no cross-origin questions. */
const servers: ReadonlyMap<string, WebSocketServer> = new Map([
  ['/chat/live', startPlainServer({ noServer: true })],
  ['/prices/live', startPriceServer({ noServer: true })],
]);

function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
  const server = servers.get(request.url?.split('?')[0] ?? '');
  // Other upgrades are vite's own.
  server?.handleUpgrade(request, socket, head, (ws) => server.emit('connection', ws, request));
}

const liveServers: Plugin = {
  name: 'live-servers',
  configureServer: ({ httpServer }) => void httpServer?.on('upgrade', upgrade),
  configurePreviewServer: ({ httpServer }) => void httpServer.on('upgrade', upgrade),
};

export default defineConfig({
  root: path('.'),
  plugins: [liveServers],
  // In an application `npm install reliable-socket` takes the place of this line.
  resolve: { alias: { 'reliable-socket': path('../src/index.ts') } },
  server: { host: '127.0.0.1' },
  preview: { host: '127.0.0.1' },
  build: { rolldownOptions: { input: [path('index.html'), path('chat/index.html'), path('prices/index.html')] } },
}) as UserConfig;

// Tokens that live for five seconds, and a logout everywhere. npx tsx examples/token-refresh/main.ts
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocket } from 'ws';
import { connectWithToken } from './client.js';
import { startTokenServer } from './server.js';

const server = startTokenServer(5_000);
server.http.listen(0, '127.0.0.1');
await once(server.http, 'listening');
const { port } = server.http.address() as AddressInfo;

let refreshed = 0;
const socket = connectWithToken(`http://127.0.0.1:${port}`, { WebSocket, backoff: { base: 100 } }, (reason) => {
  console.log(`a token, please: ${reason}`);
  if (reason === 'expiring') refreshed += 1;
  if (refreshed === 2) server.revoke();
});
socket.on('close', ({ code, reason }) => console.log(`lost: ${code} ${reason}`));
await socket.opened();
console.log('open');
await new Promise((resolve) => socket.on('close', resolve));
await socket.opened();
console.log('open again');
await socket.close();
server.sockets.close();
server.http.close();

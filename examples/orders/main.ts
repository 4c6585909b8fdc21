// A double click, and a link that dies before the answer: one order each. npx tsx examples/orders/main.ts
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocket } from 'ws';
import { Shop } from './client.js';
import { startOrderServer } from './server.js';

let booked = 0;
const { sockets, orders } = startOrderServer({ host: '127.0.0.1', port: 0 }, async () => ++booked);
await once(sockets, 'listening');
const { port } = sockets.address() as AddressInfo;
const shop = new Shop(`ws://127.0.0.1:${port}`, { WebSocket, backoff: { base: 100 } });

const tea = { id: crypto.randomUUID(), sku: 'tea' };
console.log('a double click:', await Promise.all([shop.order(tea), shop.order(tea)]));

const milk = { id: crypto.randomUUID(), sku: 'milk' };
const order = shop.order(milk);
for (const connection of sockets.clients) connection.terminate();
console.log('a link that died:', await order);

console.log('ordered:', orders.join(', '));
await shop.close();
sockets.close();

// Two rooms over one link that dies, and one room that says no. npx tsx examples/channels/main.ts
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocket } from 'ws';
import { Rooms } from './client.js';
import { startRoomServer } from './server.js';

const server = startRoomServer({ host: '127.0.0.1', port: 0 }, (room) => room !== 'board');
await once(server.sockets, 'listening');
const { port } = server.sockets.address() as AddressInfo;
const rooms = new Rooms(`ws://127.0.0.1:${port}`, { WebSocket, backoff: { base: 100 } });

/** Resolves when the room has said so many things. */
const follow = (name: string, count: number): Promise<void> =>
  new Promise((resolve) => {
    rooms.follow(name, {
      news: (text) => {
        console.log(`${name}: ${text}`);
        if (--count === 0) resolve();
      },
      missed: () => console.log(`${name}: something is missing`),
      refused: (why) => {
        console.log(`${name}: refused, ${why}`);
        resolve();
      },
    });
  });

const followed = [follow('sports', 2), follow('weather', 2)];
await follow('board', 1);
server.publish('sports', { type: 'news', text: 'kick-off' });
server.publish('weather', { type: 'news', text: 'rain' });
for (const connection of server.sockets.clients) connection.terminate();
server.publish('sports', { type: 'news', text: 'goal, while nobody was connected' });
server.publish('weather', { type: 'news', text: 'sun, while nobody was connected' });
await Promise.all(followed);
await rooms.close();
server.sockets.close();

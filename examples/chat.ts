// Two people chat, and their connections are cut in the middle of it: npx tsx examples/chat.ts
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocket } from 'ws';
import { queue, ReliableSocket } from '../src/index.js';
import { startPlainServer } from './plain-server.js';

type Chat = { type: 'chat'; from: string; text: string };

const server = startPlainServer();
await once(server, 'listening');
const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;

const people = ['ann', 'bob'].map((name) => {
  const socket = new ReliableSocket<Chat, Chat>(url, {
    WebSocket, // Node 20 has none of its own
    backoff: { base: 50 }, // the default is a second, which is kinder to a server
    policies: { chat: queue({ ack: 'message' }) },
  });
  socket.on('open', ({ resumed }) => console.log(`${name} is ${resumed ? 'back' : 'here'}`));
  socket.on('close', ({ cause }) => cause === 'peer' && console.log(`${name} was cut off`));
  const received: string[] = [];
  const receivedAll = new Promise<void>((resolve) => {
    socket.onMessage('chat', ({ from, text }) => {
      if (received.push(`${from}: ${text}`) === 12) resolve();
    });
  });
  const say = (text: string) => socket.send({ type: 'chat', from: name, text }).settled;
  return { name, socket, received, receivedAll, say };
});
const allSay = (...texts: string[]) => Promise.all(texts.flatMap((text) => people.map(({ say }) => say(text))));

await Promise.all(people.map(({ socket }) => socket.opened()));
const outcomes = await allSay('one', 'two');
const underWay = allSay('three', 'four');
for (const connection of server.clients) connection.terminate();
await Promise.all(people.map(({ socket }) => new Promise((resolve) => socket.on('close', resolve))));
const whileAway = allSay('five', 'six');
outcomes.push(...(await underWay), ...(await whileAway));

await Promise.all(people.map(({ receivedAll }) => receivedAll));
for (const { name, received } of people) console.log(`${name} received ${received.join(', ')}`);
console.log(`${outcomes.filter(({ outcome }) => outcome === 'acked').length} of ${outcomes.length} were acked`);
await Promise.all(people.map(({ socket }) => socket.close()));
server.close();

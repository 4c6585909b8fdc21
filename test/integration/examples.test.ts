import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { Rooms } from '../../examples/channels/client.js';
import { startRoomServer } from '../../examples/channels/server.js';
import { Shop } from '../../examples/orders/client.js';
import { startOrderServer } from '../../examples/orders/server.js';
import { startPlainServer } from '../../examples/plain-server.js';
import { connectWithToken } from '../../examples/token-refresh/client.js';
import { startTokenServer } from '../../examples/token-refresh/server.js';
import { type Child, runNode } from '../support/child.js';
import { useNetwork } from '../support/network.js';
import { until } from '../support/until.js';

const network = useNetwork();
const anyPort = { host: '127.0.0.1', port: 0 };
const hasty = { WebSocket, backoff: { base: 20, max: 100 } };
const children: Child[] = [];

afterEach(() => {
  for (const child of children.splice(0)) if (child.ended === undefined) child.process.kill('SIGKILL');
});

/** The port of a server, once it listens. */
async function portOf(server: Pick<Server, 'address'> & NodeJS.EventEmitter): Promise<number> {
  if (server.address() === null) await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

describe.each([
  [
    'orders',
    ['a double click: [ { number: 1 }, { number: 1 } ]', 'a link that died: { number: 2 }', 'ordered: tea, milk'],
  ],
  [
    'channels',
    [
      'board: refused, board is not for you',
      'sports: goal, while nobody was connected',
      'sports: kick-off',
      'weather: rain',
      'weather: sun, while nobody was connected',
    ],
  ],
  [
    'token-refresh',
    [
      'a token, please: expiring',
      'a token, please: expiring',
      'a token, please: first',
      'a token, please: refused',
      'lost: 1000 ',
      'lost: 4401 token revoked',
      'open',
      'open again',
    ],
  ],
])('examples/%s/main.ts', (name, lines) => {
  it('runs as its first line says, and ends by itself', async () => {
    const child = runNode(['--import', 'tsx', `examples/${name}/main.ts`]);
    children.push(child);
    await until(() => child.ended !== undefined, { message: `it ends: ${child.errors}` });
    expect([child.ended?.code, child.errors.join('')]).toEqual([0, '']);
    expect([...child.lines].sort()).toEqual(lines);
  });
});

describe('examples/orders', () => {
  /** A server whose orders take until they are let through, behind a bad network. */
  async function shop() {
    let release: () => void = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    let booked = 0;
    const { sockets, orders } = startOrderServer(anyPort, async () => {
      booked += 1;
      const number = booked;
      await released;
      return number;
    });
    const proxy = await network.proxy(await portOf(sockets));
    const client = new Shop(proxy.url, hasty);
    onTestFinished(async () => {
      await client.close();
      sockets.close();
    });
    return { client, proxy, sockets, orders, release, booked: () => booked };
  }

  it('orders once for a double click', async () => {
    const { client, orders, release } = await shop();
    const cart = { id: 'cart-1', sku: 'tea' };
    const clicks = [client.order(cart), client.order(cart)];
    release();
    expect(await Promise.all(clicks)).toEqual([{ number: 1 }, { number: 1 }]);
    // Also a click after the answer, say of a user who did not see it.
    expect(await client.order(cart)).toEqual({ number: 1 });
    expect(orders).toEqual(['tea']);
  });

  it('orders once if the link dies before the answer, and gives the first answer', async () => {
    const { client, proxy, sockets, orders, release, booked } = await shop();
    const order = client.order({ id: 'cart-1', sku: 'tea' });
    await until(() => booked() === 1);
    const [first] = sockets.clients;
    proxy.inject('rst');
    // The same order comes again on another link, while the first one still runs.
    await until(() => sockets.clients.size === 1 && !sockets.clients.has(first as never));
    release();
    expect(await order).toEqual({ number: 1 });
    expect([proxy.hits.rst, booked(), orders]).toEqual([1, 1, ['tea']]);
  });

  it('orders once if the answer itself is lost', async () => {
    const { client, proxy, orders, release } = await shop();
    const cart = { id: 'cart-1', sku: 'tea' };
    const warm = client.order({ id: 'cart-0', sku: 'milk' });
    release();
    await warm;
    // What goes down hangs, and then the link dies with it.
    proxy.inject('delay', { direction: 'down', latency: 60_000 });
    const order = client.order(cart);
    await until(() => orders.length === 2);
    proxy.calm();
    proxy.inject('rst');
    expect(await order).toEqual({ number: 2 });
    expect(orders).toEqual(['milk', 'tea']);
  });
});

describe('examples/channels', () => {
  it('brings each room what it missed, tells who may not enter, and leaves one room without the others', async () => {
    const { sockets, publish } = startRoomServer(anyPort, (room) => room !== 'board');
    const proxy = await network.proxy(await portOf(sockets));
    const rooms = new Rooms(proxy.url, hasty);
    onTestFinished(async () => {
      await rooms.close();
      sockets.close();
    });
    const heard: string[] = [];
    const follow = (name: string) =>
      rooms.follow(name, {
        news: (text) => heard.push(`${name}: ${text}`),
        missed: () => heard.push(`${name} missed`),
        refused: (why) => heard.push(`${name} refused: ${why}`),
      });
    const sports = follow('sports');
    follow('weather');
    follow('board');
    await until(() => heard.length === 1);
    publish('sports', { type: 'news', text: '1' });
    publish('weather', { type: 'news', text: '2' });
    await until(() => heard.length === 3);
    proxy.refuse(true);
    proxy.inject('rst');
    await until(() => sockets.clients.size === 0);
    publish('sports', { type: 'news', text: '3' });
    publish('weather', { type: 'news', text: '4' });
    proxy.refuse(false);
    await until(() => heard.length >= 5);
    sports.leave();
    publish('weather', { type: 'news', text: '5' });
    await until(() => heard.includes('weather: 5'));
    publish('sports', { type: 'news', text: 'nobody listens' });
    publish('weather', { type: 'news', text: '6' });
    await until(() => heard.includes('weather: 6'));
    const of = (name: string) => heard.filter((line) => line.startsWith(name));
    expect(of('sports')).toEqual(['sports: 1', 'sports: 3']);
    expect(of('weather')).toEqual(['weather: 2', 'weather: 4', 'weather: 5', 'weather: 6']);
    expect([...new Set(of('board'))]).toEqual(['board refused: board is not for you']);
  });
});

describe('examples/token-refresh', () => {
  it('outlives its tokens on one link, and comes back with a new one when all are revoked', async () => {
    // A fifth of it is there to bring the next one: enough also for a busy machine.
    const server = startTokenServer(5_000);
    server.http.listen(0, '127.0.0.1');
    const proxy = await network.proxy(await portOf(server.http));
    const asked: string[] = [];
    const socket = connectWithToken(proxy.url.replace('ws', 'http'), hasty, (reason) => asked.push(reason));
    const losses: number[] = [];
    socket.on('close', ({ code }) => losses.push(code));
    onTestFinished(async () => {
      await socket.close();
      server.sockets.close();
      server.http.close();
    });
    await until(() => asked.length === 3);
    expect([asked, losses, socket.stats().opened]).toEqual([['first', 'expiring', 'expiring'], [], 1]);
    server.revoke();
    await until(() => socket.stats().opened === 2 && socket.state.status === 'open');
    expect(losses).toEqual([4401]);
    expect(asked).toContain('refused');
  });
});

describe('examples/plain-server.ts', () => {
  it('acks a message that comes again, and publishes it once', async () => {
    const server = startPlainServer(anyPort);
    const client = new WebSocket(`ws://127.0.0.1:${await portOf(server)}`);
    onTestFinished(() => {
      client.terminate();
      server.close();
    });
    const frames: { readonly type: string }[] = [];
    client.on('message', (data) => frames.push(JSON.parse(String(data))));
    await once(client, 'open');
    for (const messageId of ['a', 'a', 'b']) client.send(JSON.stringify({ type: 'chat', text: 'hi', messageId }));
    client.send(JSON.stringify({ type: 'ping', t: 7 }));
    await until(() => frames.some(({ type }) => type === 'pong'));
    expect(frames).toEqual([
      { type: 'welcome', epoch: expect.any(String), seq: 0 },
      { type: 'chat', text: 'hi', seq: 1 },
      { type: 'ack', messageId: 'a' },
      { type: 'ack', messageId: 'a' },
      { type: 'chat', text: 'hi', seq: 2 },
      { type: 'ack', messageId: 'b' },
      { type: 'pong', t: 7 },
    ]);
  });
});

import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { type FaultProxy, faultKinds, seededRandom, startFaultProxy } from '../../src/testing/index.js';
import { RawClient } from '../support/raw-client.js';
import { until } from '../support/until.js';

let server: WebSocketServer;
let proxy: FaultProxy;
/** The server's ends, oldest first, and what they received. */
let ends: WebSocket[];
let arrived: string[];
let endsClosed: number[];

beforeEach(async () => {
  // Names of this round, so that a late event of the round before counts for nothing.
  const [theseEnds, texts, codes]: [WebSocket[], string[], number[]] = [[], [], []];
  [ends, arrived, endsClosed] = [theseEnds, texts, codes];
  server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  server.on('connection', (end) => {
    theseEnds.push(end);
    end.on('message', (data) => texts.push(String(data)));
    end.on('close', (code) => codes.push(code));
    end.on('error', () => {});
  });
  await until(() => server.address() !== null);
  const { port } = server.address() as AddressInfo;
  proxy = await startFaultProxy({ target: { host: '127.0.0.1', port }, random: seededRandom(1) });
});

afterEach(async () => {
  await proxy.close();
  for (const end of server.clients) end.terminate();
  await new Promise((resolve) => server.close(resolve));
});

async function connected(): Promise<RawClient> {
  const client = new RawClient(proxy.url);
  await client.opened();
  await until(() => ends.length > 0);
  return client;
}

const text = (n: number) => JSON.stringify({ type: 'n', n });

/** Long enough to see that something does not happen. */
const aWhile = () => new Promise((resolve) => setTimeout(resolve, 120));

describe('startFaultProxy', () => {
  it('passes both ways what it is not told to spoil', async () => {
    const client = await connected();
    const big = 'x'.repeat(300_000);
    client.send(big);
    client.send(text(1));
    ends[0]!.send(JSON.stringify({ type: 'big', big }));
    expect((await client.frame('big')).big).toBe(big);
    await until(() => arrived.length === 2);
    expect(arrived).toEqual([big, text(1)]);
    expect(proxy.connections).toBe(1);
  });

  it('passes on a close with its code, in both directions, and forgets the connection', async () => {
    const first = await connected();
    first.socket.close(4001, 'bye');
    await until(() => endsClosed.length === 1);
    expect(endsClosed).toEqual([4001]);
    const second = await connected();
    await until(() => ends.length === 2);
    ends[1]!.close(4002, 'go');
    await second.gone();
    expect(second.closed).toEqual({ code: 4002, reason: 'go' });
    await until(() => proxy.connections === 0);
  });

  it.each(['rst', 'fin'] as const)('ends both ends of a WebSocket without a close frame: %s', async (kind) => {
    const client = await connected();
    proxy.inject(kind);
    await client.gone();
    await until(() => endsClosed.length === 1);
    expect([client.closed?.code, endsClosed]).toEqual([1006, [1006]]);
    await until(() => proxy.connections === 0);
  });

  it.each([
    ['rst', ['ECONNRESET', 'ECONNRESET']],
    ['fin', ['end', 'end']],
  ] as const)('ends TCP with a %s on both sides', async (kind, expected) => {
    const log: string[] = [];
    const watch = (socket: Socket) => {
      socket.on('data', () => {});
      socket.on('end', () => log.push('end'));
      socket.on('error', (error: NodeJS.ErrnoException) => log.push(error.code ?? ''));
    };
    const target = createServer(watch).listen(0, '127.0.0.1');
    await until(() => target.listening);
    const plain = await startFaultProxy({
      target: { host: '127.0.0.1', port: (target.address() as AddressInfo).port },
    });
    const client = connect(plain.port, '127.0.0.1');
    watch(client);
    const accepted = new Promise((resolve) => target.once('connection', resolve));
    await accepted;
    plain.inject(kind);
    await until(() => log.length === 2);
    await until(() => plain.connections === 0);
    expect(log).toEqual(expected);
    await plain.close();
    target.close();
  });

  it('leaves no socket behind when a reset comes upon an end', async () => {
    const sockets = () => process.getActiveResourcesInfo().filter((name) => name.startsWith('TCPSocket')).length;
    await until(() => sockets() === 0, { message: 'the sockets of other tests are gone' });
    const client = await connected();
    proxy.inject('fin');
    proxy.inject('rst');
    await client.gone();
    await until(() => sockets() === 0, { message: 'no socket is left' });
  });

  it('freezes for a while and then lets everything through, in order', async () => {
    const client = await connected();
    const came: number[] = [];
    const began = performance.now();
    for (const end of [client.socket, ends[0]!]) end.on('message', () => came.push(performance.now() - began));
    proxy.inject('freeze', { ms: 500 });
    for (let n = 0; n < 5; n += 1) {
      client.send(text(n));
      ends[0]!.send(text(n));
    }
    await until(() => arrived.length === 5 && client.frames.length === 5);
    expect(came).toHaveLength(10);
    expect(Math.min(...came)).toBeGreaterThan(490);
    expect(arrived).toEqual([0, 1, 2, 3, 4].map(text));
    expect(client.frames.map(({ n }) => n)).toEqual([0, 1, 2, 3, 4]);
  });

  it('lets neither end learn of a frozen connection that the other one has left', async () => {
    const client = await connected();
    proxy.inject('freeze');
    client.send(text(1));
    client.socket.terminate();
    await client.gone();
    await aWhile();
    expect([endsClosed, arrived, proxy.connections]).toEqual([[], [], 1]);
    proxy.calm();
    await until(() => endsClosed.length === 1);
    expect(arrived).toEqual([text(1)]);
  });

  it('loses what was frozen and then reset', async () => {
    const client = await connected();
    proxy.inject('freeze');
    client.send(text(1));
    ends[0]!.send(text(1));
    await aWhile();
    proxy.inject('rst');
    await client.gone();
    await until(() => endsClosed.length === 1);
    expect([arrived, client.frames]).toEqual([[], []]);
    // The frozen connection was not alive, so only the freeze has hit.
    expect(proxy.hits).toMatchObject({ freeze: 1, rst: 0 });
  });

  it('freezes new connections only if it is asked to', async () => {
    await connected();
    proxy.inject('freeze');
    const free = new RawClient(proxy.url);
    await free.opened();
    const began = performance.now();
    proxy.inject('freeze', { ms: 600, newConnections: true });
    const hangs = new RawClient(proxy.url);
    await hangs.opened();
    expect(performance.now() - began).toBeGreaterThan(590);
  });

  it('makes the sender feel a frozen connection', async () => {
    const client = await connected();
    proxy.inject('freeze');
    client.send('x'.repeat(20_000_000));
    await aWhile();
    expect(client.socket.bufferedAmount).toBeGreaterThan(1_000_000);
    proxy.calm();
    await until(() => arrived.length === 1);
  });

  it('delays both ways by the latency, keeps the order, and lets the delay end', async () => {
    const client = await connected();
    client.socket.on('message', () => {});
    proxy.inject('delay', { latency: 500, ms: 100 });
    const began = performance.now();
    client.send(text(1));
    ends[0]!.send(text(1));
    await new Promise((resolve) => setTimeout(resolve, 110));
    // The delay is over, but what comes now must not overtake.
    client.send(text(2));
    ends[0]!.send(text(2));
    await until(() => arrived.length === 2 && client.frames.length === 2);
    const took = performance.now() - began;
    expect(took).toBeGreaterThan(495);
    expect(arrived).toEqual([text(1), text(2)]);
    expect(client.frames.map(({ n }) => n)).toEqual([1, 2]);
    // No delay is left if one of them is faster than that: a busy machine can hold up any of them, and hurry none.
    let fastest = Infinity;
    for (let n = 3; fastest >= 450; n += 1) {
      const again = performance.now();
      client.send(text(n));
      await until(() => arrived.length === n);
      fastest = performance.now() - again;
    }
  });

  it('delays only one direction if asked', async () => {
    const client = await connected();
    proxy.inject('delay', { latency: 60_000, direction: 'down' });
    ends[0]!.send(text(1));
    client.send(text(1));
    await until(() => arrived.length === 1);
    expect(client.frames).toEqual([]);
  });

  it('throttles to the rate', async () => {
    const client = await connected();
    proxy.inject('throttle', { bytesPerSecond: 10_000 });
    const began = performance.now();
    client.send('y'.repeat(4_000));
    await until(() => arrived.length === 1);
    const took = performance.now() - began;
    expect(took).toBeGreaterThan(300);
    expect(took).toBeLessThan(10_000);
    proxy.calm();
    // At that rate it would take 50 s.
    client.send('z'.repeat(500_000));
    await until(() => arrived.length === 2);
  });

  it.each(['up', 'down'] as const)(
    'cuts %s inside of a frame: whole frames before it, then a reset',
    async (direction) => {
      const client = await connected();
      proxy.inject('cut', { direction });
      await aWhile();
      // Nothing flows yet, so nothing was cut.
      expect([proxy.faults.cut, proxy.hits.cut, client.isOpen]).toEqual([1, 0, true]);
      if (direction === 'up') {
        ends[0]!.send(text(1));
        await client.frame('n');
        client.send(text(2));
      } else {
        client.send(text(1));
        await until(() => arrived.length === 1);
        ends[0]!.send(text(2));
      }
      await client.gone();
      await until(() => endsClosed.length === 1);
      expect(proxy.hits.cut).toBe(1);
      expect([...arrived, ...client.frames.map(({ n }) => text(n as number))]).toEqual([text(1)]);
    },
  );

  it('never lets a whole last frame through a cut, wherever the seed puts it', async () => {
    for (let round = 0; round < 20; round += 1) {
      const client = new RawClient(proxy.url);
      await client.opened();
      await until(() => ends.length === round + 1);
      arrived.length = 0;
      proxy.inject('cut', { direction: 'up' });
      client.socket.on('error', () => {});
      client.send('a'.repeat(1 + round * 7));
      await client.gone();
      await until(() => endsClosed.length === round + 1);
      expect(arrived).toEqual([]);
    }
    expect(proxy.hits.cut).toBe(20);
  });

  it('moves a cut that would fall between two frames', async () => {
    let bytes = 0;
    const target = createServer((socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n');
      socket.on('data', (data) => (bytes += data.length));
      socket.on('error', () => {});
    }).listen(0, '127.0.0.1');
    await until(() => target.listening);
    const { port } = target.address() as AddressInfo;
    // Of 13 places in two frames of 7 bytes each it chooses the one in the middle.
    const raw = await startFaultProxy({ target: { host: '127.0.0.1', port }, random: () => 6.5 / 13 });
    const client = connect(raw.port, '127.0.0.1');
    client.on('error', () => {});
    client.write('GET / HTTP/1.1\r\n\r\n');
    await until(() => bytes === 18);
    raw.inject('cut', { direction: 'up' });
    const frame = [0x81, 0x81, 1, 2, 3, 4, 5];
    client.write(Uint8Array.from([...frame, ...frame]));
    await until(() => client.destroyed);
    expect(bytes - 18).toBe(8);
    await raw.close();
    target.close();
  });

  it('calls off a cut that was not made', async () => {
    const client = await connected();
    proxy.inject('cut', { direction: 'up' });
    proxy.calm();
    client.send(text(1));
    await until(() => arrived.length === 1);
    expect([client.isOpen, proxy.hits.cut]).toEqual([true, 0]);
  });

  it('resets new connections while it refuses, and leaves the others alone', async () => {
    const before = await connected();
    proxy.refuse(true);
    const refused = new RawClient(proxy.url);
    await refused.gone();
    expect([refused.closed?.code, before.isOpen, ends.length]).toEqual([1006, true, 1]);
    proxy.refuse(false);
    await new RawClient(proxy.url).opened();
  });

  it('resets a client whose server is not there', async () => {
    const nowhere = await startFaultProxy({ target: { host: '127.0.0.1', port: 1 } });
    const client = new RawClient(nowhere.url);
    await client.gone();
    expect(client.closed?.code).toBe(1006);
    await until(() => nowhere.connections === 0);
    await nowhere.close();
  });

  it('refuses a kind that is none', () => {
    // Safe: the test is about a value that the types refuse.
    expect(() => proxy.inject('melt' as never)).toThrow(
      new RangeError('inject: melt is none of rst, fin, freeze, delay, throttle, cut'),
    );
    expect(proxy.faults).not.toHaveProperty('melt');
  });

  it('counts what was asked for, and what hit an upgraded connection', async () => {
    for (const kind of faultKinds) proxy.inject(kind, { ms: 1 });
    const none = { rst: 0, fin: 0, freeze: 0, delay: 0, throttle: 0, cut: 0 };
    const one = { rst: 1, fin: 1, freeze: 1, delay: 1, throttle: 1, cut: 1 };
    expect([proxy.faults, proxy.hits]).toEqual([one, none]);
    const idle = connect(proxy.port, '127.0.0.1');
    idle.on('error', () => {});
    await until(() => proxy.connections === 1);
    // TCP alone is no WebSocket.
    proxy.inject('delay', { ms: 1, latency: 0 });
    proxy.inject('cut', { direction: 'up' });
    idle.write('GET / HTTP/1.1');
    await until(() => idle.destroyed);
    expect(proxy.hits).toEqual(none);
    const client = await connected();
    proxy.inject('delay', { ms: 1, latency: 0 });
    proxy.inject('throttle', { ms: 1 });
    proxy.inject('rst');
    await client.gone();
    expect(proxy.hits).toEqual({ ...none, delay: 1, throttle: 1, rst: 1 });
  });

  it('closes: connections die, the port is free, and a second proxy may have it', async () => {
    const client = await connected();
    proxy.inject('freeze', { ms: 60_000 });
    proxy.inject('delay', { ms: 60_000, latency: 30_000 });
    const { port } = proxy;
    await proxy.close();
    await client.gone();
    await until(() => endsClosed.length === 1);
    const target = { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
    proxy = await startFaultProxy({ target, port });
    expect(proxy.port).toBe(port);
    await new RawClient(proxy.url).opened();
  });

  it('says so if the port is taken', async () => {
    await expect(startFaultProxy({ target: { host: '127.0.0.1', port: 1 }, port: proxy.port })).rejects.toThrow(
      'EADDRINUSE',
    );
  });
});

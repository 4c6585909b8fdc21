import { describe, expect, it } from 'vitest';
import { type Gap, queue, type SocketEvents, type SocketState } from '../../src/index.js';
import { collect, sleep, upTo, useNetwork } from '../support/network.js';
import { until } from '../support/until.js';

const network = useNetwork();
const policies = { note: queue({ ack: 'message' }) };

describe('a server that restarts', () => {
  it('and keeps its memory loses nothing, in either direction', async () => {
    const server = await network.server();
    const socket = network.socket(server.url, { policies });
    const heard: unknown[] = [];
    const gaps = collect<Gap>((listener) => socket.on('gap', listener));
    socket.onMessage('news', ({ n }) => heard.push(n));
    await socket.opened();
    await until(() => socket.stats().received > 0);
    const receipts = [];
    let n = 0;
    for (let round = 0; round < 3; round += 1) {
      const restarted = server.restart({ away: 100 });
      // While it dies, while it is away, and after.
      for (let i = 0; i < 30; i += 1) {
        n += 1;
        server.publish({ type: 'news', n });
        receipts.push(socket.send({ type: 'note', n }));
        if (i % 10 === 0) await sleep(50);
      }
      await restarted;
      await until(() => socket.state.status === 'open');
    }
    const outcomes = await Promise.all(receipts.map(({ settled }) => settled));
    expect(outcomes.every(({ outcome }) => outcome === 'acked')).toBe(true);
    await until(() => heard.length >= n);
    expect(heard).toEqual(upTo(n));
    expect(server.received.map(({ message }) => message.n)).toEqual(upTo(n));
    expect(gaps).toEqual([]);
    expect(socket.stats().opened).toBeGreaterThanOrEqual(4);
  });

  it('and loses its memory is exactly one gap for each stream', async () => {
    const server = await network.server({ epoch: 'e' });
    const socket = network.socket(server.url, { policies });
    const room = socket.channel('room');
    const gaps = collect<Gap>((listener) => socket.on('gap', listener));
    const heard: unknown[] = [];
    socket.onMessage('news', ({ n }) => heard.push(n));
    room.onMessage('news', ({ n }) => heard.push(n));
    await until(() => server.stream('room').subscriptions.size === 1);
    for (const n of upTo(5)) server.publish({ type: 'news', n });
    for (const n of upTo(3)) server.publish({ type: 'news', n: 10 + n }, 'room');
    await until(() => heard.length === 8);

    await server.restart({ keepMemory: false });
    // Before anybody is back, and past the old number: who asked without the epoch would miss the first five.
    for (const n of upTo(7)) server.publish({ type: 'news', n: 20 + n });
    await until(() => heard.length === 15 && gaps.length === 2);
    // A second drop in the new numbering adds nothing.
    server.closeAll(1006);
    server.publish({ type: 'news', n: 8 });
    server.publish({ type: 'news', n: 14 }, 'room');
    await until(() => heard.length === 17);
    expect(heard.slice(8, 15)).toEqual(upTo(7).map((n) => 20 + n));
    expect(new Set(heard.slice(15))).toEqual(new Set([8, 14]));
    const inOrder = [...gaps].sort((a, b) => (a.channel ?? '').localeCompare(b.channel ?? ''));
    expect(inOrder).toEqual([
      { channel: undefined, from: 5, to: 0, reason: 'epoch', epoch: 'e-2' },
      { channel: 'room', from: 3, to: 0, reason: 'epoch', epoch: 'e-2' },
    ]);
  });

  it('and has forgotten a part of its history tells that part in one gap', async () => {
    const server = await network.server({ epoch: 'e', keep: 3 });
    const proxy = await network.proxy(server.port);
    const socket = network.socket(proxy.url);
    const gaps = collect<Gap>((listener) => socket.on('gap', listener));
    const heard: unknown[] = [];
    socket.onMessage('news', ({ seq }) => heard.push(seq));
    await socket.opened();
    server.publish({ type: 'news' });
    await until(() => heard.length === 1);
    proxy.refuse(true);
    proxy.inject('rst');
    // It can not come back: the proxy refuses.
    await until(() => server.connections.length === 0 && socket.state.status !== 'open');
    for (let i = 0; i < 10; i += 1) server.publish({ type: 'news' });
    proxy.refuse(false);
    await until(() => heard.length === 4);
    expect(heard).toEqual([1, 9, 10, 11]);
    expect(gaps).toEqual([{ channel: undefined, from: 1, to: 8, reason: 'missed', epoch: 'e' }]);
  });
});

describe('a client that comes back before its server knows that it left', () => {
  it('takes over, and what the old link still holds has no effect', async () => {
    const taken: unknown[] = [];
    const server = await network.server({ ids: false, onMessage: ({ message }) => void taken.push(message.n) });
    const proxy = await network.proxy(server.port);
    const socket = network.socket(proxy.url, { policies });
    const losses = collect<SocketEvents['close']>((listener) => socket.on('close', listener));
    await socket.opened();
    await until(() => server.connections.length === 1);
    const [first] = server.connections;
    proxy.inject('freeze');
    const receipt = socket.send({ type: 'note', n: 1 });
    await until(() => losses.length === 1);
    expect(losses[0]?.cause).toBe('heartbeat');
    expect(await receipt.settled).toMatchObject({ outcome: 'acked' });
    const [second] = server.connections;
    expect(server.connections).toHaveLength(1);
    expect(second?.client).toBe(first?.client);
    expect(second?.conn).toBeGreaterThan(first?.conn ?? Infinity);
    // Now the frozen one lets go of what was written to it. This server remembers no ids: only the takeover helps.
    proxy.calm();
    await until(() => proxy.connections === 1);
    expect(await socket.send({ type: 'note', n: 2 }).settled).toMatchObject({ outcome: 'acked' });
    expect(taken).toEqual([1, 2]);
    expect(socket.state.status).toBe('open');
  });
});

describe('goaway', () => {
  it('brings each client back within the window, spread, with nothing lost', async () => {
    const server = await network.server();
    // Wide, since a machine that stands still for a moment brings together what was spread over it.
    const [retryAfter, within] = [200, 3_000];
    const clients = Array.from({ length: 20 }, () => {
      const socket = network.socket(server.url, { policies });
      const losses = collect<SocketEvents['close']>((listener) => socket.on('close', listener));
      const heard: unknown[] = [];
      const backAfter: number[] = [];
      socket.onMessage('news', ({ n }) => heard.push(n));
      return { socket, losses, heard, backAfter };
    });
    await until(() => server.connections.length === clients.length);
    await until(() => clients.every(({ socket }) => socket.stats().received > 0));
    const began = performance.now();
    for (const { socket, backAfter } of clients) socket.on('open', () => backAfter.push(performance.now() - began));
    server.goaway({ retryAfter, within, reason: 'deploy' });
    const receipts = clients.flatMap(({ socket }, i) => [
      socket.send({ type: 'note', n: i }),
      socket.send({ type: 'note', n: 100 + i }),
    ]);
    let published = 0;
    const publishing = setInterval(() => {
      published += 1;
      server.publish({ type: 'news', n: published });
    }, 10);
    await until(() => clients.every(({ backAfter }) => backAfter.length > 0));
    clearInterval(publishing);
    await until(() => clients.every(({ heard }) => heard.length >= published));
    const outcomes = await Promise.all(receipts.map(({ settled }) => settled));

    expect(outcomes.every(({ outcome }) => outcome === 'acked')).toBe(true);
    expect(server.received).toHaveLength(2 * clients.length);
    for (const { heard, losses } of clients) {
      expect(heard).toEqual(upTo(published));
      expect(losses.map(({ cause }) => cause)).toEqual(['goaway']);
    }
    const times = clients.map(({ backAfter }) => backAfter[0] ?? 0).sort((a, b) => a - b);
    expect(times[0]).toBeGreaterThanOrEqual(retryAfter - 5);
    // Not all at once: twenty draws from 3 s nearly never fall into one.
    expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeGreaterThan(within / 3);
  });

  it('holds also for a client whose server closes before the time', async () => {
    const server = await network.server();
    const socket = network.socket(server.url);
    await socket.opened();
    await until(() => server.connections.length === 1);
    const states = collect<SocketState>((listener) => socket.on('state', listener));
    const began = performance.now();
    server.goaway({ retryAfter: 700 });
    server.closeAll(1012);
    await until(() => states.some(({ status }) => status === 'open'));
    expect(states.map(({ status }) => status)).toContain('waiting');
    // Ordinary backoff would be back within 100 ms here.
    expect(performance.now() - began).toBeGreaterThanOrEqual(695);
  });
});

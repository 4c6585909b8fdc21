import { WebSocket as MockWebSocket, Server } from 'mock-socket';
import { describe, expect, it, vi } from 'vitest';
import type { Gap } from '../../../src/core/io.js';
import { ReliableSocket, type WebSocketConstructor } from '../../../src/index.js';
import { scriptedSockets } from '../../../src/testing/index.js';
import { withFakeTimers } from '../../support/fake-timers.js';

describe('resume through ReliableSocket', () => {
  const url = 'ws://resume.test/';
  const ends = withFakeTimers();

  const query = (address: string): Record<string, string> =>
    Object.fromEntries(new URLSearchParams(address.split('?')[1]));

  it('asks for what is newer than the last message that the listeners had', async () => {
    const network = scriptedSockets();
    const socket = new ReliableSocket(url, { WebSocket: network.WebSocket, environment: { random: () => 0 } });
    ends.push(() => void socket.close());
    const got: unknown[] = [];
    socket.onMessage(({ seq }) => got.push(seq));
    await vi.advanceTimersByTimeAsync(0);
    expect(query(network.last.url)).toEqual({ client: expect.any(String), conn: '1' });
    network.last.open();
    network.last.receive({ type: 'welcome', epoch: 'e', seq: 41 });
    network.last.receive({ type: 'chat', seq: 42 });
    network.last.drop();
    await vi.advanceTimersByTimeAsync(0);
    expect(query(network.last.url)).toMatchObject({ lastSeq: '42', epoch: 'e', conn: '2' });
    network.last.open();
    network.last.receive({ type: 'welcome', epoch: 'e', seq: 42 });
    for (const seq of [42, 43, 43]) network.last.receive({ type: 'chat', seq });
    expect(got).toEqual([42, 43]);
  });

  it('gives each message once and in order from a server of a few lines that drops and replays', async () => {
    const server = new Server(url, { mock: false });
    ends.push(() => server.stop());
    const log: { type: string; seq: number }[] = [];
    const publish = (): void => {
      const message = { type: 'tick', seq: log.length + 1 };
      log.push(message);
      for (const client of server.clients()) client.send(JSON.stringify(message));
    };
    server.on('connection', (peer) => {
      const last = new URLSearchParams(peer.url.split('?')[1]).get('lastSeq');
      const from = last === null ? log.length : Number(last);
      peer.send(JSON.stringify({ type: 'welcome', epoch: 'e', seq: from }));
      for (const message of log.slice(from)) peer.send(JSON.stringify(message));
      peer.on('message', (data) => {
        const { type, t } = JSON.parse(String(data)) as { type: string; t: number };
        if (type === 'ping') peer.send(JSON.stringify({ type: 'pong', t }));
      });
    });
    const socket = new ReliableSocket(url, {
      // Safe: the types of mock-socket know no null handlers, the class does.
      WebSocket: MockWebSocket as unknown as WebSocketConstructor,
      environment: { random: () => 0.5 },
    });
    ends.push(() => void socket.close());
    const got: unknown[] = [];
    const gaps: Gap[] = [];
    socket.onMessage('tick', ({ seq }) => got.push(seq));
    socket.on('gap', (gap) => gaps.push(gap));
    await vi.advanceTimersByTimeAsync(10);
    let drops = 0;
    for (let i = 0; i < 60; i++) {
      publish();
      await vi.advanceTimersByTimeAsync(500);
      if (i % 7 !== 6) continue;
      drops++;
      for (const client of server.clients()) client.close({ code: 1001, reason: '', wasClean: true });
    }
    await vi.advanceTimersByTimeAsync(60_000);
    expect(drops).toBe(8);
    expect(got).toEqual(log.map(({ seq }) => seq));
    expect(log).toHaveLength(60);
    expect(gaps).toEqual([]);
  });

  it('tells one gap where the server has lost its history', async () => {
    const network = scriptedSockets();
    const socket = new ReliableSocket(url, {
      WebSocket: network.WebSocket,
      environment: { random: () => 0 },
      resume: { from: { seq: 42, epoch: 'e' } },
    });
    ends.push(() => void socket.close());
    const gaps: Gap[] = [];
    socket.on('gap', (gap) => gaps.push(gap));
    await vi.advanceTimersByTimeAsync(0);
    expect(query(network.last.url)).toMatchObject({ lastSeq: '42', epoch: 'e' });
    network.last.open();
    network.last.receive({ type: 'welcome', epoch: 'new', seq: 7 });
    expect(gaps).toEqual([{ channel: undefined, from: 42, to: 7, reason: 'epoch', epoch: 'new' }]);
  });

  it('lets a pong decide whether a server without an epoch has kept its numbers', async () => {
    const network = scriptedSockets();
    const socket = new ReliableSocket(url, { WebSocket: network.WebSocket, resume: { from: { seq: 42 } } });
    ends.push(() => void socket.close());
    const told: unknown[] = [];
    socket.onMessage(({ seq }) => told.push(seq));
    socket.on('gap', ({ from, to, reason }) => told.push({ from, to, reason }));
    await vi.advanceTimersByTimeAsync(0);
    network.last.open();
    expect(network.last.frames).toEqual([{ type: 'ping', t: 1 }]);
    network.last.receive({ type: 'tick', seq: 5 });
    expect(told).toEqual([]);
    network.last.receive({ type: 'pong', t: 1 });
    expect(told).toEqual([{ from: 42, to: 4, reason: 'renumbered' }, 5]);
  });

  it('waits for that pong no longer than for any other', async () => {
    const network = scriptedSockets();
    const socket = new ReliableSocket(url, {
      WebSocket: network.WebSocket,
      resume: { from: { seq: 42 } },
      heartbeat: false,
    });
    ends.push(() => void socket.close());
    const told: unknown[] = [];
    socket.onMessage(({ seq }) => told.push(seq));
    await vi.advanceTimersByTimeAsync(0);
    network.last.open();
    network.last.receive({ type: 'tick', seq: 5 });
    await vi.advanceTimersByTimeAsync(9_999);
    expect(told).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(told).toEqual([5]);
  });

  it('waits for a pong as long after a slow handshake as after a quick one', async () => {
    const network = scriptedSockets();
    const resume = { from: { seq: 5 } };
    const socket = new ReliableSocket(url, { WebSocket: network.WebSocket, heartbeat: { timeout: 2_000 }, resume });
    ends.push(() => void socket.close());
    const told: unknown[] = [];
    socket.onMessage(({ seq }) => told.push(seq));
    socket.on('gap', (gap) => told.push(gap));
    await vi.advanceTimersByTimeAsync(3_000);
    network.last.open();
    await vi.advanceTimersByTimeAsync(1_999);
    for (const seq of [4, 5, 6]) network.last.receive({ type: 'tick', seq });
    expect(told).toEqual([6]);
  });

  it('neither sends nor reads numbers where it is turned off', async () => {
    const network = scriptedSockets();
    const socket = new ReliableSocket(url, { WebSocket: network.WebSocket, resume: false });
    ends.push(() => void socket.close());
    const got: unknown[] = [];
    socket.onMessage(({ seq }) => got.push(seq));
    await vi.advanceTimersByTimeAsync(0);
    expect(network.last.url).toBe(url);
    network.last.open();
    for (const seq of [5, 5, 4]) network.last.receive({ type: 'tick', seq });
    expect(got).toEqual([5, 5, 4]);
  });
});

import { WebSocket as MockWebSocket, Server } from 'mock-socket';
import { describe, expect, it, vi } from 'vitest';
import {
  type AnyMessage,
  latest,
  queue as queued,
  ReliableSocket,
  type WebSocketConstructor,
} from '../../../src/index.js';
import { scriptedSockets } from '../../../src/testing/index.js';
import { withFakeTimers } from '../../support/fake-timers.js';

describe('send queue through ReliableSocket', () => {
  const url = 'ws://queue.test/';
  const ends = withFakeTimers();

  it('writes what waited, in order, when a server is there', async () => {
    const server = new Server(url, { mock: false });
    ends.push(() => server.stop());
    const got: unknown[] = [];
    server.on('connection', (peer) => peer.on('message', (data) => got.push(JSON.parse(String(data)).n)));
    // Safe: the types of mock-socket know no null handlers, the class does.
    const socket = new ReliableSocket(url, { WebSocket: MockWebSocket as unknown as WebSocketConstructor });
    ends.push(() => void socket.close());
    for (let n = 1; n <= 5; n++) socket.send({ type: 'chat', n });
    expect(socket.outbox.size).toBe(5);
    await vi.advanceTimersByTimeAsync(20);
    expect(got).toEqual([1, 2, 3, 4, 5]);
    expect(socket.outbox.size).toBe(0);
  });

  it('keeps the bounds while the link is down, and tells each drop', async () => {
    const network = scriptedSockets();
    const socket = new ReliableSocket<AnyMessage, AnyMessage>(url, {
      WebSocket: network.WebSocket,
      queue: { maxMessages: 3 },
      policies: { cursor: latest() },
    });
    ends.push(() => void socket.close());
    const undelivered: unknown[] = [];
    socket.on('undelivered', ({ message, outcome, reason }) =>
      undelivered.push([(message as AnyMessage).n, outcome, reason]),
    );
    await vi.advanceTimersByTimeAsync(0);
    for (let n = 1; n <= 4; n++) socket.send({ type: 'chat', n });
    expect(socket.send({ type: 'cursor', n: 5 }).status).toBe('queued');
    expect(socket.send({ type: 'cursor', n: 6 }).status).toBe('replaced');
    expect(undelivered).toEqual([
      [1, 'dropped', 'queue-full'],
      [2, 'dropped', 'queue-full'],
    ]);
    network.last.open();
    expect(network.last.frames.map(({ n }) => n)).toEqual([3, 4, 6]);
  });

  it('sends what flew first again with its id, in the first order, before what is new', async () => {
    const network = scriptedSockets();
    const socket = new ReliableSocket(url, {
      WebSocket: network.WebSocket,
      environment: { random: () => 0 },
      policies: { order: queued({ ack: 'message' }), cursor: latest() },
    });
    ends.push(() => void socket.close());
    await vi.advanceTimersByTimeAsync(0);
    network.last.open();
    socket.send({ type: 'order', n: 1 }, { id: 'a' });
    socket.send({ type: 'cursor', n: 2 });
    socket.send({ type: 'order', n: 3 }, { id: 'b' });
    network.last.receive({ type: 'ack', messageId: 'a' });
    network.last.drop();
    socket.send({ type: 'chat', n: 4 });
    await vi.advanceTimersByTimeAsync(0);
    network.last.open();
    expect(network.sockets).toHaveLength(2);
    expect(network.last.frames).toEqual([
      { type: 'order', n: 3, messageId: 'b' },
      { type: 'cursor', n: 2 },
      { type: 'chat', n: 4 },
    ]);
  });

  it('ends a message that outlived its time to live at that very moment', async () => {
    const network = scriptedSockets();
    const socket = new ReliableSocket(url, { WebSocket: network.WebSocket });
    ends.push(() => void socket.close());
    await vi.advanceTimersByTimeAsync(0);
    const { settled } = socket.send({ type: 'chat', n: 1 }, { ttl: 2_000 });
    await vi.advanceTimersByTimeAsync(1_999);
    expect(socket.outbox.size).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(socket.outbox.size).toBe(0);
    expect(await settled).toMatchObject({ outcome: 'expired' });
  });
});

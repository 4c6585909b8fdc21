import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { queue, type SocketEvents } from '../../src/index.js';
import { type Child, runSupport } from '../support/child.js';
import { collect, useNetwork } from '../support/network.js';
import { until } from '../support/until.js';

const network = useNetwork();
const children: Child[] = [];

afterEach(() => {
  for (const child of children.splice(0)) if (child.ended === undefined) child.process.kill('SIGKILL');
});

/** As in a browser: `close()` waits for the peer, and there is no way to end the connection by force. */
class BrowserSocket extends WebSocket {
  static readonly made: BrowserSocket[] = [];
  closeEvents = 0;

  constructor(url: string, protocols?: string[]) {
    super(url, protocols);
    BrowserSocket.made.push(this);
    this.on('close', () => {
      this.closeEvents += 1;
    });
    Object.defineProperty(this, 'terminate', { value: undefined });
  }
}

afterEach(() => {
  for (const socket of BrowserSocket.made.splice(0)) WebSocket.prototype.terminate.call(socket);
});

const interval = 400;
const timeout = 400;
/**
 * Upwards only: a loaded machine is late, and an alarm that is late asks once more. Without any alarm of ours it would
 * take the minutes of TCP, or the 30 s of `ws`.
 */
const SLACK = 10_000;

describe('a link on which no byte passes any more', () => {
  it('is found within interval and timeout, and left without waiting for its close event', async () => {
    const server = await network.server({ epoch: 'e' });
    const proxy = await network.proxy(server.port);
    const socket = network.socket(proxy.url, {
      WebSocket: BrowserSocket,
      heartbeat: { interval, timeout },
      policies: { order: queue({ ack: 'message' }) },
    });
    const heard: unknown[] = [];
    socket.onMessage('news', ({ n }) => heard.push(n));
    const losses = collect<SocketEvents['close']>((listener) => socket.on('close', listener));
    await socket.opened();
    // Something came in, and something was proved.
    server.publish({ type: 'news', n: 1 });
    await until(() => heard.length === 1 && socket.stats().roundTrip !== undefined);

    const frozenAt = performance.now();
    proxy.inject('freeze');
    const receipt = socket.send({ type: 'order', n: 1 });
    server.publish({ type: 'news', n: 2 });
    const [old] = BrowserSocket.made;
    await until(() => losses.length === 1, { timeout: interval + timeout + SLACK });
    const foundAfter = performance.now() - frozenAt;
    expect(losses).toMatchObject([{ cause: 'heartbeat', code: 1006 }]);
    // A ping may have been under way already, but not yet for long.
    expect(foundAfter).toBeGreaterThan(timeout / 4);

    await until(() => socket.state.status === 'open');
    expect(BrowserSocket.made).toHaveLength(2);
    expect([old?.closeEvents, old?.readyState]).toEqual([0, WebSocket.CLOSING]);
    // The proxy still holds the frozen one: nobody has been told anything.
    expect(proxy.connections).toBe(2);

    expect(await receipt.settled).toMatchObject({ outcome: 'acked', by: 'ack' });
    await until(() => heard.length === 2);
    expect(heard).toEqual([1, 2]);
    expect(server.received.map(({ message }) => message.n)).toEqual([1]);
    expect(old?.closeEvents).toBe(0);
  });

  it('is found in the same time while nothing at all is under way', async () => {
    const server = await network.server();
    const proxy = await network.proxy(server.port);
    const socket = network.socket(proxy.url, { heartbeat: { interval, timeout } });
    const losses = collect<SocketEvents['close']>((listener) => socket.on('close', listener));
    await socket.opened();
    // An idle link that lives is left alone for several rounds of pings.
    const began = performance.now();
    await until(() => performance.now() - began > 3 * interval && socket.stats().received > 2);
    expect(losses).toEqual([]);
    proxy.inject('freeze');
    await until(() => losses.length === 1, { timeout: interval + timeout + SLACK });
    expect(losses[0]?.cause).toBe('heartbeat');
    await until(() => socket.state.status === 'open');
  });

  it('does not hold up close(), nor the end of the process', async () => {
    const server = await network.server();
    const proxy = await network.proxy(server.port);
    const child = runSupport('child-close.ts', [proxy.url]);
    children.push(child);
    await until(() => child.lines.includes('open'), {
      message: `the child connects: ${child.errors}`,
    });
    proxy.inject('freeze');
    child.process.kill('SIGUSR2');
    await until(() => child.lines.length > 1, { message: 'close() returns' });
    const closedAt = performance.now();
    const { took, status, outcome } = JSON.parse(child.lines[1] ?? '');
    expect([status, outcome]).toEqual(['closed', 'unknown']);
    expect(took).toBeLessThan(1_000 + SLACK);
    await until(() => child.ended !== undefined, { message: 'the process ends by itself' });
    expect(child.ended).toEqual({ code: 0, signal: null });
    // `ws` would wait for the peer for 30 s.
    expect(performance.now() - closedAt).toBeLessThan(5_000 + SLACK);
    // The link was frozen all the while: nobody else has ended it.
    expect(proxy.connections).toBe(1);
  });

  it.each(['connecting', 'waiting', 'open'] as const)(
    'leaves no timer behind that was closed while %s',
    async (status) => {
      const server = await network.server();
      const proxy = await network.proxy(server.port);
      const timers = new Set<unknown>();
      if (status === 'waiting') proxy.refuse(true);
      if (status === 'connecting') proxy.inject('freeze', { newConnections: true });
      const socket = network.socket(proxy.url, {
        backoff: { base: 20_000 },
        heartbeat: { interval: 30_000 },
        policies: { order: queue({ ack: 'message', ttl: 60_000 }) },
        environment: {
          setTimer: (run, ms) => {
            const timer = setTimeout(() => {
              timers.delete(timer);
              run();
            }, ms);
            timers.add(timer);
            return timer;
          },
          clearTimer: (timer) => {
            timers.delete(timer);
            clearTimeout(timer as NodeJS.Timeout);
          },
        },
      });
      await until(() => socket.state.status === status);
      const receipt = socket.send({ type: 'order' });
      if (status === 'open') proxy.inject('freeze');
      expect(timers.size).toBe(1);
      await socket.close();
      expect(['unknown', 'closed']).toContain((await receipt.settled).outcome);
      expect(timers.size).toBe(0);
    },
  );
});

import { fc, test } from '@fast-check/vitest';
import { WebSocket as MockWebSocket, Server } from 'mock-socket';
import { describe, expect, it, vi } from 'vitest';
import { type Backoff, backoffDelay } from '../../src/core/backoff.js';
import { defaults, ReliableSocket, type SocketState, type WebSocketConstructor } from '../../src/index.js';
import { scriptedSockets } from '../../src/testing/index.js';
import { withFakeTimers } from '../support/fake-timers.js';

const usual: Backoff = defaults.backoff;
/** Evenly spread draws, as a good random source gives them in the long run. */
const draws = Array.from({ length: 1_000 }, (_, i) => (i + 0.5) / 1_000);
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

const anyBackoff = fc.record({
  base: fc.integer({ min: 1, max: 10_000 }),
  factor: fc.double({ min: 1, max: 4, noNaN: true }),
  max: fc.integer({ min: 0, max: 120_000 }),
});
const anyRetry = fc.integer({ min: 0, max: 40 });
const anyRandom = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('backoffDelay', () => {
  it('has a mean of 1, 2, 4, 8 s with the defaults, and half the cap from there on', () => {
    const means = [0, 1, 2, 3, 4, 5, 60].map((retry) =>
      Math.round(mean(draws.map((random) => backoffDelay(usual, retry, random)))),
    );
    expect(means).toEqual([1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000]);
  });

  // Kills: `2 * mean` for `Math.min(max, 2 * mean)`, `Math.max` for `Math.min`, a delay without `random`.
  test.prop([anyBackoff, anyRetry, anyRandom])(
    'draws from nothing up to the doubled mean, and never above the cap',
    (b, k, r) => {
      const delay = backoffDelay({ ...b, jitter: 'full' }, k, r);
      expect(delay).toBeGreaterThanOrEqual(0);
      expect(delay).toBeLessThanOrEqual(b.max);
      expect(delay).toBeLessThanOrEqual(2 * b.base * b.factor ** k);
    },
  );

  // Kills: jitter before the cap, `Math.min(max, random * 2 * mean)`, which puts most draws on the very maximum.
  test.prop([anyBackoff, fc.integer({ min: 5, max: 60 })])('spreads evenly over the whole width at the cap', (b, k) => {
    fc.pre(b.base * b.factor ** k >= b.max && b.max >= 100);
    const tenths = Array.from({ length: 10 }, () => 0);
    for (const random of draws) {
      const tenth = Math.floor((backoffDelay({ ...b, jitter: 'full' }, k, random) / b.max) * 10);
      tenths[tenth] = (tenths[tenth] ?? 0) + 1;
    }
    expect(tenths.slice(0, 10).every((count) => Math.abs(count - 100) <= 1)).toBe(true);
  });

  // Kills: `base * factor * retry` for the power, a mean that is not doubled, a retry that counts from 1.
  test.prop([anyBackoff, fc.integer({ min: 0, max: 8 })])(
    'has the mean that base and factor say below the cap',
    (b, k) => {
      const wanted = b.base * b.factor ** k;
      const uncapped = { ...b, max: 2 * wanted };
      expect(mean(draws.map((random) => backoffDelay({ ...uncapped, jitter: 'full' }, k, random)))).toBeCloseTo(
        wanted,
        4,
      );
      expect(backoffDelay({ ...uncapped, jitter: 'none' }, k, 0.123)).toBe(wanted);
    },
  );

  // Kills: a sharper or flatter curve, such as `random ** 2` or `0.5 + random / 2`.
  test.prop([anyBackoff, anyRetry, anyRandom])('is proportional to the draw', (b, k, r) => {
    const whole = Math.min(b.max, 2 * b.base * b.factor ** k);
    expect(backoffDelay({ ...b, jitter: 'full' }, k, r)).toBeCloseTo(r * whole, 6);
  });

  it('takes the capped mean as it stands without jitter', () => {
    const none: Backoff = { ...usual, jitter: 'none' };
    expect([0, 1, 4, 5, 2_000].map((retry) => backoffDelay(none, retry, 0.9))).toEqual([
      1_000, 2_000, 16_000, 30_000, 30_000,
    ]);
  });

  it('hands a function the capped mean and the draw', () => {
    const jitter = vi.fn((delay: number, random: number) => delay + random);
    expect(backoffDelay({ ...usual, jitter }, 20, 0.25)).toBe(30_000.25);
    expect(jitter).toHaveBeenCalledExactlyOnceWith(30_000, 0.25);
  });

  it.each([Number.NaN, -1, undefined as unknown as number])('does not take %s from a function for a delay', (drawn) => {
    expect(backoffDelay({ ...usual, jitter: () => drawn }, 1, 0.5)).toBe(2_000);
  });

  it('lets a function ask for no delay at all', () => {
    expect(backoffDelay({ ...usual, jitter: () => 0 }, 1, 0.5)).toBe(0);
  });

  it('stays a number however many attempts have failed', () => {
    expect(backoffDelay(usual, 100_000, 0.5)).toBe(15_000);
    expect(backoffDelay({ ...usual, base: 0 }, 100_000, 0.5)).toBe(0);
  });
});

describe('backoff through ReliableSocket', () => {
  const url = 'ws://backoff.test/';
  const ends = withFakeTimers();

  const watch = (socket: ReliableSocket): SocketState[] => {
    const states: SocketState[] = [];
    socket.on('state', (state) => states.push(state));
    ends.push(() => void socket.close());
    return states;
  };

  it('dials a server that is away after 1, 2, 4, 8 and then 15 s where every draw is the middle one', async () => {
    const network = scriptedSockets();
    const socket = new ReliableSocket(url, { WebSocket: network.WebSocket, environment: { random: () => 0.5 } });
    watch(socket);
    await vi.advanceTimersByTimeAsync(0);
    for (const [i, delay] of [1_000, 2_000, 4_000, 8_000, 15_000, 15_000].entries()) {
      network.last.fail();
      expect(socket.state).toMatchObject({ status: 'waiting', attempt: i + 2, retryAt: Date.now() + delay });
      await vi.advanceTimersByTimeAsync(delay - 1);
      expect(network.sockets).toHaveLength(i + 1);
      await vi.advanceTimersByTimeAsync(1);
      expect(network.sockets).toHaveLength(i + 2);
    }
  });

  it('draws each delay anew, the first one too', async () => {
    const network = scriptedSockets();
    const random = vi.fn(() => 0);
    const socket = new ReliableSocket(url, { WebSocket: network.WebSocket, environment: { random } });
    watch(socket);
    await vi.advanceTimersByTimeAsync(0);
    for (const [draw, delay] of [
      [0.25, 500],
      [0.75, 3_000],
      [0.1, 800],
    ] as const) {
      random.mockReturnValueOnce(draw);
      network.last.fail();
      expect(socket.state).toMatchObject({ status: 'waiting', retryAt: Date.now() + delay });
      await vi.advanceTimersByTimeAsync(delay);
    }
    expect(random).toHaveBeenCalledTimes(3);
  });

  it('does not hammer a server that accepts and then drops, and starts anew after a healthy connection', async () => {
    const server = new Server(url, { mock: false });
    ends.push(() => server.stop());
    let stayFor = 0;
    server.on('connection', (peer) => {
      setTimeout(() => peer.close({ code: 1001, reason: '', wasClean: true }), stayFor);
    });
    const socket = new ReliableSocket(url, {
      // Safe: the types of mock-socket know no null handlers, the class does.
      WebSocket: MockWebSocket as unknown as WebSocketConstructor,
      environment: { random: () => 0.5 },
    });
    const states = watch(socket);
    /** Waits for the next drop and answers with the delay that follows. */
    const nextDelay = async (): Promise<number> => {
      states.length = 0;
      let waiting: SocketState | undefined;
      while (!waiting) {
        await vi.advanceTimersByTimeAsync(1);
        waiting = states.find(({ status }) => status === 'waiting');
      }
      expect(states.some(({ status }) => status === 'open')).toBe(true);
      return Math.round(((waiting as { retryAt: number }).retryAt - Date.now()) / 100) * 100;
    };
    expect([await nextDelay(), await nextDelay(), await nextDelay()]).toEqual([1_000, 2_000, 4_000]);
    stayFor = 4_900;
    expect(await nextDelay()).toBe(8_000);
    stayFor = 5_100;
    expect(await nextDelay()).toBe(1_000);
  });

  it('comes back in time also when the clock was set back meanwhile', async () => {
    const network = scriptedSockets();
    watch(new ReliableSocket(url, { WebSocket: network.WebSocket, backoff: { jitter: 'none', base: 10_000 } }));
    await vi.advanceTimersByTimeAsync(0);
    network.last.fail();
    await vi.advanceTimersByTimeAsync(4_000);
    vi.setSystemTime(Date.now() - 3_600_000);
    await vi.advanceTimersByTimeAsync(5_999);
    expect(network.sockets).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(network.sockets).toHaveLength(2);
  });

  it('gives up after maxRetries, and begins anew when told to', async () => {
    const network = scriptedSockets();
    const socket = new ReliableSocket(url, {
      WebSocket: network.WebSocket,
      backoff: { maxRetries: 2, jitter: 'none', base: 10 },
    });
    watch(socket);
    await vi.advanceTimersByTimeAsync(0);
    for (const delay of [10, 20]) {
      network.last.fail();
      await vi.advanceTimersByTimeAsync(delay);
    }
    network.last.fail();
    expect(socket.state).toMatchObject({ status: 'closed', reason: 'retries-exhausted' });
    await vi.advanceTimersByTimeAsync(600_000);
    expect(network.sockets).toHaveLength(3);
    socket.reconnect();
    expect(socket.state).toEqual({ status: 'connecting', attempt: 1 });
  });
});

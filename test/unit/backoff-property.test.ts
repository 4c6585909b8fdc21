import { test } from '@fast-check/vitest';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BackoffOptions, ReliableSocket } from '../../src/index.js';
import { seededRandom } from '../../src/testing/random.js';
import { type ScriptedSocket, scriptedSockets } from '../../src/testing/scripted-socket.js';
import { VirtualClock } from '../../src/testing/virtual-clock.js';
import { virtualEnvironment } from '../../src/testing/virtual-environment.js';

/** How long an attempt takes until it opens or fails, in ms. */
const HANDSHAKE = 5;

interface Crowd {
  readonly clock: VirtualClock;
  /** The delays of each client, in the order in which they were drawn. */
  readonly delays: number[][];
  /** When sockets were made. */
  readonly attempts: number[];
  /** Those that are open now. */
  readonly open: Set<ScriptedSocket>;
  server: 'up' | 'down';
}

/** Many clients on one clock, with one source of chance. */
function gather(clients: number, backoff: BackoffOptions, server: Crowd['server'], seed: number): Crowd {
  const clock = new VirtualClock();
  const crowd: Crowd = { clock, delays: [], attempts: [], open: new Set(), server };
  const { WebSocket } = scriptedSockets((socket) => {
    crowd.attempts.push(clock.now());
    clock.setTimer(() => {
      if (socket.readyState !== 0) return;
      if (crowd.server === 'down') return socket.fail();
      socket.open();
      crowd.open.add(socket);
    }, HANDSHAKE);
  });
  const environment = virtualEnvironment({ clock, random: seededRandom(seed), WebSocket });
  for (let i = 0; i < clients; i += 1) {
    const mine: number[] = [];
    crowd.delays.push(mine);
    const socket = new ReliableSocket('wss://example.com', {
      environment,
      backoff,
      lifecycle: false,
      heartbeat: false,
    });
    socket.on('state', (state) => {
      if (state.status === 'waiting') mine.push(state.retryAt - clock.now());
    });
  }
  return crowd;
}

function dropAll({ open }: Crowd): void {
  for (const socket of open) socket.drop(1006);
  open.clear();
}

/** The share of all clients whose attempts fall into the fullest 100 ms. */
function worstShare(attempts: readonly number[], clients: number): number {
  const times = [...attempts].sort((a, b) => a - b);
  let worst = 0;
  let first = 0;
  times.forEach((time, i) => {
    while ((times[first] ?? time) <= time - 100) first += 1;
    worst = Math.max(worst, i - first + 1);
  });
  return worst / clients;
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

function deviation(values: readonly number[]): number {
  const middle = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - middle) ** 2)));
}

const retries = (crowd: Crowd, k: number): number[] => crowd.delays.map((mine) => mine[k] ?? Number.NaN);

describe('the delays of many clients whose server is away', () => {
  // Kills: `random * Math.min(max, 2 * mean)` without the min, with `mean` for `2 * mean`, and jitter before the cap.
  test.prop(
    [
      fc.record({
        base: fc.integer({ min: 1, max: 5_000 }),
        factor: fc.double({ min: 1, max: 4, noNaN: true }),
        max: fc.integer({ min: 1, max: 60_000 }),
      }),
      fc.integer({ min: 1, max: 1_000_000 }),
    ],
    { numRuns: 40, seed: 7 },
  )('lie between 0 and the lesser of the cap and twice their mean, and use that whole range', async (backoff, seed) => {
    const crowd = gather(40, backoff, 'down', seed);
    while (crowd.delays.some((mine) => mine.length < 6)) await crowd.clock.advanceAsync(backoff.max + HANDSHAKE + 1);
    for (let k = 0; k < 6; k += 1) {
      const width = Math.min(backoff.max, 2 * backoff.base * backoff.factor ** k);
      const drawn = retries(crowd, k);
      expect(Math.min(...drawn)).toBeGreaterThanOrEqual(0);
      // `retryAt` is a date, which has no room for more than a tenth of a microsecond.
      expect(Math.max(...drawn)).toBeLessThan(width + 0.001);
      // Of 40 draws, none in the uppermost or the lowest quarter: once in 10,000 cases.
      expect(Math.max(...drawn)).toBeGreaterThan(width * 0.75);
      expect(Math.min(...drawn)).toBeLessThan(width * 0.25);
    }
  });

  // Kills: a factor of 1, a delay that is not drawn anew, retries that are not counted.
  it('have a mean of 1, 2, 4, 8 and then 15 seconds with the defaults, and are spread over all of it', async () => {
    const clients = 1_000;
    const crowd = gather(clients, {}, 'down', 1);
    while (crowd.delays.some((mine) => mine.length < 9)) await crowd.clock.advanceAsync(30_000);
    const means = [1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000, 15_000, 15_000];
    means.forEach((wanted, k) => {
      const drawn = retries(crowd, k);
      // Evenly from [0, 2 * mean): the deviation is the width divided by the root of 12.
      expect(Math.abs(mean(drawn) / wanted - 1)).toBeLessThan(0.08);
      expect(Math.abs(deviation(drawn) / ((2 * wanted) / Math.sqrt(12)) - 1)).toBeLessThan(0.08);
      expect(Math.max(...drawn)).toBeLessThan(2 * wanted);
    });
    // At the cap nobody waits for exactly the maximum, and nobody's delays resemble each other.
    const atCap = crowd.delays.flatMap((mine) => mine.slice(4, 9));
    expect(new Set(atCap).size).toBeGreaterThan(atCap.length * 0.99);
    const differences = crowd.delays.map((mine) => Math.abs((mine[7] ?? 0) - (mine[8] ?? 0)));
    expect(mean(differences)).toBeGreaterThan(8_000);
    for (const tenth of Array.from({ length: 10 }, (_, i) => i)) {
      const there = atCap.filter((delay) => Math.floor(delay / 3_000) === tenth).length;
      expect(there / atCap.length).toBeGreaterThan(0.08);
      expect(there / atCap.length).toBeLessThan(0.12);
    }
  });
});

describe('2,000 clients that are dropped at once', () => {
  const clients = 2_000;

  async function dropped(seed: number): Promise<Crowd> {
    const crowd = gather(clients, {}, 'up', seed);
    // Long enough to be healthy.
    await crowd.clock.advanceAsync(10_000);
    expect(crowd.open.size).toBe(clients);
    crowd.attempts.length = 0;
    return crowd;
  }

  // Kills: no jitter, jitter that is added to a fixed delay, a first retry without delay.
  it('come back spread over two seconds: less than 8 % in any 100 ms', async () => {
    const crowd = await dropped(2);
    dropAll(crowd);
    const droppedAt = crowd.clock.now();
    await crowd.clock.advanceAsync(2_100);
    expect(crowd.open.size).toBe(clients);
    expect(crowd.attempts).toHaveLength(clients);
    const worst = worstShare(crowd.attempts, clients);
    expect(worst).toBeLessThan(0.08);
    // Evenly would be 5 %: to be below it somebody would have to be late.
    expect(worst).toBeGreaterThanOrEqual(0.05);
    const first = crowd.attempts.filter((at) => at - droppedAt < 100);
    expect(first.length / clients).toBeLessThan(0.08);
  });

  // Kills: a backoff that does not grow, a cap that comes after the jitter.
  it('come back even better spread when the server was away for 30 s: less than 1.5 % in any 100 ms', async () => {
    const crowd = await dropped(3);
    crowd.server = 'down';
    dropAll(crowd);
    await crowd.clock.advanceAsync(30_000);
    const meanwhile = crowd.attempts.splice(0);
    crowd.server = 'up';
    const backAt = crowd.clock.now();
    await crowd.clock.advanceAsync(31_000);
    expect(crowd.open.size).toBe(clients);
    // Here the second attempts come on top of the first ones.
    expect(worstShare(meanwhile, clients)).toBeLessThan(0.1);
    expect(worstShare(crowd.attempts, clients)).toBeLessThan(0.015);
    // The price of the spread: half of them are back within ten seconds.
    const sorted = crowd.attempts.map((at) => at - backAt).sort((a, b) => a - b);
    expect(sorted[clients / 2]).toBeLessThan(11_000);
  });

  // Kills: backoff that starts anew on `open`.
  it('that are dropped again and again before they are stable are spread ever wider', async () => {
    const crowd = await dropped(4);
    dropAll(crowd);
    for (let round = 0; round < 4; round += 1) {
      // This server takes a client and drops it at once.
      for (let ms = 0; ms < 40_000; ms += 500) {
        await crowd.clock.advanceAsync(500);
        dropAll(crowd);
      }
    }
    for (let k = 0; k < 5; k += 1) {
      const wanted = [1_000, 2_000, 4_000, 8_000, 15_000][k] ?? 0;
      expect(Math.abs(mean(retries(crowd, k)) / wanted - 1)).toBeLessThan(0.08);
    }
  });
});

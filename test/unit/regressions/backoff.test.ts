import { describe, expect, it } from 'vitest';
import { seededRandom, VirtualClock } from '../../../src/testing/index.js';
import { openClient, randomFrom, startClient, waitOf } from '../../support/scripted-client.js';

/** The wait before each retry of a client that never gets through. */
const waitsOf = async (count: number, random: () => number): Promise<number[]> => {
  const client = await startClient({}, { random });
  const waits: number[] = [];
  for (let retry = 0; retry < count; retry++) {
    client.net.last.fail();
    const wait = waitOf(client);
    waits.push(wait);
    await client.after(Math.ceil(wait));
    expect(client.net.sockets).toHaveLength(retry + 2);
  }
  return waits;
};

describe('jitter', () => {
  it('is drawn anew for every retry', async () => {
    const client = await startClient({}, { random: randomFrom(0.5, 0.25, 0.75) });
    const waits: number[] = [];
    for (let retry = 0; retry < 3; retry++) {
      client.net.last.fail();
      waits.push(waitOf(client));
      await client.after(10_000);
    }
    expect(waits).toEqual([0.5 * 2_000, 0.25 * 4_000, 0.75 * 8_000]);
  });

  it('is drawn on the first retry too', async () => {
    const first = await waitsOf(1, () => 0.1);
    const other = await waitsOf(1, () => 0.9);
    expect([...first, ...other]).toEqual([200, 1_800]);
  });

  it('is drawn on the first retry after a lost connection too', async () => {
    const client = await openClient({}, { random: () => 0.1 });
    client.net.last.drop();
    expect(waitOf(client)).toBe(200);
  });

  it('comes after the cap, so that nobody waits exactly the maximum', async () => {
    const waits = await waitsOf(9, () => 0.5);
    expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000, 15_000, 15_000]);
  });

  it('spreads clients that were dropped together over the whole width, also after a long outage', async () => {
    const clock = new VirtualClock();
    const random = seededRandom(7);
    const clients = await Promise.all(Array.from({ length: 200 }, () => openClient({}, { clock, random })));
    for (const { net } of clients) net.last.drop();
    const outage = clock.now() + 120_000;
    while (clock.now() < outage) {
      await clock.advanceAsync(1_000);
      for (const { net } of clients) if (net.last.readyState === 0) net.last.fail();
    }
    const windows = new Map<number, number>();
    for (const client of clients) {
      const window = Math.floor(waitOf(client) / 1_000);
      windows.set(window, (windows.get(window) ?? 0) + 1);
    }
    expect(windows.size).toBeGreaterThan(20);
    expect(Math.max(...windows.values())).toBeLessThan(25);
  });
});

describe('the backoff', () => {
  it('is not reset by an open, so that a server that accepts and then drops is not hammered', async () => {
    const client = await startClient({ backoff: { jitter: 'none' } });
    const waits: number[] = [];
    for (let retry = 0; retry < 6; retry++) {
      client.net.last.open();
      client.net.last.receive({ type: 'welcome' });
      await client.after(1_000);
      client.net.last.drop(1000, '', true);
      waits.push(waitOf(client));
      await client.after(waitOf(client));
    }
    expect(client.opens).toHaveLength(6);
    expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000]);
  });

  it('is reset after the connection stood for stableAfter', async () => {
    const client = await openClient({ backoff: { jitter: 'none', stableAfter: 3_000 } });
    client.net.last.drop();
    await client.reopen();
    await client.after(2_999);
    client.net.last.drop();
    expect(client.socket.state).toMatchObject({ status: 'waiting', attempt: 3 });
    expect(waitOf(client)).toBe(2_000);
    await client.reopen();
    await client.after(3_000);
    client.net.last.drop();
    expect(client.socket.state).toMatchObject({ status: 'waiting', attempt: 2 });
    expect(waitOf(client)).toBe(1_000);
  });

  it('counts an immediate return that the application asked for against the limit', async () => {
    const client = await startClient({ backoff: { maxRetries: 3 }, onClose: () => ({ retryAfter: 0 }) });
    for (let round = 0; round < 20 && client.socket.state.status === 'connecting'; round++) {
      client.net.last.open();
      client.net.last.drop(1001, '', true);
      await client.after(0);
    }
    expect(client.dials).toHaveLength(4);
    expect(client.socket.state).toMatchObject({ status: 'closed', reason: 'retries-exhausted' });
    await client.after(600_000);
    expect(client.dials).toHaveLength(4);
  });

  it('grows also for a server that sends everybody away as soon as they come', async () => {
    const client = await startClient({ backoff: { jitter: 'none' } });
    for (let round = 0; round < 4; round++) {
      client.net.last.open();
      client.net.last.receive({ type: 'goaway' });
      await client.after(0);
      const next = client.clock.nextTimerAt ?? 0;
      expect(next).toBeGreaterThan(client.clock.now());
      while (client.dials.length === round + 1) await client.after(100);
    }
    const waits = client.dials.slice(1).map((at, i) => at - (client.dials[i] ?? 0));
    expect(waits).toEqual([1_000, 2_000, 4_000, 8_000]);
  });

  it('holds for a server that says to come back at once, again and again', async () => {
    const client = await startClient();
    const end = client.clock.now() + 60_000;
    while (client.clock.now() < end) {
      if (client.net.last.readyState === 0) {
        client.net.last.open();
        client.net.last.receive({ type: 'goaway', retryAfter: 0, within: 0 });
      }
      await client.after(10);
    }
    expect(client.opens.length).toBeGreaterThan(2);
    expect(client.opens.length).toBeLessThan(25);
  });
});

import { describe, expect, it } from 'vitest';
import { queue } from '../../../src/index.js';
import {
  answerPings,
  framesOf,
  openClient,
  scriptedLifecycle,
  startClient,
  waitOf,
} from '../../support/scripted-client.js';

// Timers that come late: `jump` is a page that is hidden or a process that was stopped, whose timers are overdue; `shift`
// is a machine that slept, whose timers go on to wait for what was left.

const steady = { jitter: 'none' } as const;

describe('a client whose timers are late', () => {
  it('asks from the next message on, so that a server which counts silence hears of it', async () => {
    const client = await openClient();
    const ws = client.net.last;
    ws.receive({ type: 'welcome', heartbeat: 45_000 });
    await client.after(10_000);
    client.clock.jump(20_000);
    ws.receive({ type: 'price', bid: 1 });
    expect(framesOf(ws, 'ping')).toHaveLength(1);
    expect(client.socket.state).toMatchObject({ status: 'open' });
  });

  it('answers the pings of the server at once, whatever its timers do', async () => {
    const client = await openClient();
    const ws = client.net.last;
    for (let t = 1; t <= 5; t++) {
      client.clock.jump(20_000);
      ws.receive({ type: 'ping', t });
    }
    expect(framesOf(ws, 'pong').map(({ t }) => t)).toEqual([1, 2, 3, 4, 5]);
  });

  it('never takes a server for dead that answers, with timers once a minute', async () => {
    const client = await openClient({}, { onCreate: answerPings });
    client.net.last.receive({ type: 'welcome', heartbeat: 45_000 });
    for (let minute = 0; minute < 60; minute++) {
      client.clock.jump(60_000);
      await client.after(0);
    }
    expect(client.closes).toEqual([]);
    expect(framesOf(client.net.last, 'ping').length).toBeGreaterThanOrEqual(60);
  });

  it.each([500, 60_000])('writes nothing whose ttl passed %i ms before the link opened', async (late) => {
    const client = await startClient({ policies: { order: queue({ ack: 'message' }) } });
    const ends = [
      client.socket.send({ type: 'order' }, { ttl: 1_000 }),
      client.socket.send({ type: 'chat' }, { ttl: 1_000 }),
    ];
    client.socket.send({ type: 'chat', kept: true });
    client.clock.jump(1_000 + late);
    client.net.last.open();
    await client.after(0);
    expect(client.net.last.frames).toEqual([{ type: 'chat', kept: true }]);
    for (const { settled } of ends) expect(await settled).toMatchObject({ outcome: 'expired' });
  });

  it('tries again at once when anything shows that the time of the next attempt has passed in the sleep', async () => {
    const page = scriptedLifecycle();
    const client = await startClient({ lifecycle: page.lifecycle, backoff: steady });
    client.net.last.fail();
    client.clock.shift(3_600_000);
    page.tell('wake');
    await client.after(0);
    expect(client.dials).toHaveLength(2);
  });

  it('is on time again after the sleep, whatever its old timers still wait for', async () => {
    const client = await openClient({ backoff: steady });
    await client.after(10_000);
    client.clock.shift(3_600_000);
    client.net.last.drop();
    expect(waitOf(client)).toBeLessThan(200);
    await client.after(200);
    expect(client.dials).toHaveLength(2);
  });

  it('leaves to its timers what is less than a second late', async () => {
    const client = await openClient();
    const ws = client.net.last;
    ws.receive({ type: 'welcome', heartbeat: 45_000 });
    await client.after(10_000);
    client.clock.jump(8_900);
    ws.receive({ type: 'price', bid: 1 });
    expect(framesOf(ws, 'ping')).toEqual([]);
    await client.after(0);
    expect(framesOf(ws, 'ping')).toHaveLength(1);
  });
});

describe('a link that ended in the sleep', () => {
  it('is replaced soon when its end is told before anything else', async () => {
    const client = await openClient({ backoff: steady });
    await client.after(10_000);
    client.clock.jump(60_000);
    client.net.last.drop();
    expect(waitOf(client)).toBeLessThan(200);
  });

  it('is replaced soon when its end is told after a late timer', async () => {
    const client = await openClient({ backoff: steady });
    await client.after(10_000);
    client.clock.jump(60_000);
    await client.after(0);
    client.net.last.drop();
    expect(waitOf(client)).toBeLessThan(200);
  });

  it('is replaced soon also when something that was under way came before its end', async () => {
    const client = await openClient({ backoff: steady });
    await client.after(10_000);
    client.clock.jump(60_000);
    client.net.last.receive({ type: 'price', bid: 1 });
    client.net.last.drop();
    expect(waitOf(client)).toBeLessThan(200);
  });

  it('is replaced with the ordinary backoff when nothing was late', async () => {
    const client = await openClient({ backoff: steady });
    await client.after(10_000);
    client.net.last.drop();
    expect(waitOf(client)).toBe(1_000);
  });
});

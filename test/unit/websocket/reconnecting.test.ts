import { describe, expect, it } from 'vitest';
import { untilOpen } from '../../../src/websocket/index.js';
import { scriptedLifecycle } from '../../support/scripted-client.js';
import { startDropIn } from '../../support/scripted-drop-in.js';

const never = (): Promise<never> => new Promise(() => {});

describe('the delay', () => {
  it('grows from the first retry on by the factor, to the cap', async () => {
    const { net, dials, later } = startDropIn({ maxReconnectionDelay: 5_000 });
    for (const delay of [1_000, 2_000, 4_000, 5_000, 5_000]) {
      net.last.fail();
      await later(delay);
    }
    expect(dials).toEqual([0, 1_000, 3_000, 7_000, 12_000, 17_000]);
  });

  it('is drawn anew each time by default, also the first and also at the cap', async () => {
    const draws = [0.25, 0.75, 0.5, 0.9];
    const random = (): number => draws.shift() ?? 0;
    const { net, dials, later } = startDropIn({ jitter: 'full', maxReconnectionDelay: 2_000 }, { random });
    for (let i = 0; i < 4; i += 1) {
      net.last.fail();
      await later(2_000);
    }
    // The middle 90 % of [0, min(2000, twice the mean)); each attempt failed 2 s after the one before.
    expect(dials).toEqual([0, 550, 2_000 + 1_450, 4_000 + 1_000, 6_000 + 1_720]);
  });

  it('is never so short that the next attempt falls into the moment of the loss', async () => {
    const { net, dials, later } = startDropIn({ jitter: 'full' }, { random: () => 0 });
    net.last.fail();
    await later(99);
    expect(dials).toEqual([0]);
    await later(1);
    expect(dials).toEqual([0, 100]);
  });

  it('is its mean where the jitter function throws', async () => {
    const jitter = (): number => {
      throw new Error('no chance today');
    };
    const { net, dials, later } = startDropIn({ jitter });
    net.last.fail();
    await later(1_000);
    net.last.fail();
    await later(2_000);
    expect(dials).toEqual([0, 1_000, 3_000]);
  });

  it('starts anew only when a connection has stood long enough', async () => {
    const { socket, net, open, later } = startDropIn({ minUptime: 500 });
    for (const expected of [1, 2, 3]) {
      open();
      await later(499);
      net.last.drop();
      expect(socket.retryCount).toBe(expected);
      await later(1_000 * 2 ** (expected - 1));
    }
    open();
    await later(500);
    expect(socket.retryCount).toBe(0);
  });

  it('of nothing counts as a retry all the same', async () => {
    const { net, dials, told, later, clock } = startDropIn({ minReconnectionDelay: 0, maxRetries: 3 });
    for (let i = 0; i < 4; i += 1) {
      net.last.fail();
      await later(0);
    }
    expect(dials).toHaveLength(4);
    expect(told.filter((what) => what === 'close 1006')).toHaveLength(4);
    expect(clock.pending).toBe(0);
  });
});

describe('the end of the retries', () => {
  it('is CLOSED, and reconnect() begins afresh', async () => {
    const { socket, net, open, later } = startDropIn({ maxRetries: 1 });
    net.last.fail();
    expect(socket.readyState).toBe(0);
    await later(1_000);
    net.last.fail();
    expect(socket.readyState).toBe(3);
    await later(60_000);
    expect(net.sockets).toHaveLength(2);
    socket.reconnect();
    expect([socket.readyState, socket.retryCount]).toEqual([0, 0]);
    open();
    expect(socket.readyState).toBe(1);
  });

  it('comes also when shouldReconnect says no, which is asked what it needs to know', async () => {
    const asked: unknown[] = [];
    const { socket, net, open, later } = startDropIn({
      shouldReconnect: (close, context) => asked.push([close, context]) < 2,
    });
    net.last.fail();
    await later(1_000);
    open().drop(4000, 'enough', true);
    expect(asked).toEqual([
      [
        { code: 1006, reason: '', wasClean: false },
        { opened: false, retryCount: 0 },
      ],
      [
        { code: 4000, reason: 'enough', wasClean: true },
        { opened: true, retryCount: 1 },
      ],
    ]);
    expect(socket.readyState).toBe(3);
  });

  it('shouldReconnect by its other name is the same; one that throws is a yes', async () => {
    const no = startDropIn({ shouldReconnectOnClose: ({ code }) => code !== 1000 });
    no.open().drop(1000, '', true);
    expect(no.socket.readyState).toBe(3);
    const thrower = startDropIn({
      shouldReconnect: () => {
        throw new Error('oops');
      },
    });
    thrower.open().drop();
    expect(thrower.socket.readyState).toBe(0);
  });

  it('untilOpen retries until it opens, and lasts for one connection', async () => {
    const { socket, net, open, later } = startDropIn({ shouldReconnect: untilOpen });
    net.last.fail();
    await later(1_000);
    open().drop();
    expect(socket.readyState).toBe(3);
    await later(60_000);
    expect(net.sockets).toHaveLength(2);
  });
});

describe('url and subprotocol providers', () => {
  it('are asked for every attempt, and their failure is an ordinary failed one', async () => {
    const answers = [
      () => 'wss://h/1',
      () => Promise.reject(new Error('no token')),
      () => 'nonsense',
      () => 'ws://h/4',
    ];
    let asked = 0;
    const protocols = async (): Promise<string[] | null> => (asked > 1 ? ['p'] : null);
    const url = () => answers[asked++]?.() ?? 'ws://h/5';
    const { socket, net, told, later } = startDropIn({}, { url, protocols });
    await later(0);
    expect(net.last.protocols).toEqual([]);
    net.last.fail();
    await later(1_000);
    expect(told).toEqual(['error', 'close 1006', 'error', 'close 1006']);
    await later(2_000);
    await later(4_000);
    expect(asked).toBe(4);
    expect([net.sockets.length, socket.url, net.last.protocols]).toEqual([2, 'ws://h/4', ['p']]);
  });

  it('that hang are bounded by the connection timeout, and reconnect() does not wait for them', async () => {
    let asked = 0;
    const url = (): string | Promise<never> => (++asked === 2 ? 'ws://h' : never());
    const { socket, net, told, later } = startDropIn({}, { url });
    await later(10_000);
    expect(told).toEqual(['error', 'close 1006']);
    socket.reconnect();
    await later(0);
    expect(net.sockets).toHaveLength(1);
  });

  it('that fail tell why', async () => {
    const errors: Event[] = [];
    const { socket, later } = startDropIn({}, { url: () => Promise.reject(new Error('no token')) });
    socket.onerror = (event) => errors.push(event);
    await later(0);
    expect(errors).toEqual([expect.objectContaining({ message: 'no token', error: new Error('no token') })]);
  });
});

describe('a link that does not tell its end', () => {
  it('a handshake without an answer ends with the connection timeout', async () => {
    const { net, told, dials, later } = startDropIn({ connectionTimeout: 300 });
    await later(300);
    expect(told).toEqual(['error', 'close 1006']);
    expect(net.last.closed).toHaveLength(1);
    await later(1_000);
    expect(dials).toEqual([0, 1_300]);
  });

  it('an error without a close ends it after a second', async () => {
    const { net, told, open, later } = startDropIn();
    open().error();
    await later(999);
    expect(told).toEqual(['open', 'error']);
    await later(1);
    expect(told).toEqual(['open', 'error', 'close 1006']);
    net.last.lateClose();
    expect(told).toHaveLength(3);
  });

  it('a half-open link is found by the heartbeat, which hides its pongs and takes every frame as life', async () => {
    const heartbeat = { ping: () => 'ping', isPong: (data: unknown) => data === 'pong', interval: 1_000, timeout: 200 };
    const { net, told, open, later } = startDropIn({ heartbeat });
    const wire = open();
    await later(1_000);
    expect(wire.sent).toEqual(['ping']);
    wire.receive('pong');
    await later(900);
    wire.receive('news');
    await later(999);
    expect(wire.sent).toEqual(['ping']);
    await later(1);
    expect(wire.sent).toEqual(['ping', 'ping']);
    await later(200);
    expect(told).toEqual(['open', 'message news', 'error', 'close 1006']);
    expect(wire.closed).toHaveLength(1);
    await later(1_000);
    expect(net.sockets).toHaveLength(2);
  });

  it('a machine that slept asks first, and judges by the answer', async () => {
    const heartbeat = { ping: 'ping', isPong: (data: unknown) => data === 'pong', interval: 1_000, timeout: 200 };
    const { told, open, later, clock } = startDropIn({ heartbeat });
    const wire = open();
    await later(1_000);
    clock.jump(3_600_000);
    await later(0);
    expect(wire.sent).toEqual(['ping', 'ping']);
    wire.receive('pong');
    await later(500);
    expect(told).toEqual(['open']);
  });

  it('without a heartbeat nothing of ours is ever on the wire', async () => {
    const { open, later, clock } = startDropIn();
    const wire = open();
    await later(3_600_000);
    expect(wire.sent).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  it('a ping that can not be made is an unanswered one', async () => {
    const ping = (): never => {
      throw new Error('oops');
    };
    const { told, open, later } = startDropIn({ heartbeat: { ping, isPong: () => false } });
    open();
    await later(40_000);
    expect(told).toEqual(['open', 'error', 'close 1006']);
  });
});

describe('the page', () => {
  it('that is back or online shortens the wait, once in ten seconds, and is not listened to after the end', async () => {
    const { lifecycle, ...page } = scriptedLifecycle();
    const { socket, net, dials, open, later } = startDropIn({ lifecycle, minReconnectionDelay: 9_000 });
    net.last.fail();
    page.tell('hidden');
    page.tell('offline');
    page.tell('online');
    await later(100);
    expect(dials).toEqual([0, 100]);
    net.last.fail();
    page.tell('visible');
    await later(9_000);
    expect(dials).toEqual([0, 100]);
    await later(9_000);
    open();
    socket.close();
    net.last.finishClose();
    page.tell('online');
    await later(60_000);
    expect(net.sockets).toHaveLength(3);
  });

  const wakes = ['online', 'network', 'visible', 'wake', 'resume', 'pageshow'] as const;
  it.each(wakes)('makes an open link prove that it lives at %s', (signal) => {
    const { lifecycle, ...page } = scriptedLifecycle();
    const { open } = startDropIn({ lifecycle, heartbeat: { ping: 'ping', isPong: (data) => data === 'pong' } });
    const wire = open();
    page.tell(signal);
    expect(wire.sent).toEqual(['ping']);
  });
});

describe('debug', () => {
  it('tells the logger what happens, and only if asked to', () => {
    const lines: unknown[][] = [];
    const debugLogger = (...what: unknown[]): unknown => lines.push(what);
    startDropIn({ debugLogger }).open();
    expect(lines).toEqual([]);
    startDropIn({ debug: true, debugLogger }).open();
    expect(lines.map(([what]) => what)).toEqual(['dial', 'open']);
  });
});

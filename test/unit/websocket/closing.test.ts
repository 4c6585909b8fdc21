import { describe, expect, it, vi } from 'vitest';
import { startDropIn } from '../../support/scripted-drop-in.js';

const nameOf = (call: () => unknown): string => {
  try {
    call();
  } catch (error) {
    return (error as Error).name;
  }
  return 'nothing thrown';
};

// WHATWG WebSockets, "The close(code, reason) method steps".
describe('close() judges its arguments first, in every state', () => {
  it.each([
    [1001],
    [999],
    [1005],
    [2999],
    [5000],
    [0],
    [null],
    ['reason'],
    [Number.NaN],
    [-1000],
    [2 ** 32 + 1000],
    [1000.6],
  ])('code %s is an InvalidAccessError', (code) => {
    const { socket, open } = startDropIn();
    // Safe: the point is what it does with arguments of any type.
    const close = (): void => socket.close(code as number);
    expect(nameOf(close)).toBe('InvalidAccessError');
    open();
    expect(nameOf(close)).toBe('InvalidAccessError');
    expect(socket.readyState).toBe(1);
    socket.close();
    expect(nameOf(close)).toBe('InvalidAccessError');
  });

  it.each([
    [1000, 1000],
    [3000, 3000],
    [4999, 4999],
    ['1000', 1000],
    [1000.4, 1000],
    [2999.5, 3000],
    [1000.5, 1000],
    [undefined, undefined],
  ])('code %s closes with %s', (code, sent) => {
    const { socket, net, open } = startDropIn();
    open();
    socket.close(code as number);
    expect(net.last.closed).toEqual([{ code: sent, reason: sent && '' }]);
    expect(net.last.violations).toEqual([]);
  });

  it('converts both arguments before it judges, the code first, and takes no BigInt', () => {
    const { socket, open } = startDropIn();
    open();
    const seen: string[] = [];
    const code = { valueOf: () => seen.push('code') && 1001 };
    const reason = { toString: () => seen.push('reason') && 'why' };
    // Safe: as above.
    const close = (...args: unknown[]): void => socket.close(...(args as [number, string]));
    expect(nameOf(() => close(code, reason))).toBe('InvalidAccessError');
    expect(seen).toEqual(['code', 'reason']);
    for (const value of [1000n, Symbol('x')]) expect(nameOf(() => close(value))).toBe('TypeError');
    expect(nameOf(() => close(1001, Symbol('x')))).toBe('TypeError');
    expect(socket.readyState).toBe(1);
  });

  it('a reason without a code closes with 1000, since only a code can have a reason', () => {
    const { socket, net, open } = startDropIn();
    open();
    socket.close(undefined, 'why');
    expect(net.last.closed).toEqual([{ code: 1000, reason: 'why' }]);
  });

  it('a reason over 123 bytes is a SyntaxError, counted in UTF-8', () => {
    const { socket, net, open } = startDropIn();
    open();
    expect(nameOf(() => socket.close(1000, 'é'.repeat(62)))).toBe('SyntaxError');
    expect(nameOf(() => socket.close(undefined, 'x'.repeat(124)))).toBe('SyntaxError');
    expect(nameOf(() => socket.close(1001, 'x'.repeat(124)))).toBe('InvalidAccessError');
    expect(socket.readyState).toBe(1);
    socket.close(1000, `${'é'.repeat(60)}\uD800`);
    expect(net.last.closed).toEqual([{ code: 1000, reason: `${'é'.repeat(60)}\uFFFD` }]);
  });
});

describe('close()', () => {
  it('is CLOSING at once and CLOSED with the close event, when the peer has answered', () => {
    const { socket, net, told, open } = startDropIn();
    open();
    socket.addEventListener('close', () => told.length && expect(socket.readyState).toBe(3));
    socket.close(1000, 'bye');
    socket.close();
    expect(socket.readyState).toBe(2);
    expect(told).toEqual(['open']);
    net.last.finishClose();
    expect(socket.readyState).toBe(3);
    expect(told).toEqual(['open', 'close 1000']);
  });

  it('gives a peer that does not answer five seconds, which is no error, and leaves no timer', async () => {
    const { socket, net, told, open, later, clock } = startDropIn();
    open();
    socket.close();
    await later(4_999);
    expect(socket.readyState).toBe(2);
    await later(1);
    expect(told).toEqual(['open', 'close 1006']);
    net.last.lateClose();
    expect(told).toHaveLength(2);
    expect(clock.pending).toBe(0);
  });

  it('does not count the time in which what was said before it is still being written', async () => {
    const { socket, net, told, open, later, clock } = startDropIn();
    open();
    net.last.bufferedAmount = 3_000_000;
    socket.close();
    for (const left of [2_000_000, 1_000_000, 1_000_000]) {
      await later(5_000);
      expect(socket.readyState).toBe(2);
      net.last.bufferedAmount = left;
    }
    // Nothing has moved since.
    await later(5_000);
    expect([told, clock.pending]).toEqual([['open', 'close 1006'], 0]);
  });

  it('while CONNECTING fails the connection: error and 1006, as a later task', () => {
    const { socket, net, told } = startDropIn();
    socket.close();
    expect(socket.readyState).toBe(2);
    expect(told).toEqual([]);
    net.last.finishClose();
    expect(told).toEqual(['error', 'close 1006']);
    expect(socket.readyState).toBe(3);
  });

  it('before there is a socket does the same, and what the provider answers later is nothing', async () => {
    let answer = (_url: string): void => {};
    const url = (): Promise<string> => new Promise((resolve) => (answer = resolve));
    const { socket, net, told, later, clock } = startDropIn({}, { url });
    socket.close();
    expect([socket.readyState, told.length]).toEqual([2, 0]);
    answer('wss://h');
    await later(0);
    expect(told).toEqual(['error', 'close 1006']);
    expect([socket.readyState, net.sockets.length, clock.pending]).toEqual([3, 0, 0]);
  });

  it('between two attempts ends it, as a later task', async () => {
    const { socket, net, told, open, later, clock } = startDropIn();
    open().drop();
    expect(socket.readyState).toBe(0);
    socket.close();
    expect(socket.readyState).toBe(2);
    expect(told).toEqual(['open', 'close 1006']);
    await later(60_000);
    expect(told).toEqual(['open', 'close 1006', 'close 1006']);
    expect([socket.readyState, net.sockets.length, clock.pending]).toEqual([3, 1, 0]);
  });

  it('between two attempts does not wait for what the lost connection had not written', async () => {
    const { socket, net, told, open, later } = startDropIn();
    open();
    net.last.bufferedAmount = 100;
    net.last.drop();
    socket.close();
    await later(0);
    expect(told).toEqual(['open', 'close 1006', 'close 1006']);
  });

  it('by a listener that is being told of the loss is the end, and told no second time', async () => {
    const { socket, told, net, open, later, clock } = startDropIn();
    const states: number[] = [];
    socket.onclose = () => {
      states.push(socket.readyState);
      socket.close();
      states.push(socket.readyState);
    };
    open().drop(1001);
    await later(60_000);
    expect(told).toEqual(['open', 'close 1001']);
    expect(states).toEqual([3, 3]);
    expect([socket.readyState, net.sockets.length, clock.pending]).toEqual([3, 1, 0]);
  });

  it('after the end, or before the start, does nothing', async () => {
    const { socket, told, later } = startDropIn({ startClosed: true });
    expect(socket.readyState).toBe(3);
    socket.close();
    socket.close();
    await later(10_000);
    expect(told).toEqual([]);
  });

  it('passes no message on that comes after it', () => {
    const { socket, told, net, open } = startDropIn();
    open();
    socket.close();
    net.last.receive('late');
    net.last.finishClose();
    expect(told).toEqual(['open', 'close 1005']);
  });
});

// WHATWG WebSockets, "When the WebSocket connection is closed": the state is CLOSED first, then come the two events, and
// between the events what listeners have promised goes on (WebIDL, "clean up after running script").
describe('between the error and the close', () => {
  it('the socket is CLOSED, and what an error listener begins hears the close', async () => {
    const { socket, net, told, later } = startDropIn();
    const states: number[] = [];
    const failed = new Promise((resolve) => socket.addEventListener('error', resolve));
    socket.addEventListener('error', () => states.push(socket.readyState));
    net.last.error(3);
    await failed;
    states.push(socket.readyState);
    socket.onclose = () => states.push(socket.readyState);
    net.last.lateClose();
    expect(states).toEqual([3, 3, 3]);
    expect([told, socket.readyState]).toEqual([['error', 'close 1006'], 0]);
    await later(1_000);
    expect(net.sockets).toHaveLength(2);
  });

  it('it is not told where the loss is not told', async () => {
    const { told, net, open, later } = startDropIn({ closeEvent: 'final', maxRetries: 1 });
    open().error();
    net.last.drop();
    await later(1_000);
    expect(told).toEqual(['open']);
    net.last.fail();
    expect(told).toEqual(['open', 'error', 'close 1006']);
  });

  it('close() is the end, told once', async () => {
    const { socket, told, net, open, later, clock } = startDropIn();
    socket.onerror = () => socket.close();
    open().error();
    expect(socket.readyState).toBe(3);
    net.last.drop();
    await later(60_000);
    expect(told).toEqual(['open', 'error', 'close 1006']);
    expect([socket.readyState, net.sockets.length, clock.pending]).toEqual([3, 1, 0]);
  });

  it('reconnect() tells the loss, which was not clean, and goes on', () => {
    const { socket, told, net, open } = startDropIn();
    const clean: boolean[] = [];
    socket.onclose = ({ wasClean }) => clean.push(wasClean);
    socket.onerror = () => socket.reconnect();
    open().error();
    expect([told, clean, socket.readyState]).toEqual([['open', 'error', 'close 1000'], [false], 0]);
    net.last.open();
    expect(socket.readyState).toBe(1);
  });
});

describe('an AbortSignal', () => {
  it('ends it as close() does', () => {
    const controller = new AbortController();
    const { socket, told, net, open } = startDropIn({ signal: controller.signal });
    open();
    controller.abort();
    expect(socket.readyState).toBe(2);
    net.last.finishClose();
    expect(told).toEqual(['open', 'close 1005']);
  });

  it('that was aborted before lets it not even begin', () => {
    const { socket, net } = startDropIn({ signal: AbortSignal.abort() });
    expect([socket.readyState, net.sockets.length]).toEqual([3, 0]);
  });

  it('ends also one that was begun by reconnect()', () => {
    const controller = new AbortController();
    const { socket, told, net, open } = startDropIn({ signal: controller.signal, startClosed: true });
    socket.reconnect();
    open();
    controller.abort();
    net.last.finishClose();
    expect([told, socket.readyState]).toEqual([['open', 'close 1005'], 3]);
  });

  it('that outlives it does not keep it', () => {
    const { signal } = new AbortController();
    const added = vi.spyOn(signal, 'addEventListener');
    const removed = vi.spyOn(signal, 'removeEventListener');
    const { socket, net, open } = startDropIn({ signal, shouldReconnect: () => false });
    open();
    const [type, listener] = added.mock.lastCall ?? [];
    expect(removed).not.toHaveBeenCalled();
    net.last.drop();
    expect(socket.readyState).toBe(3);
    expect(removed).toHaveBeenCalledExactlyOnceWith(type, listener);
  });

  it('holds again after a reconnect()', () => {
    const controller = new AbortController();
    const { socket, told, net, open } = startDropIn({ signal: controller.signal, shouldReconnect: () => false });
    open();
    net.last.drop();
    socket.reconnect();
    open();
    controller.abort();
    net.last.finishClose();
    expect(told).toEqual(['open', 'close 1006', 'open', 'close 1005']);
  });
});

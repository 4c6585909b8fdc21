import { afterEach, describe, expect, it, vi } from 'vitest';
import { virtualEnvironment } from '../../../src/testing/index.js';
import { makeEvent } from '../../../src/websocket/events.js';
import { ReconnectingWebSocket } from '../../../src/websocket/reconnecting-websocket.js';
import { SmallEventTarget } from '../../../src/websocket/small-event-target.js';
import { startDropIn } from '../../support/scripted-drop-in.js';

afterEach(() => {
  vi.unstubAllGlobals();
});

// HTML section 8.1.8.1, "Event handlers".
describe('an event handler attribute', () => {
  it('is null at first, keeps objects, and reads everything else as null', () => {
    const { socket } = startDropIn();
    for (const name of ['onopen', 'onmessage', 'onerror', 'onclose'] as const) {
      expect(socket[name]).toBeNull();
      const object = {};
      const handler = (): void => {};
      for (const value of [handler, object, [], new String('x')]) {
        Object.assign(socket, { [name]: value });
        expect(socket[name]).toBe(value);
      }
      for (const value of ['text', 5, true, undefined, Symbol('x')]) {
        Object.assign(socket, { [name]: handler });
        Object.assign(socket, { [name]: value });
        expect(socket[name]).toBeNull();
      }
    }
  });

  it('keeps its place among the listeners while it is replaced, and loses it with null', () => {
    const { socket, open, net } = startDropIn();
    const order: string[] = [];
    socket.onmessage = () => order.push('first');
    socket.addEventListener('message', () => order.push('listener'));
    socket.onmessage = () => order.push('second');
    open();
    net.last.receive('x');
    expect(order).toEqual(['second', 'listener']);
    socket.onmessage = null;
    socket.onmessage = () => order.push('third');
    net.last.receive('x');
    expect(order.slice(2)).toEqual(['listener', 'third']);
  });

  it('is called on the socket with the event; an object is never called, not even its handleEvent', () => {
    const { socket, open } = startDropIn();
    const calls: unknown[] = [];
    socket.onopen = function (event) {
      calls.push(this, event.type, event.target);
    };
    Object.assign(socket, { onmessage: { handleEvent: () => calls.push('called') } });
    open().receive('x');
    expect(calls).toEqual([socket, 'open', socket]);
  });

  it('that answers false prevents the default', () => {
    const { socket } = startDropIn();
    Object.assign(socket, { onopen: () => false });
    expect(socket.dispatchEvent(new Event('open', { cancelable: true }))).toBe(false);
    Object.assign(socket, { onopen: () => 0 });
    expect(socket.dispatchEvent(new Event('open', { cancelable: true }))).toBe(true);
  });

  it('stays through reconnects, as listeners do', async () => {
    const { socket, open, later } = startDropIn();
    let opened = 0;
    socket.onopen = () => {
      opened += 1;
    };
    open().drop();
    await later(1_000);
    open();
    expect(opened).toBe(2);
  });
});

describe('the events', () => {
  it('are fresh ones of the platform, with what the standard says', () => {
    const { socket, open } = startDropIn();
    const events: Event[] = [];
    for (const type of ['open', 'message', 'error', 'close'])
      socket.addEventListener(type, (event) => events.push(event));
    const wire = open();
    wire.receive('hello');
    wire.error();
    wire.drop(1011, 'why', true);
    expect(events.map(({ type }) => type)).toEqual(['open', 'message', 'error', 'close']);
    for (const event of events) {
      expect(event).toBeInstanceOf(Event);
      expect([event.bubbles, event.cancelable, event.target]).toEqual([false, false, socket]);
    }
    expect(events[1]).toBeInstanceOf(MessageEvent);
    expect(events[1]).toMatchObject({ data: 'hello' });
    expect(events[3]).toMatchObject({ code: 1011, reason: 'why', wasClean: true });
  });

  it('are of the class that the runtime has when they are made', () => {
    class CloseEvent extends Event {
      readonly members: unknown;
      constructor(type: string, members: unknown) {
        super(type);
        this.members = members;
      }
    }
    vi.stubGlobal('CloseEvent', CloseEvent);
    expect(makeEvent('CloseEvent', 'close', { code: 1000 })).toMatchObject({ members: { code: 1000 } });
    vi.stubGlobal('CloseEvent', undefined);
    expect(makeEvent('CloseEvent', 'close', { code: 1000 })).toMatchObject({ code: 1000, type: 'close' });
    for (const name of ['MessageEvent', 'Event']) vi.stubGlobal(name, undefined);
    expect(makeEvent('MessageEvent', 'message', { data: 'x' })).toMatchObject({ data: 'x', type: 'message' });
  });
});

describe('where there is neither EventTarget nor Event', () => {
  it('the class works all the same', async () => {
    for (const name of ['EventTarget', 'Event', 'MessageEvent', 'CloseEvent', 'ErrorEvent', 'DOMException']) {
      vi.stubGlobal(name, undefined);
    }
    vi.resetModules();
    const { ReconnectingWebSocket } = await import('../../../src/websocket/index.js');
    const { scriptedSockets } = await import('../../../src/testing/index.js');
    const net = scriptedSockets();
    const socket = new ReconnectingWebSocket('ws://h', [], { WebSocket: net.WebSocket, lifecycle: false });
    const told: unknown[] = [];
    socket.onopen = ({ type, target }) => told.push(type, target === socket);
    socket.addEventListener('message', ({ data }) => told.push(data));
    socket.onclose = ({ code }) => told.push(code);
    net.last.open();
    net.last.receive('hello');
    expect(() => socket.close(1001)).toThrow(expect.objectContaining({ name: 'InvalidAccessError' }));
    socket.close(1000);
    net.last.finishClose();
    expect(told).toEqual(['open', true, 'hello', 1000]);
  });

  it('the small event target does what the real one does', () => {
    const reported: unknown[] = [];
    vi.stubGlobal('setTimeout', (run: () => void) => {
      try {
        run();
      } catch (error) {
        reported.push(error);
      }
    });
    const run = (
      target: Pick<EventTarget, 'addEventListener' | 'removeEventListener' | 'dispatchEvent'>,
      event: () => Event,
    ): string[] => {
      const told: string[] = [];
      const twice = (): void => void told.push('twice');
      const removed = (): void => void told.push('removed');
      target.addEventListener('x', twice);
      target.addEventListener('x', twice);
      target.addEventListener('x', () => void told.push('once'), { once: true });
      target.addEventListener('x', { handleEvent: () => void told.push('object') });
      target.addEventListener('x', null);
      target.addEventListener('x', () => target.removeEventListener('x', removed));
      target.addEventListener('x', removed);
      target.dispatchEvent(event());
      target.removeEventListener('x', twice);
      target.dispatchEvent(event());
      return told;
    };
    // Safe: it has what the target and the listeners use.
    const small = (): Event => ({ type: 'x' }) as Event;
    const expected = ['twice', 'once', 'object', 'object'];
    expect(run(new EventTarget(), () => new Event('x'))).toEqual(expected);
    expect(run(new SmallEventTarget(), small)).toEqual(expected);
    // A polyfill of Event that came later is taken as well.
    expect(new SmallEventTarget().dispatchEvent(new Event('x'))).toBe(true);

    const target = new SmallEventTarget();
    let reached = false;
    target.addEventListener('x', () => {
      throw new Error('oops');
    });
    target.addEventListener('x', () => {
      reached = true;
    });
    target.dispatchEvent(new Event('x'));
    expect([reached, reported.map(String)]).toEqual([true, ['Error: oops']]);
  });
});

describe('a runtime', () => {
  it.each([[], [{}], [{ code: undefined, reason: null, wasClean: undefined }], [{ code: 0 }]])(
    'that leaves out fields of its close event, or the event (%o): it was 1006',
    async (...event) => {
      const { socket, net, open, told, later } = startDropIn();
      const infos: unknown[] = [];
      socket.onclose = ({ code, reason, wasClean }) => infos.push({ code, reason, wasClean });
      open();
      (net.last.onclose as unknown as (...event: unknown[]) => void)(...event); // safe: what some runtimes do
      expect(infos).toEqual([{ code: 1006, reason: '', wasClean: false }]);
      await later(1_000);
      open();
      expect(told).toEqual(['open', 'close 1006', 'open']);
    },
  );

  it('that tells an error without an event', async () => {
    const { net, open, told, later } = startDropIn();
    open();
    (net.last.onerror as unknown as () => void)(); // safe: what some runtimes do
    await later(2_000);
    open();
    expect(told).toEqual(['open', 'error', 'close 1006', 'open']);
  });

  it('that calls its handlers without looking whether there are any, late', async () => {
    const { socket, net, open, told } = startDropIn();
    const first = open();
    socket.reconnect();
    open();
    for (const name of ['onopen', 'onmessage', 'onerror', 'onclose'] as const) {
      (first[name] as unknown as (event: object) => void)({ code: 1006, data: 'late' }); // safe: as above
    }
    expect(net.sockets).toHaveLength(2);
    expect(told).toEqual(['open', 'close 1000', 'open']);
  });

  it('whose class reconnects by itself, say another copy of this one, is left with no connection of its own', async () => {
    const inner = startDropIn();
    class Reconnecting extends ReconnectingWebSocket {
      constructor(url: string, protocols?: string[]) {
        const environment = virtualEnvironment({ clock: inner.clock, WebSocket: inner.net.WebSocket });
        super(url, protocols, { WebSocket: inner.net.WebSocket, lifecycle: false, environment });
      }
    }
    inner.socket.close();
    const { net, clock } = inner;
    const environment = virtualEnvironment({ clock, WebSocket: net.WebSocket });
    const socket = new ReconnectingWebSocket('ws://h', [], { WebSocket: Reconnecting, lifecycle: false, environment });
    for (let losses = 0; losses < 3; losses++) {
      net.last.open();
      expect(socket.readyState).toBe(1);
      net.last.drop();
      // Longer than the third delay, and shorter than a handshake may take.
      await clock.advanceAsync(9_000);
      expect(net.sockets.slice(1).filter(({ readyState }) => readyState < 2)).toEqual([net.last]);
    }
  });
});

import { afterEach, describe, expect, it, vi } from 'vitest';
import { queue, ReliableSocket, type WebSocketConstructor } from '../../../src/index.js';
import { scriptedSockets, VirtualClock, virtualEnvironment } from '../../../src/testing/index.js';
import { ReconnectingWebSocket } from '../../../src/websocket/index.js';
import { openClient, startClient } from '../../support/scripted-client.js';

afterEach(() => {
  vi.unstubAllGlobals();
  vi.resetModules();
});

describe('a runtime without WebSocket', () => {
  const without = async () => {
    const clock = new VirtualClock();
    const runtime: { WebSocket?: WebSocketConstructor } = {};
    const environment = { ...virtualEnvironment({ clock }), webSocket: () => runtime.WebSocket };
    const socket = new ReliableSocket('wss://example.test/live', { environment, lifecycle: false });
    const errors: string[] = [];
    socket.on('error', ({ code, message }) => errors.push(`${code}: ${message}`));
    await clock.advanceAsync(0);
    return { clock, runtime, socket, errors };
  };

  it('is told once and clearly, and not retried', async () => {
    const { clock, socket, errors } = await without();
    expect(socket.state).toMatchObject({ status: 'closed', reason: 'no-websocket', error: { code: 'no-websocket' } });
    await clock.advanceAsync(3_600_000);
    expect(errors).toHaveLength(1);
    expect(errors[0]).toContain('options.WebSocket');
    expect(clock.pending).toBe(0);
  });

  it('keeps what is sent, and reconnect() works once there is one', async () => {
    const { clock, socket, runtime } = await without();
    const receipt = socket.send({ type: 'chat' });
    expect(receipt.status).toBe('queued');
    const net = scriptedSockets();
    runtime.WebSocket = net.WebSocket;
    socket.reconnect();
    await clock.advanceAsync(0);
    net.last.open();
    expect(net.last.frames).toEqual([{ type: 'chat' }]);
  });

  it('is found with the real environment as well', async () => {
    vi.stubGlobal('WebSocket', undefined);
    const socket = new ReliableSocket('wss://example.test/live');
    await expect(socket.opened()).rejects.toMatchObject({ code: 'no-websocket' });
    await socket.close();
  });
});

describe('the main entry', () => {
  it('touches no global of a page when it is imported', async () => {
    const names = [
      'WebSocket',
      'window',
      'document',
      'navigator',
      'addEventListener',
      'EventTarget',
      'Event',
      'CloseEvent',
      'MessageEvent',
      'localStorage',
      'indexedDB',
      'BroadcastChannel',
      'crypto',
      'TextEncoder',
      'structuredClone',
    ] as const;
    const touched: string[] = [];
    const before = names.map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)] as const);
    vi.resetModules();
    for (const [name, own] of before) {
      const value: unknown = Reflect.get(globalThis, name);
      Object.defineProperty(globalThis, name, {
        configurable: true,
        get() {
          if (new Error('where').stack?.includes('/src/')) touched.push(name);
          return own ? value : undefined;
        },
      });
    }
    try {
      const entry = await import('../../../src/index.js');
      expect(entry.ReliableSocket).not.toBe(ReliableSocket);
      expect(touched).toEqual([]);
      // The trap works: this does look one up.
      expect(entry.pageLifecycle(() => {})).toBeTypeOf('function');
      expect(touched).toContain('document');
    } finally {
      for (const [name, own] of before) {
        if (own) Object.defineProperty(globalThis, name, own);
        else Reflect.deleteProperty(globalThis, name);
      }
    }
  });
});

describe('a runtime that tells an error and no close', () => {
  it('is moved on from, while connecting and while open', async () => {
    const client = await startClient();
    client.net.last.error(3);
    await client.after(1_000);
    expect(client.socket.state).toMatchObject({ status: 'waiting', attempt: 2 });
    const second = await client.reopen();
    second.error(3);
    await client.after(1_000);
    expect(client.socket.state).toMatchObject({ status: 'waiting', attempt: 3 });
    expect(client.closes).toEqual([expect.objectContaining({ code: 1006, cause: 'peer' })]);
    await client.reopen();
    expect(client.socket.state).toMatchObject({ status: 'open' });
  });

  it('can not harm the next connection with its late close', async () => {
    const client = await openClient({}, { random: () => 0 });
    const first = client.net.last;
    first.error();
    await client.after(1_000);
    const next = await client.reopen();
    expect(next).not.toBe(first);
    first.receive({ type: 'chat', n: 1 });
    first.lateClose();
    await client.after(0);
    expect(client.socket.state).toMatchObject({ status: 'open' });
    expect(client.net.last).toBe(next);
    next.receive({ type: 'chat', n: 2 });
    expect(client.messages).toEqual([{ type: 'chat', n: 2 }]);
    expect(client.closes).toHaveLength(1);
  });

  it('is heard only once when the close comes after all', async () => {
    const client = await openClient({}, { random: () => 0 });
    client.net.last.error();
    client.net.last.drop();
    const next = await client.reopen(0);
    await client.after(4_000);
    expect(client.closes).toHaveLength(1);
    expect(client.net.last).toBe(next);
    expect(client.socket.state).toMatchObject({ status: 'open' });
  });

  it('does not count an error before the close as another failure', async () => {
    const client = await startClient();
    client.net.last.fail();
    const { state } = client.socket;
    expect(state).toMatchObject({ status: 'waiting', attempt: 2 });
    const dials = client.dials.length;
    await client.redial();
    await client.after(2_000);
    expect(client.dials).toHaveLength(dials + 1);
  });
});

describe('a WebSocket class that keeps to the standard in the main only', () => {
  it.each([{}, { code: undefined, reason: undefined, wasClean: undefined }, { reason: null }, { code: 0 }])(
    'and leaves fields of its close event out (%o): it was 1006',
    async (event) => {
      const client = await openClient();
      client.net.last.onclose?.(event as never);
      expect(client.closes).toEqual([{ code: 1006, reason: '', wasClean: false, cause: 'peer' }]);
      expect(client.socket.state).toMatchObject({ status: 'waiting', reason: '1006' });
    },
  );

  it('and connects again by itself is left with no connection of its own', async () => {
    const clock = new VirtualClock();
    const net = scriptedSockets();
    class Reconnecting extends ReconnectingWebSocket {
      constructor(url: string, protocols?: string[]) {
        const environment = virtualEnvironment({ clock, WebSocket: net.WebSocket });
        super(url, protocols, { WebSocket: net.WebSocket, lifecycle: false, environment });
      }
    }
    const client = await startClient({ WebSocket: Reconnecting }, { clock });
    for (const attempt of [1, 2, 3]) {
      expect(client.socket.state).toEqual({ status: 'connecting', attempt });
      net.last.open();
      net.last.drop();
      // Longer than the third delay, and shorter than a handshake may take.
      await client.after(9_000);
      expect(net.sockets.filter(({ readyState }) => readyState < 2)).toEqual([net.last]);
    }
  });

  it('and tells error and close without an event', async () => {
    const client = await openClient();
    const { last } = client.net;
    const tell = (handler: unknown): void => (handler as () => void)();
    tell(last.onerror);
    tell(last.onclose);
    expect(client.closes).toHaveLength(1);
    expect(client.socket.state).toMatchObject({ status: 'waiting' });
  });

  it('and brings a message without data: no frame, and told', async () => {
    const client = await openClient();
    client.net.last.onmessage?.({} as never);
    expect(client.errors.map(({ code }) => code)).toEqual(['bad-frame']);
    expect(client.socket.state.status).toBe('open');
  });

  it('and calls its handlers without looking whether there are any, late', async () => {
    const client = await openClient();
    const { last } = client.net;
    client.socket.reconnect();
    for (const handler of [last.onopen, last.onmessage, last.onerror, last.onclose]) {
      expect(() =>
        (handler as unknown as (event: object) => void)({ code: 1006, data: '{"type":"late"}' }),
      ).not.toThrow();
    }
    expect(client.messages).toEqual([]);
    expect(client.net.last).not.toBe(last);
    expect(client.socket.state.status).toBe('connecting');
  });

  it('and throws in send(), while a listener leaves the link: the next attempt has its time', async () => {
    const client = await openClient();
    const { last } = client.net;
    last.send = () => {
      throw new Error('no more');
    };
    client.socket.onMessage('go', () => {
      client.socket.send({ type: 'chat' });
      client.socket.reconnect();
    });
    last.receive({ type: 'go' });
    expect(client.net.last).not.toBe(last);
    await client.after(1_500);
    client.net.last.open();
    await client.after(10_000);
    expect(client.socket.state.status).toBe('open');
    expect(client.dials).toHaveLength(2);
  });
});

describe('a runtime that does not count bufferedAmount', () => {
  it.each([0, undefined])('and says %s all the time still writes everything', async (amount) => {
    const client = await startClient(
      { queue: { highWaterMark: 1_000 }, policies: { order: queue({ ack: 'message' }) } },
      { onCreate: (socket) => Object.defineProperty(socket, 'bufferedAmount', { value: amount }) },
    );
    for (let n = 0; n < 300; n++) client.socket.send({ type: n % 2 ? 'order' : 'chat', n });
    client.net.last.open();
    await client.after(1_000);
    expect(client.net.last.frames.filter(({ type }) => type !== 'ping').map(({ n }) => n)).toEqual(
      Array.from({ length: 300 }, (_, n) => n),
    );
    client.net.last.receive({ type: 'ack', messageIds: client.net.last.frames.map(({ messageId }) => messageId) });
    await client.socket.ready;
    expect(client.errors).toEqual([]);
  });

  it('is not believed to be alive because of it', async () => {
    const client = await openClient();
    client.socket.send({ type: 'chat' });
    expect(client.net.last.bufferedAmount).toBe(0);
    await client.after(40_000);
    expect(client.closes).toEqual([expect.objectContaining({ cause: 'heartbeat' })]);
  });
});

import { describe, expect, it } from 'vitest';
import { type LifecycleSignal, queue, ReliableSocket, type SocketState } from '../../src/index.js';
import { type Options, openClient, outcome, rejection, ScriptedClient } from '../support/harness.js';

type Status = SocketState['status'];

/** A client in each state of the union. */
async function inState(status: Status, options: Options = {}): Promise<ScriptedClient> {
  let tell: (signal: LifecycleSignal) => void = () => {};
  const client = new ScriptedClient({
    ...options,
    connect: { lazy: status === 'idle' },
    lifecycle: (listener) => {
      tell = listener;
      return () => {};
    },
  });
  if (status !== 'idle') await client.settle();
  if (['open', 'waiting', 'suspended', 'closing'].includes(status)) client.open();
  if (status === 'waiting') client.ws.drop();
  if (status === 'suspended') tell('freeze');
  if (status === 'closing') client.socket.close();
  if (status === 'closed') await client.socket.close();
  expect(client.status).toBe(status);
  return client;
}

const ALL: Status[] = ['idle', 'connecting', 'open', 'waiting', 'suspended', 'closing', 'closed'];

describe('snapshots', () => {
  it('are frozen, and a new one is made for each change and for nothing else', async () => {
    const client = new ScriptedClient();
    const seen: SocketState[] = [client.socket.state];
    const look = (): void => {
      const { state } = client.socket;
      expect(Object.isFrozen(state)).toBe(true);
      expect(client.socket.state).toBe(state);
      if (state !== seen.at(-1)) seen.push(state);
    };
    await client.settle();
    look();
    client.open();
    look();
    client.receive({ type: 'chat' });
    client.socket.send({ type: 'chat' });
    look();
    client.ws.drop();
    look();
    client.retry();
    look();
    await client.socket.close();
    look();
    expect(seen.map(({ status }) => status)).toEqual(['idle', 'connecting', 'open', 'waiting', 'connecting', 'closed']);
    expect(client.states).toEqual(seen.slice(1));
    for (const [i, state] of client.states.entries()) expect(state).toBe(seen[i + 1]);
  });

  it('are current when the listener is called, as useSyncExternalStore wants it', async () => {
    const { socket } = await openClient();
    const subscribe = (changed: () => void): (() => void) => socket.on('state', changed);
    const snapshots: SocketState[] = [];
    const unsubscribe = subscribe(() => snapshots.push(socket.state));
    socket.reconnect();
    unsubscribe();
    socket.reconnect();
    expect(snapshots).toHaveLength(1);
    expect(snapshots[0]).toEqual({ status: 'connecting', attempt: 1 });
  });

  it('carry their data', async () => {
    const client = new ScriptedClient();
    expect(client.socket.state).toEqual({ status: 'idle' });
    await client.settle();
    const start = client.clock.now();
    expect(client.socket.state).toEqual({ status: 'connecting', attempt: 1 });
    client.ws.fail();
    expect(client.socket.state).toEqual({ status: 'waiting', attempt: 2, retryAt: start + 1_000, reason: '1006' });
    client.retry();
    expect(client.socket.state).toEqual({ status: 'connecting', attempt: 2 });
    client.open();
    expect(client.socket.state).toEqual({ status: 'open', since: start + 1_000, resumed: false });
    expect(client.opens).toEqual([{ resumed: false, attempt: 2 }]);
    client.clock.advance(5_000);
    client.ws.drop(1001, 'bye', true);
    expect(client.socket.state).toMatchObject({ status: 'waiting', attempt: 1 + 1, reason: '1001' });
    expect(client.closes).toEqual([{ code: 1001, reason: 'bye', wasClean: true, cause: 'peer' }]);
    await client.socket.close();
    expect(client.socket.state).toEqual({ status: 'closed', reason: 'called' });
  });

  it('of a failure carry the error, which is told once as an event too', async () => {
    const client = new ScriptedClient({ backoff: { maxRetries: 1 } });
    await client.settle();
    client.ws.fail();
    client.retry();
    client.ws.fail();
    const { state } = client.socket;
    if (state.status !== 'closed') throw new Error(`the client is ${state.status}`);
    expect([state.reason, state.error?.code]).toEqual(['retries-exhausted', 'retries-exhausted']);
    expect(client.errors).toEqual([state.error]);
  });

  it('say suspended and why', async () => {
    const client = await inState('suspended');
    expect(client.socket.state).toEqual({ status: 'suspended', why: 'freeze' });
  });
});

describe('construction', () => {
  it('does nothing before the next microtask, so that listeners and fields of a subclass exist', async () => {
    const seen: unknown[] = [];
    const { factory, clock } = new ScriptedClient({ connect: { lazy: true } });
    class Mine extends ReliableSocket {
      readonly field: string = 'there';
      constructor() {
        super(() => 'ws://test.invalid', {
          WebSocket: factory.WebSocket,
          lifecycle: false,
          environment: { now: clock.now, setTimer: clock.setTimer, clearTimer: clock.clearTimer },
          token: () => {
            seen.push(this.field);
            return 'secret';
          },
        });
      }
    }
    const socket = new Mine();
    expect(socket.state.status).toBe('idle');
    expect(seen).toEqual([]);
    socket.on('state', ({ status }) => seen.push(status));
    await Promise.resolve();
    expect(seen).toEqual(['connecting', 'there']);
    await socket.close();
  });

  it('tells an error once where there is no WebSocket at all', async () => {
    const client = new ScriptedClient({ environment: { webSocket: () => undefined } });
    await client.settle();
    expect(client.socket.state).toMatchObject({ status: 'closed', reason: 'no-websocket' });
    client.clock.advance(600_000);
    expect(client.errors.map(({ code }) => code)).toEqual(['no-websocket']);
    expect(client.errors[0]?.message).toContain('options.WebSocket');
  });

  it.each<[string, (client: ScriptedClient) => unknown]>([
    ['connect()', ({ socket }) => socket.connect()],
    ['send()', ({ socket }) => socket.send({ type: 'chat' })],
    ['request()', ({ socket }) => void socket.request({ type: 'ask' }).catch(() => {})],
    ['opened()', ({ socket }) => void socket.opened()],
    ['a channel listener', ({ socket }) => socket.channel('room').onMessage(() => {})],
  ])('with lazy waits for %s', async (_, act) => {
    const client = new ScriptedClient({ connect: { lazy: true } });
    await client.settle();
    client.socket.onMessage(() => {});
    client.clock.advance(60_000);
    expect(client.status).toBe('idle');
    expect(client.sockets).toHaveLength(0);
    act(client);
    expect(client.sockets).toHaveLength(1);
  });
});

describe('opened()', () => {
  it('resolves when the connection is open, also when it is already', async () => {
    const client = new ScriptedClient();
    const opened = client.socket.opened();
    await client.settle();
    client.ws.fail();
    client.retry();
    client.open();
    await opened;
    await client.socket.opened();
  });

  it('rejects when the conversation is closed, with its error', async () => {
    const client = new ScriptedClient();
    const closed = rejection(client.socket.opened());
    await client.socket.close();
    expect((await closed).code).toBe('closed');
    expect((await rejection(client.socket.opened())).code).toBe('closed');
    const refused = await openClient();
    refused.ws.drop(4403, 'no', true);
    expect((await rejection(refused.socket.opened())).code).toBe('unauthorized');
  });

  it('rejects when its signal aborts, now or before', async () => {
    const client = new ScriptedClient();
    const abort = new AbortController();
    const failed = rejection(client.socket.opened({ signal: abort.signal }));
    abort.abort('why');
    const { code, cause } = await failed;
    expect([code, cause]).toEqual(['aborted', 'why']);
    expect((await rejection(client.socket.opened({ signal: abort.signal }))).code).toBe('aborted');
  });
});

describe('connect()', () => {
  it.each(ALL)('when %s: begins where nothing is under way, and else changes nothing', async (status) => {
    const client = await inState(status);
    const before = client.sockets.length;
    client.socket.connect();
    await client.settle();
    const begins = ['idle', 'suspended', 'closing', 'closed'].includes(status);
    expect(client.sockets.length).toBe(begins ? before + 1 : before);
    expect(client.status).toBe(begins ? 'connecting' : status);
  });

  it('revives a closed conversation with its listeners', async () => {
    const client = await inState('closed');
    client.socket.connect();
    client.open({ type: 'hello' });
    expect(client.heard).toEqual(['hello']);
    expect(client.socket.send({ type: 'chat' }).status).toBe('written');
  });

  it('StrictMode: close and connect in the same task as the construction make one connection', async () => {
    const client = new ScriptedClient();
    const closed = client.socket.close();
    client.socket.connect();
    await closed;
    await client.settle();
    expect(client.sockets).toHaveLength(1);
    client.open();
    expect(client.status).toBe('open');
  });

  it('StrictMode: close and connect on an open link make a new connection, and the close resolves', async () => {
    const client = await openClient();
    const old = client.ws;
    const closed = client.socket.close();
    client.socket.connect();
    await closed;
    expect(client.sockets).toHaveLength(2);
    client.open();
    old.lateClose();
    client.clock.advance(2_000);
    expect(client.status).toBe('open');
    expect(client.sockets).toHaveLength(2);
  });
});

describe('reconnect()', () => {
  it.each(ALL)('always acts: when %s', async (status) => {
    const client = await inState(status);
    const before = client.sockets.length;
    const old = client.sockets.at(-1);
    client.socket.reconnect();
    expect(client.sockets.length).toBe(before + 1);
    expect(client.socket.state).toEqual({ status: 'connecting', attempt: 1 });
    await client.settle();
    expect(client.sockets.length).toBe(before + 1);
    if (old && old.readyState < 2) throw new Error('the old socket was left open');
    client.open();
    expect(client.status).toBe('open');
    expect(client.sockets.flatMap(({ violations }) => violations)).toEqual([]);
  });

  it('works after each of the ends', async () => {
    for (const end of ['unauthorized', 'retries-exhausted', 'no-websocket'] as const) {
      let missing = end === 'no-websocket';
      const client: ScriptedClient = new ScriptedClient({
        backoff: { maxRetries: 0 },
        environment: { webSocket: () => (missing ? undefined : client.factory.WebSocket) },
      });
      await client.settle();
      if (end === 'unauthorized') client.open();
      if (end === 'unauthorized') client.ws.drop(4403);
      if (end === 'retries-exhausted') client.ws.fail();
      expect(client.socket.state).toMatchObject({ status: 'closed', reason: end });
      const waiting = client.socket.send({ type: 'chat', n: 1 });
      expect(waiting.status).toBe('queued');
      missing = false;
      client.socket.reconnect();
      client.open();
      expect(client.numbers).toEqual([1]);
      expect(await outcome(waiting)).toBe('sent');
    }
  });
});

describe('close()', () => {
  it.each(ALL)('when %s: resolves within a second of silence, and the state is closed', async (status) => {
    const client = await inState(status);
    let resolved = false;
    const closed = client.socket.close().then(() => {
      resolved = true;
    });
    await client.settle();
    const polite = status === 'open' || status === 'closing';
    expect(resolved).toBe(!polite);
    expect(client.status).toBe(polite ? 'closing' : 'closed');
    client.clock.advance(999);
    await client.settle();
    expect(resolved).toBe(!polite);
    client.clock.advance(1);
    await closed;
    expect(client.socket.state).toEqual({ status: 'closed', reason: 'called' });
    client.clock.advance(600_000);
    expect(client.sockets.length).toBe(status === 'idle' ? 0 : 1);
    expect(client.sockets.flatMap(({ violations }) => violations)).toEqual([]);
  });

  it('leaves no timer behind', async () => {
    const client = await openClient({ policies: { order: queue({ ack: 'message' }) } });
    client.socket.send({ type: 'order' });
    client.socket.close();
    client.ws.finishClose();
    expect(client.clock.pending).toBe(0);
  });

  it('resolves as soon as the peer answers', async () => {
    const client = await openClient();
    const closed = client.socket.close({ code: 4000, reason: 'done' });
    expect(client.ws.closed).toEqual([{ code: 4000, reason: 'done' }]);
    client.ws.finishClose();
    await closed;
    expect(client.closes).toEqual([{ code: 4000, reason: 'done', wasClean: true, cause: 'called' }]);
    expect(client.errors).toEqual([]);
  });

  it('delivers nothing that comes afterwards', async () => {
    const client = await openClient();
    client.socket.close();
    client.ws.receive({ type: 'late' });
    expect(client.heard).toEqual([]);
  });

  it('before the handshake lets go of the socket, and a late open changes nothing', async () => {
    const client = await inState('connecting');
    await client.socket.close();
    expect(client.ws.closed).toHaveLength(1);
    client.ws.lateClose();
    expect(client.status).toBe('closed');
  });

  it('twice is once', async () => {
    const client = await openClient();
    const both = Promise.all([client.socket.close(), client.socket.close({ code: 4001 })]);
    client.ws.finishClose();
    await both;
    expect(client.ws.closed[0]).toEqual({ code: 1000, reason: '' });
    await client.socket.close();
    expect(client.states.filter(({ status }) => status === 'closed')).toHaveLength(1);
  });

  it.each([0, 999, 1001, 1005, 1006, 1011, 2999, 5000, Number.NaN])('refuses the code %s', async (code) => {
    const client = await openClient();
    const error = await rejection(client.socket.close({ code }));
    expect(error.code).toBe('bad-call');
    expect(error.message).toContain(String(code));
    expect(client.status).toBe('open');
  });

  it.each([1000, 3000, 4999])('takes the code %s', async (code) => {
    const client = await openClient();
    client.socket.close({ code });
    expect(client.ws.closed).toEqual([{ code, reason: '' }]);
  });

  it('refuses a reason above 123 bytes', async () => {
    const client = await openClient();
    expect((await rejection(client.socket.close({ reason: '\u00e9'.repeat(62) }))).code).toBe('bad-call');
    expect(client.status).toBe('open');
    client.socket.close({ reason: '\u00e9'.repeat(61) });
    expect(client.ws.violations).toEqual([]);
  });

  it('with drain lets the outbox empty first, and refuses what is sent meanwhile', async () => {
    const client = await openClient({ policies: { order: queue({ ack: 'message' }) } });
    const order = client.socket.send({ type: 'order' });
    const closed = client.socket.close({ drain: true });
    expect(client.status).toBe('open');
    expect(await outcome(client.socket.send({ type: 'chat' }))).toBe('closed');
    client.clock.advance(5_000);
    client.ack(order);
    expect(client.status).toBe('closing');
    client.ws.finishClose();
    await closed;
    expect(await outcome(order)).toBe('acked');
  });

  it.each([
    [true, 10_000],
    [2_000, 2_000],
  ] as const)('with drain %s waits no longer than that', async (drain, ms) => {
    const client = await openClient({ policies: { order: queue({ ack: 'message' }) } });
    const order = client.socket.send({ type: 'order' });
    client.socket.close({ drain });
    client.clock.advance(ms - 1);
    expect(client.status).toBe('open');
    client.clock.advance(1);
    expect(client.status).toBe('closing');
    expect(await outcome(order)).toBe('unknown');
  });

  it('with drain closes at once when there is nothing to wait for', async () => {
    const client = await openClient();
    client.socket.close({ drain: true });
    expect(client.status).toBe('closing');
  });

  it('during drain goes on over a reconnect', async () => {
    const client = await openClient({ policies: { order: queue({ ack: 'message' }) } });
    const order = client.socket.send({ type: 'order', n: 1 });
    const closed = client.socket.close({ drain: true });
    client.bounce();
    expect(client.numbers).toEqual([1]);
    client.ack(order);
    client.ws.finishClose();
    await closed;
    expect(await outcome(order)).toBe('acked');
  });

  it('connect() during drain takes it back', async () => {
    const client = await openClient({ policies: { order: queue({ ack: 'message' }) } });
    const order = client.socket.send({ type: 'order' });
    const closed = client.socket.close({ drain: true });
    client.socket.connect();
    client.ack(order);
    expect(client.status).toBe('open');
    expect(client.socket.send({ type: 'chat' }).status).toBe('written');
    expect(await Promise.race([closed.then(() => 'resolved'), client.settle().then(() => 'hangs')])).toBe('resolved');
  });

  it('is what await using calls', async () => {
    const client = new ScriptedClient();
    {
      await using socket = client.socket;
      expect(socket.state.status).toBe('idle');
    }
    expect(client.socket.state).toEqual({ status: 'closed', reason: 'called' });
  });
});

describe('stats()', () => {
  it('counts what went over the wire', async () => {
    const client = await openClient({}, { type: 'welcome', recovered: 2 });
    client.socket.send({ type: 'chat', text: '\u20ac' });
    client.clock.advance(30_000);
    client.clock.advance(70);
    client.pong();
    const text = '{"type":"chat","text":"\u20ac"}';
    expect(client.socket.stats()).toEqual({
      roundTrip: 70,
      opened: 1,
      sent: 1,
      bytesSent: new TextEncoder().encode(text).length,
      received: 2,
      bytesReceived: '{"type":"welcome","recovered":2}'.length + '{"type":"pong","t":1}'.length,
      forgotten: 0,
      recovered: 2,
      lastClose: undefined,
    });
    client.bounce();
    expect(client.socket.stats()).toMatchObject({
      opened: 2,
      lastClose: { code: 1006, reason: '', wasClean: false },
    });
  });
});

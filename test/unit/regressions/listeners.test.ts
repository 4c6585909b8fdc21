import { describe, expect, it } from 'vitest';
import { framesOf, openClient, param, startClient } from '../../support/scripted-client.js';

const throwing = (): never => {
  throw new Error('from the listener');
};

describe('a listener that throws', () => {
  it('is told as an error, blocks no other listener, and causes no redelivery', async () => {
    const client = await startClient();
    const heard: unknown[] = [];
    client.socket.onMessage('chat', throwing);
    client.socket.onMessage('chat', ({ seq }) => heard.push(seq));
    client.socket.onMessage(throwing);
    client.net.last.open();
    client.net.last.receive({ type: 'welcome', epoch: 'e', seq: 0 });
    client.net.last.receive({ type: 'chat', seq: 1 });
    client.net.last.receive({ type: 'chat', seq: 2 });
    expect(heard).toEqual([1, 2]);
    expect(client.messages).toHaveLength(2);
    expect(client.errors.map(({ code }) => code)).toEqual(Array(4).fill('listener-threw'));
    expect(client.errors[0]?.cause).toEqual(new Error('from the listener'));
    client.net.last.drop();
    const next = await client.reopen();
    expect(param(next, 'lastSeq')).toBe('2');
    next.receive({ type: 'welcome', epoch: 'e', seq: 0 });
    next.receive({ type: 'chat', seq: 1 });
    next.receive({ type: 'chat', seq: 2 });
    next.receive({ type: 'chat', seq: 3 });
    expect(heard).toEqual([1, 2, 3]);
  });

  it.each(['state', 'open', 'close', 'gap', 'undelivered'] as const)('of "%s" stops nothing', async (name) => {
    const client = await startClient();
    client.socket.on(name, throwing);
    const after: unknown[] = [];
    client.socket.on(name, (event) => after.push(event));
    client.net.last.open();
    client.net.last.receive({ type: 'welcome', epoch: 'a', seq: 1 });
    client.socket.send({ type: 'chat' });
    client.net.last.drop();
    const next = await client.reopen();
    next.receive({ type: 'welcome', epoch: 'b', seq: 1 });
    next.receive({ type: 'chat', seq: 2 });
    expect(after.length).toBeGreaterThan(0);
    expect(client.errors).toHaveLength(after.length);
    expect(new Set(client.errors.map(({ code }) => code))).toEqual(new Set(['listener-threw']));
    expect(client.socket.state).toMatchObject({ status: 'open' });
    expect(client.opens).toHaveLength(2);
    expect(client.closes).toHaveLength(1);
    expect(client.gaps).toHaveLength(1);
    expect(client.undelivered).toHaveLength(1);
    expect(client.messages).toEqual([{ type: 'chat', seq: 2 }]);
  });

  it('of "error" is not told of itself for ever', async () => {
    const client = await openClient();
    let calls = 0;
    client.socket.on('error', () => {
      calls++;
      throwing();
    });
    client.net.last.receive('nonsense');
    await client.after(0);
    expect(calls).toBe(1);
    expect(client.errors.map(({ code }) => code)).toEqual(['bad-frame']);
    expect(client.socket.state).toMatchObject({ status: 'open' });
  });

  it('of a channel does not reach the others', async () => {
    const client = await openClient();
    const room = client.socket.channel('room');
    const heard: unknown[] = [];
    room.onMessage(throwing);
    room.onMessage(({ seq }) => heard.push(seq));
    client.net.last.receive({ type: 'subscribed', channel: 'room', ref: 1, epoch: 'e', seq: 0 });
    client.net.last.receive({ type: 'chat', channel: 'room', seq: 1 });
    client.net.last.receive({ type: 'chat', seq: 1 });
    expect(heard).toEqual([1]);
    expect(client.messages).toHaveLength(1);
    expect(client.errors.map(({ code }) => code)).toEqual(['listener-threw']);
  });

  it('as onClose leaves the decision to the close code', async () => {
    const client = await openClient({ onClose: throwing });
    client.net.last.drop(4403, '', true);
    expect(client.errors.map(({ code }) => code)).toEqual(['listener-threw', 'unauthorized']);
    expect(client.socket.state).toMatchObject({ status: 'closed', reason: 'unauthorized' });
  });

  it('as onGap is told, and live messages go on', async () => {
    const client = await openClient({ onGap: throwing });
    client.net.last.receive({ type: 'welcome', epoch: 'a', seq: 1 });
    client.net.last.drop();
    const next = await client.reopen();
    next.receive({ type: 'welcome', epoch: 'b', seq: 1 });
    next.receive({ type: 'chat', seq: 2 });
    await client.after(0);
    expect(client.errors.map(({ code }) => code)).toEqual(['gap-handler-failed']);
    expect(client.messages).toEqual([{ type: 'chat', seq: 2 }]);
  });
});

describe('a new socket', () => {
  it('gets the binary type, and keeps listeners and subscriptions, at every reconnect', async () => {
    const client = await startClient();
    const heard: unknown[] = [];
    client.socket.onMessage('chat', ({ seq }) => heard.push(seq));
    const room = client.socket.channel('room');
    room.onMessage('chat', ({ seq }) => heard.push(`room ${seq}`));
    for (let connection = 1; connection <= 4; connection++) {
      const socket = await client.reopen();
      expect(socket.binaryType).toBe('arraybuffer');
      expect(framesOf(socket, 'subscribe')).toEqual([expect.objectContaining({ channel: 'room' })]);
      const { ref } = framesOf(socket, 'subscribe')[0] ?? {};
      socket.receive({ type: 'welcome', epoch: 'e', seq: connection - 1 });
      socket.receive({ type: 'subscribed', channel: 'room', ref, epoch: 'r', seq: connection - 1 });
      socket.receive({ type: 'chat', seq: connection });
      socket.receive({ type: 'chat', seq: connection, channel: 'room' });
      socket.drop();
    }
    expect(heard).toEqual([1, 'room 1', 2, 'room 2', 3, 'room 3', 4, 'room 4']);
    expect(client.opens).toHaveLength(4);
    expect(client.gaps).toEqual([]);
  });

  it('gets the subprotocols of the application', async () => {
    const client = await startClient({ protocols: ['v2.chat', 'v1.chat'] });
    client.net.last.fail();
    await client.reopen();
    expect(client.net.sockets.map(({ protocols }) => protocols)).toEqual(Array(2).fill(['v2.chat', 'v1.chat']));
  });
});

describe('on', () => {
  it.each([
    ['a name that is none', 'message', () => {}, 'on: got message, function, wanted state or open or'],
    ['what is no function', 'open', undefined, 'on: got open, undefined, wanted'],
    ['a symbol', Symbol('open'), () => {}, 'on: got Symbol(open), function, wanted'],
  ])('refuses %s, and says what was wanted', async (_, name, listener, text) => {
    const { socket } = await startClient();
    const wrong = { code: 'bad-call', message: expect.stringContaining(text) };
    const call = (): void => {
      (socket.on as (name: unknown, listener: unknown) => void).call(socket, name, listener);
    };
    expect(call).toThrow(expect.objectContaining(wrong));
  });

  it('of a channel refuses what only the socket tells', async () => {
    const { socket } = await startClient();
    const call = (): unknown => socket.channel('room').on('open' as 'gap', () => {});
    const message = expect.stringContaining('wanted gap or state, function');
    expect(call).toThrow(expect.objectContaining({ code: 'bad-call', message }));
  });
});

describe('a jitter of the application', () => {
  it('that throws is told as an error, and the delay is the mean', async () => {
    const client = await startClient({ backoff: { jitter: throwing } });
    client.net.last.fail();
    expect(client.socket.state).toMatchObject({ status: 'waiting', retryAt: client.clock.now() + 1_000 });
    expect(client.errors).toMatchObject([{ code: 'listener-threw', cause: new Error('from the listener') }]);
    await client.after(1_000);
    client.net.last.open();
    expect(client.socket.state.status).toBe('open');
  });

  // Told at once, the listener would change what is being decided: its `reconnect()` made a second socket, and the end of
  // the first link was never told.
  it('that throws is told in its turn, so that a listener may reconnect', async () => {
    const client = await openClient({ backoff: { jitter: throwing } });
    const told: string[] = [];
    client.socket.on('close', ({ cause }) => told.push(`close ${cause}`));
    client.socket.on('error', ({ code }) => {
      told.push(code);
      client.socket.reconnect();
    });
    client.net.last.drop();
    expect(told).toEqual(['close peer', 'listener-threw']);
    await client.after(5_000);
    expect(client.net.sockets).toHaveLength(2);
    client.net.last.open();
    expect(client.socket.state.status).toBe('open');
  });
});

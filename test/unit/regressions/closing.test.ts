import { describe, expect, it } from 'vitest';
import { drop, queue, ReliableSocket } from '../../../src/index.js';
import { scriptedSockets, VirtualClock, virtualEnvironment } from '../../../src/testing/index.js';
import {
  type ClientWorld,
  openClient,
  scriptedLifecycle,
  startClient,
  URL_OF_TESTS,
} from '../../support/scripted-client.js';

/** An hour of whatever may still come, and nothing moves. */
const expectStaysClosed = async (client: ClientWorld): Promise<void> => {
  const dials = client.dials.length;
  const states = client.states.length;
  await client.after(3_600_000);
  expect(client.socket.state).toEqual({ status: 'closed', reason: 'called' });
  expect(client.dials).toHaveLength(dials);
  expect(client.states).toHaveLength(states);
  expect(client.clock.pending).toBe(0);
};

describe('close() while the client recovers is final', () => {
  it('while it waits for its next attempt', async () => {
    const client = await openClient();
    client.net.last.drop();
    expect(client.socket.state.status).toBe('waiting');
    await client.socket.close();
    await expectStaysClosed(client);
  });

  it('while it connects, though the socket ends later', async () => {
    const client = await openClient();
    client.net.last.drop();
    const second = await client.redial();
    await client.socket.close();
    second.finishClose();
    await expectStaysClosed(client);
  });

  it('while it waits for a url or a token that comes later', async () => {
    const answers: ((text: string) => void)[] = [];
    const ask = (): Promise<string> => new Promise((resolve) => answers.push(resolve));
    for (const client of [await startClient({}, { url: ask }), await startClient({ token: ask })]) {
      expect(client.socket.state.status).toBe('connecting');
      await client.socket.close();
      for (const answer of answers.splice(0)) answer(URL_OF_TESTS);
      await expectStaysClosed(client);
    }
  });

  it('while a url or a token is on its way and fails later', async () => {
    const failures: ((error: Error) => void)[] = [];
    const ask = (): Promise<string> => new Promise((_resolve, fail) => failures.push(fail));
    for (const client of [await startClient({}, { url: ask }), await startClient({ token: ask })]) {
      await client.socket.close();
      for (const fail of failures.splice(0)) fail(new Error('late'));
      await expectStaysClosed(client);
    }
  });

  it('in a listener of the lost connection', async () => {
    const client = await openClient();
    client.socket.on('close', () => void client.socket.close());
    client.net.last.drop();
    expect(client.closes).toHaveLength(1);
    await expectStaysClosed(client);
  });

  it('in a listener of the state waiting', async () => {
    const client = await openClient();
    client.socket.on('state', ({ status }) => {
      if (status === 'waiting') void client.socket.close();
    });
    client.net.last.drop();
    await expectStaysClosed(client);
  });

  it('in a listener of open, and nothing is written afterwards', async () => {
    const client = await startClient();
    client.socket.send({ type: 'chat' });
    client.socket.on('open', () => void client.socket.close());
    client.net.last.open();
    client.net.last.finishClose();
    await expectStaysClosed(client);
    expect(client.net.last.violations).toEqual([]);
  });

  it('while suspended, though the page comes back', async () => {
    const page = scriptedLifecycle();
    const client = await openClient({ lifecycle: page.lifecycle });
    page.tell('freeze');
    await client.socket.close();
    page.tell('resume');
    page.tell('online');
    await expectStaysClosed(client);
  });

  it('although the peer never answers: it is waited for a second and no longer', async () => {
    const client = await openClient();
    const closed = client.socket.close();
    expect(client.socket.state.status).toBe('closing');
    await client.after(999);
    expect(client.socket.state.status).toBe('closing');
    await client.after(1);
    await closed;
    client.net.last.lateClose();
    await expectStaysClosed(client);
  });

  it('although the socket throws in close(), and connect() begins anew', async () => {
    const { lifecycle, tell } = scriptedLifecycle();
    const client = await openClient({ lifecycle });
    const throwing = (): never => {
      throw new Error('no more');
    };
    client.net.last.close = throwing;
    const closed = client.socket.close();
    await client.after(1_000);
    await closed;
    expect(client.socket.state).toEqual({ status: 'closed', reason: 'called' });
    client.socket.connect();
    const next = await client.reopen();
    next.close = throwing;
    tell('freeze');
    expect(client.socket.state.status).toBe('suspended');
    tell('resume');
    await client.reopen();
    expect(client.socket.state.status).toBe('open');
  });

  it('although it lets the outbox empty first, and the conversation ends otherwise meanwhile', async () => {
    const client = await openClient({ policies: { order: queue({ ack: 'message' }) } });
    const receipt = client.socket.send({ type: 'order' });
    const closed = client.socket.close({ drain: true });
    client.net.last.drop(4403, 'banned', true);
    await closed;
    expect((await receipt.settled).outcome).toBe('unknown');
    expect(client.socket.outbox.size).toBe(0);
    await expectStaysClosed(client);
  });

  it('although it is called with a drain before the first attempt has begun: that is made, and what waits is sent', async () => {
    for (const lazy of [false, true]) {
      const clock = new VirtualClock();
      const net = scriptedSockets();
      const socket = new ReliableSocket(URL_OF_TESTS, {
        connect: { lazy },
        lifecycle: false,
        environment: virtualEnvironment({ clock, WebSocket: net.WebSocket }),
      });
      const receipt = socket.send({ type: 'chat' });
      const closed = socket.close({ drain: true });
      await clock.advanceAsync(0);
      net.last.open();
      expect(net.last.frames).toEqual([{ type: 'chat' }]);
      expect(await receipt.settled).toEqual({ outcome: 'sent' });
      net.last.finishClose();
      await closed;
      expect(net.sockets).toHaveLength(1);
      expect(clock.pending).toBe(0);
    }
  });

  it('at once, with a drain and nothing that waits, and no attempt is made', async () => {
    const client = await startClient({ connect: { lazy: true } });
    await client.socket.close({ drain: true });
    expect(client.states).toEqual([{ status: 'closed', reason: 'called' }]);
    await expectStaysClosed(client);
  });

  it('and whoever waits for room has waited enough, though the socket is full and never ends', async () => {
    const client = await openClient();
    client.net.last.bufferedAmount = 2 ** 30;
    const ready = [client.socket.ready];
    const closed = client.socket.close();
    ready.push(client.socket.ready);
    await client.after(1_000);
    await closed;
    await Promise.all(ready);
    await expectStaysClosed(client);
  });

  it.each([-1, Number.NaN, 'soon'])('but not with a drain of %o, which is told', async (drain) => {
    const client = await openClient();
    await expect(client.socket.close({ drain: drain as number })).rejects.toMatchObject({
      code: 'bad-option',
      message: expect.stringMatching(/^close: drain is (-1|NaN), wanted/),
    });
    expect(client.socket.state.status).toBe('open');
  });

  it('although frames and a close code that asks to come back arrive in between', async () => {
    const client = await openClient();
    const { last } = client.net;
    void client.socket.close();
    last.receive({ type: 'chat' });
    last.receive({ type: 'goaway', retryAfter: 0 });
    last.receive({ type: 'welcome', seq: 5 });
    last.drop(1012, '', true);
    await expectStaysClosed(client);
    expect(client.messages).toEqual([]);
  });

  it('but for a listener that begins the next conversation: the promise of close() does not wait for the end of that', async () => {
    const client = await openClient();
    client.socket.on('close', () => client.socket.reconnect());
    await client.socket.close();
    expect(client.socket.state.status).toBe('connecting');
    client.net.last.open();
    expect(client.socket.state.status).toBe('open');
  });

  it('and what is sent afterwards is refused, not kept for a life that does not come', async () => {
    const client = await openClient();
    void client.socket.close();
    const receipt = client.socket.send({ type: 'chat' });
    expect(receipt.status).toBe('rejected');
    expect((await receipt.settled).outcome).toBe('closed');
    expect(client.socket.outbox.size).toBe(0);
  });
});

describe('a socket that is CLOSING, and has not told its close', () => {
  it('is given nothing more: messages wait for the next one, or are told at once', async () => {
    const client = await openClient({ policies: { now: drop() } });
    const first = client.net.last;
    first.readyState = 2;
    const kept = client.socket.send({ type: 'chat', n: 1 });
    const dropped = client.socket.send({ type: 'now' });
    first.receive({ type: 'ping', t: 1 });
    expect([kept.status, dropped.status]).toEqual(['queued', 'dropped']);
    expect(first.violations).toEqual([]);
    expect(first.frames).toEqual([]);
    first.drop(4000, '', true);
    const second = await client.redial();
    second.open();
    expect(second.frames).toEqual([{ type: 'chat', n: 1 }]);
    expect(await kept.settled).toEqual({ outcome: 'sent' });
    expect(client.undelivered.map(({ message }) => message.type)).toEqual(['now']);
  });
});

import { describe, expect, it } from 'vitest';
import { openClient, ScriptedClient, thrown } from '../../support/harness.js';
import { m, welcome } from '../../support/numbered.js';

describe('listeners', () => {
  it('the cursor moves after the listeners returned', async () => {
    const client = await openClient({}, welcome(40, 'e1'), m(41));
    let first = true;
    client.socket.onMessage(({ seq }) => {
      if (seq !== 42 || !first) return;
      first = false;
      client.socket.reconnect();
    });
    client.receive(m(42));
    // The socket was asked for in the middle of the message, and was made when the message had been heard.
    client.open(welcome(42, 'e1'), m(43));
    expect(client.heard).toEqual([41, 42, 43]);
    expect(client.query.get('lastSeq')).toBe('42');
  });

  it('one that throws is named, also for messages whose type is the name of an event', async () => {
    const client = new ScriptedClient();
    const oops = (): never => {
      throw new Error('oops');
    };
    client.socket.onMessage('error', oops);
    client.socket.onMessage(oops);
    client.socket.on('open', oops);
    await client.settle();
    client.open(welcome(40, 'e1'), { type: 'error', seq: 41 });
    expect(client.errors.map(({ message }) => message)).toEqual([
      'open: a listener threw',
      'onMessage: a listener threw',
      'onMessage: a listener threw',
    ]);
  });

  it('one that throws is told, and neither stops the others nor brings the message back', async () => {
    const client = new ScriptedClient();
    const heard: unknown[] = [];
    client.socket.onMessage('m', () => {
      throw new Error('oops');
    });
    client.socket.onMessage('m', ({ seq }) => heard.push(seq));
    await client.settle();
    client.open(welcome(40, 'e1'), m(41), m(42));
    expect(heard).toEqual([41, 42]);
    expect(client.errors.map(({ code, cause }) => [code, (cause as Error).message])).toEqual([
      ['listener-threw', 'oops'],
      ['listener-threw', 'oops'],
    ]);
    client.bounce();
    expect(client.query.get('lastSeq')).toBe('42');
  });

  it('one for errors that throws does not go round in circles', async () => {
    const client = await openClient();
    client.socket.on('error', () => {
      throw new Error('again');
    });
    client.ws.receive('no json');
    expect(client.errors.map(({ code }) => code)).toEqual(['bad-frame']);
    expect(client.status).toBe('open');
  });

  it('gets the frame as it came, and only those of its type', async () => {
    const client = await openClient();
    const chats: unknown[] = [];
    client.socket.onMessage('chat', (message) => chats.push(message));
    client.receive({ type: 'chat', seq: 1, channel: 'mine', x: { y: 1 } }, { type: 'other' });
    expect(chats).toEqual([{ type: 'chat', seq: 1, channel: 'mine', x: { y: 1 } }]);
  });

  it('is taken away by its unsubscribe function or its signal, and can be added twice', async () => {
    const client = await openClient();
    const abort = new AbortController();
    const heard: string[] = [];
    const same = (): void => void heard.push('same');
    const off = client.socket.onMessage('m', same);
    client.socket.onMessage('m', same);
    client.socket.onMessage('m', () => heard.push('signal'), { signal: abort.signal });
    client.socket.onMessage(() => heard.push('all'), { signal: AbortSignal.abort() });
    client.receive(m(1));
    expect(heard).toEqual(['same', 'same', 'signal']);
    off();
    off();
    abort.abort();
    client.receive(m(2));
    expect(heard).toEqual(['same', 'same', 'signal', 'same']);
  });

  it('has to be a function', async () => {
    const client = await openClient();
    const call = client.socket.onMessage as (...args: unknown[]) => unknown;
    expect(thrown(() => call.call(client.socket, 'chat')).code).toBe('bad-call');
    const { code, message } = thrown(() => call.call(client.socket, 7, () => {}));
    expect([code, message]).toEqual(['bad-call', 'onMessage: got number, wanted (type, listener) or (listener)']);
  });

  it('a listener that sends gets its receipt with its status at once, and order is kept', async () => {
    const client = await openClient();
    const statuses: string[] = [];
    client.socket.onMessage('ask', ({ n }) => {
      statuses.push(client.socket.send({ type: 'answer', n }).status);
    });
    client.receive({ type: 'ask', n: 1 }, { type: 'ask', n: 2 });
    expect(statuses).toEqual(['written', 'written']);
    expect(client.numbers).toEqual([1, 2]);
  });

  it('hears nothing of old sockets', async () => {
    const client = await openClient({}, welcome(1, 'e1'));
    const old = client.ws;
    client.socket.reconnect();
    old.receive(m(2));
    client.open(welcome(1, 'e1'));
    old.receive(m(3));
    old.lateClose();
    expect(client.heard).toEqual([]);
    expect(client.status).toBe('open');
    expect(client.sockets).toHaveLength(2);
  });

  it('never hears control frames, and hears reserved types of the wrong direction neither', async () => {
    const client = await openClient();
    client.receive(
      { type: 'welcome' },
      { type: 'pong' },
      { type: 'ack', messageId: 'x' },
      { type: 'nack', messageId: 'x' },
      { type: 'subscribe', channel: 'x', ref: 1 },
      { type: 'unsubscribe', channel: 'x' },
      { type: 'auth', token: 'x' },
    );
    expect(client.messages).toEqual([]);
    expect(client.errors).toEqual([]);
  });
});

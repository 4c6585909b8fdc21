import { describe, expect, it } from 'vitest';
import type { AnyMessage } from '../../../src/index.js';
import { openClient, rejection, thrown } from '../../support/harness.js';
import { from, m } from '../../support/numbered.js';

describe('messages()', () => {
  it('yields what comes from now on, in order', async () => {
    const client = await openClient();
    client.receive(m(1));
    const iterator = client.socket.messages();
    client.receive(m(2), m(3));
    expect(await iterator.next()).toEqual({ value: m(2), done: false });
    expect(await iterator.next()).toEqual({ value: m(3), done: false });
    const next = iterator.next();
    client.receive(m(4));
    expect(await next).toEqual({ value: m(4), done: false });
  });

  it('yields one type where asked to, and serves several readers at once', async () => {
    const client = await openClient();
    const iterator = client.socket.messages('chat');
    const both = Promise.all([iterator.next(), iterator.next()]);
    client.receive(m(1), { type: 'chat', n: 1 }, { type: 'chat', n: 2 });
    expect((await both).map(({ value }) => value.n)).toEqual([1, 2]);
  });

  it('ends with an error that names what was missed when the loop is too slow', async () => {
    const client = await openClient();
    const iterator = client.socket.messages(undefined, { limit: 2 });
    client.receive(...from(1, 5));
    expect(((await iterator.next()).value as AnyMessage).seq).toBe(1);
    expect(((await iterator.next()).value as AnyMessage).seq).toBe(2);
    const error = await rejection(iterator.next());
    expect(error.code).toBe('iterator-overflow');
    expect(error.message).toContain('seq 3');
    expect(await iterator.next()).toEqual({ value: undefined, done: true });
  });

  it('does not end as long as the loop keeps up', async () => {
    const client = await openClient();
    const iterator = client.socket.messages(undefined, { limit: 1 });
    for (let n = 1; n <= 10; n++) {
      client.receive(m(n));
      expect(((await iterator.next()).value as AnyMessage).seq).toBe(n);
    }
  });

  it('ends with its signal, with break, and with close()', async () => {
    const client = await openClient();
    const abort = new AbortController();
    const signalled = client.socket.messages(undefined, { signal: abort.signal }).next();
    const already = client.socket.messages(undefined, { signal: AbortSignal.abort() });
    abort.abort();
    expect(await signalled).toEqual({ value: undefined, done: true });
    expect((await already.next()).done).toBe(true);

    const left = client.socket.messages();
    client.receive(m(1), m(2));
    for await (const message of left) {
      expect(message.seq).toBe(1);
      break;
    }
    expect((await left.next()).done).toBe(true);

    const closed = client.socket.messages();
    client.receive(m(3));
    client.socket.close();
    client.ws.finishClose();
    expect((await closed.next()).value).toEqual(m(3));
    expect((await closed.next()).done).toBe(true);
  });

  it('goes on over reconnects', async () => {
    const client = await openClient();
    const iterator = client.socket.messages();
    const next = iterator.next();
    client.bounce(m(1));
    expect((await next).value).toEqual(m(1));
  });

  it('wants a limit of at least 1', async () => {
    const client = await openClient();
    expect(thrown(() => client.socket.messages(undefined, { limit: 0 })).code).toBe('bad-option');
  });
});

import { describe, expect, it } from 'vitest';
import { type AnyMessage, drop, latest, queue } from '../../src/index.js';
import { openClient, rejection, ScriptedClient } from '../support/harness.js';

const ask = { type: 'ask', n: 1 };

describe('request()', () => {
  it('resolves with the data of the ack', async () => {
    const client = await openClient();
    const answer = client.socket.request(ask, { id: 'k' });
    expect(client.written()).toEqual([{ type: 'ask', n: 1, messageId: 'k' }]);
    client.ack('k', { price: 7 });
    expect(await answer).toEqual({ price: 7 });
  });

  it('resolves with undefined where the ack carries nothing', async () => {
    const client = await openClient();
    const answer = client.socket.request(ask, { id: 'k' });
    client.receive({ type: 'ack', messageIds: ['k'] });
    expect(await answer).toBeUndefined();
  });

  it('rejects with what the server says', async () => {
    const client = await openClient();
    const failed = rejection(client.socket.request(ask, { id: 'k' }));
    client.receive({ type: 'nack', messageId: 'k', code: 'sold-out', message: 'none left' });
    const { name, code, serverCode, serverMessage, id, message } = await failed;
    expect([name, code, id]).toEqual(['ReliableSocketError', 'refused', 'k']);
    expect([serverCode, serverMessage]).toEqual(['sold-out', 'none left']);
    expect(message).toContain('none left');
  });

  it('rejects with timeout if it was never written, and then leaves the outbox', async () => {
    const client = new ScriptedClient();
    await client.settle();
    const failed = rejection(client.socket.request(ask, { timeout: 5_000 }));
    expect(client.socket.outbox.size).toBe(1);
    client.clock.advance(5_000);
    expect((await failed).code).toBe('timeout');
    expect(client.socket.outbox.size).toBe(0);
    client.open();
    expect(client.written()).toEqual([]);
  });

  it('rejects with outcome-unknown and its id if it was written, and is not sent again', async () => {
    const client = await openClient();
    const failed = rejection(client.socket.request(ask, { timeout: 5_000 }));
    const [{ messageId } = {}] = client.written();
    client.clock.advance(5_000);
    const { code, id } = await failed;
    expect([code, id]).toEqual(['outcome-unknown', messageId]);
    client.bounce();
    expect(client.written()).toEqual([]);
  });

  it('is sent again with its id after a drop, and takes the answer there', async () => {
    const client = await openClient();
    const answer = client.socket.request(ask, { id: 'k' });
    client.bounce();
    expect(client.written()).toEqual([{ type: 'ask', n: 1, messageId: 'k' }]);
    client.ack('k', 1);
    expect(await answer).toBe(1);
  });

  it('waits for 30 s, or as the option says', async () => {
    for (const [options, ms] of [
      [{}, 30_000],
      [{ request: { timeout: 2_000 } }, 2_000],
    ] as const) {
      const client = new ScriptedClient(options);
      let over = false;
      const failed = rejection(client.socket.request(ask)).then((error) => {
        over = true;
        return error;
      });
      await client.settle();
      client.clock.advance(ms - 1);
      await client.settle();
      expect(over).toBe(false);
      client.clock.advance(1);
      expect((await failed).code).toBe('timeout');
    }
  });

  it('rejects with aborted, and the cause, if it was never written', async () => {
    const client = new ScriptedClient();
    const abort = new AbortController();
    const failed = rejection(client.socket.request(ask, { signal: abort.signal }));
    abort.abort('no more');
    const { code, cause } = await failed;
    expect([code, cause]).toEqual(['aborted', 'no more']);
    expect(client.socket.outbox.size).toBe(0);
    expect((await rejection(client.socket.request(ask, { signal: abort.signal }))).code).toBe('aborted');
  });

  it('rejects with outcome-unknown when it is aborted after it was written', async () => {
    const client = await openClient();
    const abort = new AbortController();
    const failed = rejection(client.socket.request(ask, { id: 'k', signal: abort.signal }));
    abort.abort();
    const { code, id } = await failed;
    expect([code, id]).toEqual(['outcome-unknown', 'k']);
  });

  it('rejects with closed when the conversation ends before it was written', async () => {
    const client = new ScriptedClient();
    const failed = rejection(client.socket.request(ask));
    await client.socket.close();
    expect((await failed).code).toBe('closed');
    expect((await rejection(client.socket.request(ask))).code).toBe('closed');
  });

  it('rejects what send throws', async () => {
    const client = await openClient();
    client.socket.request(ask, { id: 'k' }).catch(() => {});
    expect((await rejection(client.socket.request(ask, { id: 'k' }))).code).toBe('duplicate-id');
    expect((await rejection(client.socket.request({ type: 'ping' } as AnyMessage))).code).toBe('bad-message');
    expect((await rejection(client.socket.request(undefined as unknown as AnyMessage))).code).toBe('bad-message');
  });

  it('wants a timeout of at least 1 ms', async () => {
    const client = await openClient();
    for (const timeout of [0, -1, Number.NaN]) {
      const error = await rejection(Promise.resolve().then(() => client.socket.request(ask, { timeout })));
      expect(error.code).toBe('bad-option');
    }
    expect(client.written()).toEqual([]);
  });

  it('waits behind what was sent of its type, and keeps that waiting, with inFlight: 1', async () => {
    const client = await openClient({ policies: { ask: queue({ ack: 'message', inFlight: 1 }) } });
    client.socket.send(ask, { id: 'a' });
    const answer = client.socket.request(ask, { id: 'b' });
    client.socket.send(ask, { id: 'c' });
    expect(client.written().map(({ messageId }) => messageId)).toEqual(['a']);
    client.ack('a');
    expect(client.written().map(({ messageId }) => messageId)).toEqual(['a', 'b']);
    client.ack('b', 1);
    expect(client.written().map(({ messageId }) => messageId)).toEqual(['a', 'b', 'c']);
    expect(await answer).toBe(1);
  });

  it.each([
    ['drop', drop()],
    ['latest', latest()],
    ['plain queue', queue()],
    ['queue with pong', queue({ ack: 'pong' })],
  ])('is answered by an ack whatever the policy of its type: %s', async (_, policy) => {
    const client = new ScriptedClient({ policies: { ask: policy } });
    const answers = ['a', 'b'].map((id) => client.socket.request(ask, { id }));
    await client.settle();
    client.open();
    expect(client.written().map(({ messageId }) => messageId)).toEqual(['a', 'b']);
    client.clock.advance(1_000);
    if (client.pings.length > 0) client.pong();
    client.ack('a', 1);
    client.ack('b', 2);
    expect(await Promise.all(answers)).toEqual([1, 2]);
  });

  it('does not settle two requests with the answer to one', async () => {
    const client = await openClient();
    const first = client.socket.request(ask, { id: 'a' });
    const second = client.socket.request(ask, { id: 'b' });
    client.ack('b', 'B');
    client.ack('a', 'A');
    expect(await Promise.all([first, second])).toEqual(['A', 'B']);
  });
});

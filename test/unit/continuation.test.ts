import { describe, expect, it } from 'vitest';
import { type Continuation, queue } from '../../src/index.js';
import { ScriptedClient } from '../support/harness.js';

/** A client that read up to 5 on its own stream and up to 9 on a channel, and is gone. */
const earlier = async (): Promise<Continuation> => {
  const client = new ScriptedClient();
  client.socket.channel('news').onMessage(() => {});
  await client.settle();
  client.open({ type: 'welcome', epoch: 'a', seq: 4 });
  const [{ ref }] = client.written('subscribe') as [{ ref: number }];
  client.receive({ type: 'subscribed', channel: 'news', ref, seq: 8, epoch: 'b' }, { type: 'm', seq: 5 });
  client.receive({ type: 'm', seq: 9, channel: 'news' });
  return client.socket.continuation();
};

describe('a continuation', () => {
  it('says who the client is to the server and where each stream stands', async () => {
    const continuation = await earlier();
    expect(continuation).toEqual({
      client: expect.stringMatching(/./),
      conn: 1,
      cursors: [
        { seq: 5, epoch: 'a' },
        { channel: 'news', seq: 9, epoch: 'b' },
      ],
      welcomed: true,
    });
    expect(JSON.parse(JSON.stringify(continuation))).toEqual(continuation);
  });

  it('lets another instance resume both as the same client with a higher conn', async () => {
    const continuation = await earlier();
    const heir = new ScriptedClient();
    heir.socket.adopt(continuation);
    await heir.settle();
    expect(Object.fromEntries(heir.query)).toEqual({
      client: continuation.client,
      conn: '2',
      lastSeq: '5',
      epoch: 'a',
    });
    heir.open({ type: 'welcome', epoch: 'a', seq: 5 });
    heir.socket.channel('news').onMessage(() => {});
    expect(heir.written('subscribe')).toMatchObject([{ channel: 'news', lastSeq: 9, epoch: 'b' }]);
  });

  it('of a server that says welcome lets what is sent again wait for it, and for how long ids are remembered', async () => {
    const place = await earlier();
    const heir = new ScriptedClient({ policies: { order: queue({ ack: 'message' }) } });
    heir.socket.adopt(place);
    const old = heir.socket.send({ type: 'order', n: 1 }, { since: heir.clock.now() - 60_001 });
    heir.socket.send({ type: 'order', n: 2 }, { since: heir.clock.now() - 1_000 });
    await heir.settle();
    heir.open();
    expect(heir.numbers).toEqual([]);
    heir.receive({ type: 'welcome', epoch: 'a', seq: 5, ids: 60_000 });
    expect(heir.numbers).toEqual([2]);
    expect(await old.settled).toMatchObject({ outcome: 'unknown', error: { code: 'ids-expired' } });
  });

  it('of a server that was not heard to say welcome does not wait for it', async () => {
    const { welcomed, ...place } = await earlier();
    const heir = new ScriptedClient({ policies: { order: queue({ ack: 'message' }) } });
    heir.socket.adopt(place);
    heir.socket.send({ type: 'order', n: 1 }, { since: heir.clock.now() });
    await heir.settle();
    heir.open();
    expect([welcomed, heir.numbers]).toEqual([true, [1]]);
  });

  it('of somebody else brings neither cursors nor messages into the conversation', async () => {
    const token = () => ({ token: 't', subject: 'bob' });
    const first = new ScriptedClient({ token });
    await first.settle();
    expect(first.socket.continuation().subject).toBe('bob');

    const policies = { order: queue({ ack: 'message' }) };
    const place = await earlier();
    const heir = new ScriptedClient({ token, policies });
    heir.socket.adopt({ ...place, subject: 'ann' });
    expect(heir.socket.continuation().subject).toBe('ann');
    heir.socket.send({ type: 'order', n: 1 });
    heir.socket.send({ type: 'order', n: 2 }, { since: heir.clock.now() });
    await heir.settle();
    heir.open({ type: 'welcome' });
    heir.socket.send({ type: 'order', n: 3 });
    expect(heir.query.get('lastSeq')).toBeNull();
    expect(heir.numbers).toEqual([3]);
    expect(heir.undelivered.map(({ outcome, reason }) => [outcome, reason]).sort()).toEqual([
      ['dropped', 'subject-changed'],
      ['unknown', 'subject-changed'],
    ]);
    expect(heir.socket.continuation().subject).toBe('bob');
  });

  it('ends with its subject, also for a channel that is subscribed only later', async () => {
    const subjects = ['ann', 'bob'];
    const continuation = await earlier();
    const heir = new ScriptedClient({ token: () => ({ token: 't', subject: subjects.shift() ?? '' }) });
    heir.socket.adopt(continuation);
    await heir.settle();
    heir.open();
    heir.ws.drop(4401);
    heir.retry();
    await heir.settle();
    expect(subjects).toEqual([]);
    heir.open();
    heir.socket.channel('news').onMessage(() => {});
    expect(heir.written('subscribe')).toEqual([{ type: 'subscribe', channel: 'news', ref: 1 }]);
    expect(heir.socket.continuation().cursors).toEqual([]);
  });

  it('counts for a channel that was subscribed before it was adopted, and for one that never is', async () => {
    const continuation = await earlier();
    const heir = new ScriptedClient();
    heir.socket.channel('news').onMessage(() => {});
    heir.socket.adopt(continuation);
    await heir.settle();
    heir.open({ type: 'welcome', epoch: 'a', seq: 5 });
    expect(heir.written('subscribe')).toMatchObject([{ channel: 'news', lastSeq: 9, epoch: 'b' }]);

    const silent = new ScriptedClient();
    silent.socket.adopt(continuation);
    expect(silent.socket.continuation()).toEqual(continuation);
  });

  it('gives a gap if the server began to number anew in between', async () => {
    const continuation = await earlier();
    const heir = new ScriptedClient();
    heir.socket.adopt(continuation);
    await heir.settle();
    heir.open({ type: 'welcome', epoch: 'c', seq: 0 });
    expect(heir.gaps).toMatchObject([{ reason: 'epoch', from: 5, to: 0 }]);
  });

  it('gives only the identity where resume is off', async () => {
    const continuation = await earlier();
    const heir = new ScriptedClient({ resume: false });
    heir.socket.adopt(continuation);
    expect(heir.socket.continuation()).toEqual({ ...continuation, cursors: [] });
  });

  it('comes too late once a connection was tried', async () => {
    const late = new ScriptedClient();
    await late.settle();
    const call = async (): Promise<void> => late.socket.adopt(await earlier());
    await expect(call()).rejects.toMatchObject({ code: 'bad-call', message: expect.stringContaining('connecting') });
  });

  it.each([
    undefined,
    null,
    'text',
    { conn: 1, cursors: [] },
    { client: '', conn: 1, cursors: [] },
    { client: 'c', conn: 1.5, cursors: [] },
    { client: 'c', conn: 1, cursors: {} },
    { client: 'c', conn: 1, cursors: [{ seq: '1' }] },
    { client: 'c', conn: 1, cursors: [null] },
  ])('refuses %j', (value) => {
    const client = new ScriptedClient();
    // Safe: what is not a continuation is the point.
    expect(() => client.socket.adopt(value as unknown as Continuation)).toThrowError(
      expect.objectContaining({
        code: 'bad-call',
        message: expect.stringContaining('wanted { client, conn, cursors }'),
      }),
    );
  });
});

import { describe, expect, it } from 'vitest';
import type { RawClient } from '../../support/raw-client.js';
import { connect, publish, start } from '../../support/reference-servers.js';

const seqs = (client: RawClient, channel?: string) =>
  client.all('n').flatMap((frame) => (frame.channel === channel ? [frame.seq] : []));

describe('the default stream', () => {
  it('says welcome first, and continues from its head without lastSeq', async () => {
    const server = await start();
    publish(server, 3);
    const client = await connect(server);
    publish(server, 2);
    await client.frame('n', 2);
    expect(client.frames[0]).toEqual({ type: 'welcome', v: 1, epoch: 'e', seq: 3, ids: 600_000 });
    expect(seqs(client)).toEqual([4, 5]);
  });

  it('replays what is newer than lastSeq, then goes on live', async () => {
    const server = await start();
    publish(server, 10);
    const client = await connect(server, '?lastSeq=7&epoch=e');
    publish(server, 1);
    await client.frame('n', 4);
    expect(client.frames[0]).toMatchObject({ type: 'welcome', seq: 7, recovered: 3 });
    expect(seqs(client)).toEqual([8, 9, 10, 11]);
    const all = await connect(server, '?lastSeq=0');
    await all.frame('n', 11);
    const none = await connect(server, '?lastSeq=11&epoch=e');
    expect(await none.frame('welcome')).toMatchObject({ seq: 11, recovered: 0 });
  });

  it('says from where it really continues if the history is shorter', async () => {
    const server = await start({ keep: 2 });
    publish(server, 10);
    const client = await connect(server, '?lastSeq=3&epoch=e');
    await client.frame('n', 2);
    expect(client.frames[0]).toMatchObject({ seq: 8, recovered: 2 });
    expect(seqs(client)).toEqual([9, 10]);
  });

  it('gives all that it holds to a client of another epoch', async () => {
    const server = await start();
    publish(server, 2);
    const client = await connect(server, '?lastSeq=1&epoch=other');
    await client.frame('n', 2);
    expect(client.frames[0]).toMatchObject({ epoch: 'e', seq: 0, recovered: 2 });
  });

  it('begins a new epoch when a client of this one is ahead, and tells the others', async () => {
    const server = await start();
    publish(server, 2);
    const other = await connect(server);
    await other.frame('welcome');
    const ahead = await connect(server, '?lastSeq=9&epoch=e');
    expect(await ahead.frame('welcome')).toMatchObject({ epoch: 'e+', seq: 0 });
    expect(await other.frame('reset')).toEqual({ type: 'reset', epoch: 'e+', seq: 2, reason: 'numbers-lost' });
    await ahead.frame('n', 2);
  });

  it('says reset to a client without an epoch that is ahead; a seed server just replays', async () => {
    const server = await start({ epoch: false });
    publish(server, 2);
    const client = await connect(server, '?lastSeq=9');
    await client.frame('n', 2);
    expect(client.frames.slice(0, 2)).toEqual([
      { type: 'welcome', v: 1, seq: 0, recovered: 2, ids: 600_000 },
      { type: 'reset', seq: 0, reason: 'numbers-lost' },
    ]);
    server.options.welcome = false;
    const seed = await connect(server, '?lastSeq=9');
    await seed.frame('n', 2);
    expect(seed.frames.map(({ type }) => type)).toEqual(['n', 'n']);
  });

  it.each(['', '-1', '1.5', 'x', '9007199254740993'])('takes lastSeq=%s for none', async (lastSeq) => {
    const server = await start();
    publish(server, 2);
    const client = await connect(server, `?lastSeq=${lastSeq}`);
    expect((await client.frame('welcome')).seq).toBe(2);
  });

  it('can be told to leave out numbers, to number nothing, and to say more in welcome', async () => {
    const server = await start({ welcome: { contiguous: true, rate: 50 } });
    const client = await connect(server);
    expect(await client.frame('welcome')).toMatchObject({ contiguous: true, rate: 50, seq: 0 });
    server.publish({ type: 'n' });
    server.stream(undefined).skip(3);
    expect(server.publish({ type: 'n' })).toBe(5);
    await client.frame('n', 2);
    expect(seqs(client)).toEqual([1, 5]);
    const plain = await start({ numbered: false });
    const other = await connect(plain, '?lastSeq=0');
    expect(await other.frame('welcome')).toEqual({ type: 'welcome', v: 1, ids: 600_000 });
    plain.publish({ type: 'n', x: 1 });
    expect(await other.frame('n')).toEqual({ type: 'n', x: 1 });
  });

  it('says reset when its history is thrown away', async () => {
    const server = await start();
    publish(server, 5);
    const client = await connect(server);
    await client.frame('welcome');
    server.reset('trimmed');
    expect(await client.frame('reset')).toEqual({ type: 'reset', epoch: 'e', seq: 5, reason: 'trimmed' });
    expect(await (await connect(server, '?lastSeq=2&epoch=e')).frame('welcome')).toMatchObject({ seq: 5 });
  });

  it('waits for a subscribe without a channel if resume goes by message', async () => {
    const server = await start({ resume: 'message' });
    publish(server, 5);
    const client = await connect(server);
    expect(await client.frame('welcome')).toEqual({ type: 'welcome', v: 1, ids: 600_000 });
    publish(server, 1);
    client.send({ type: 'subscribe', ref: 7, lastSeq: 4, epoch: 'e', client: 'c', conn: 2 });
    await client.frame('n', 2);
    expect(client.frames[1]).toEqual({ type: 'subscribed', ref: 7, epoch: 'e', seq: 4, recovered: 2 });
    expect(seqs(client)).toEqual([5, 6]);
    expect(server.connections[0]).toMatchObject({ client: 'c', conn: 2 });
  });

  it('takes what comes behind that subscribe only when it was answered', async () => {
    const server = await start({ resume: 'message', onMessage: ({ message }) => void server.publish(message) });
    const client = await connect(server);
    client.send({ type: 'subscribe', ref: 0, client: 'c', conn: 1 });
    client.send({ type: 'n' });
    client.send({ type: 'ping', t: 1 });
    await client.frame('pong');
    expect(client.frames.map(({ type }) => type)).toEqual(['welcome', 'subscribed', 'n', 'pong']);
  });
});

describe('channels', () => {
  it('gives each channel its own numbers and replay, and no frame to who did not ask', async () => {
    const server = await start();
    publish(server, 3, 'a');
    publish(server, 1);
    const client = await connect(server);
    const other = await connect(server);
    client.send({ type: 'subscribe', channel: 'a', ref: 1, lastSeq: 1, epoch: 'e' });
    client.send({ type: 'subscribe', channel: 'b', ref: 2 });
    await client.frame('subscribed', 2);
    publish(server, 1, 'a');
    publish(server, 1, 'b');
    await client.frame('n', 4);
    expect(client.frames.slice(1, 4)).toEqual([
      { type: 'subscribed', channel: 'a', ref: 1, epoch: 'e', seq: 1, recovered: 2 },
      { type: 'n', seq: 2, channel: 'a' },
      { type: 'n', seq: 3, channel: 'a' },
    ]);
    expect([seqs(client, 'a'), seqs(client, 'b'), seqs(client)]).toEqual([[2, 3, 4], [1], []]);
    await other.settled();
    expect(other.all('n')).toEqual([]);
  });

  it('replaces a subscription by a second one, and ends it with unsubscribe', async () => {
    const server = await start();
    const client = await connect(server);
    for (const ref of [1, 2]) client.send({ type: 'subscribe', channel: 'a', ref });
    await client.frame('subscribed', 2);
    publish(server, 1, 'a');
    client.send({ type: 'unsubscribe', channel: 'a' });
    await client.settled();
    publish(server, 1, 'a');
    await client.settled();
    expect(seqs(client, 'a')).toEqual([1]);
  });

  it('refuses a channel, and takes one away from those who follow it', async () => {
    const refusal = { code: 'forbidden', message: 'not a member', retry: false };
    const server = await start({ authorize: (channel) => channel === 'open' || refusal });
    const client = await connect(server);
    const stranger = await connect(server);
    client.send({ type: 'subscribe', channel: 'secret', ref: 4 });
    expect(await client.frame('unsubscribed')).toEqual({ type: 'unsubscribed', channel: 'secret', ref: 4, ...refusal });
    client.send({ type: 'subscribe', channel: 'open', ref: 5 });
    await client.frame('subscribed');
    server.revoke('open', { code: 'gone', message: 'closed' });
    expect(await client.frame('unsubscribed', 2)).toMatchObject({ channel: 'open', code: 'gone' });
    publish(server, 1, 'open');
    await client.settled();
    await stranger.settled();
    expect([client.all('n'), stranger.all('unsubscribed')]).toEqual([[], []]);
  });
});

import { afterEach, describe, expect, it } from 'vitest';
import {
  type ReferenceServer,
  type ReferenceServerOptions,
  startReferenceServer,
} from '../../src/testing/reference-server.js';
import { RawClient } from '../support/raw-client.js';
import { until } from '../support/until.js';

const servers: ReferenceServer[] = [];

async function start(options: ReferenceServerOptions = {}): Promise<ReferenceServer> {
  const server = await startReferenceServer({ epoch: 'e', ...options });
  servers.push(server);
  return server;
}

async function connect(server: ReferenceServer, query = '', protocols: string[] = []): Promise<RawClient> {
  const client = new RawClient(`${server.url}/${query}`, protocols);
  await until(() => client.isOpen || client.closed !== undefined);
  return client;
}

const seqs = (client: RawClient, channel?: string) =>
  client.all('n').flatMap((frame) => (frame.channel === channel ? [frame.seq] : []));

function publish(server: ReferenceServer, count: number, channel?: string): void {
  for (let n = 1; n <= count; n += 1) server.publish({ type: 'n' }, channel);
}

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

describe('liveness', () => {
  it('echoes t, and knows the literal form', async () => {
    const client = await connect(await start());
    const texts: string[] = [];
    client.socket.removeAllListeners('message').on('message', (data) => texts.push(String(data)));
    client.send({ type: 'ping', t: { any: 'value' } });
    client.send({ type: 'ping' });
    client.send('ping');
    await until(() => texts.length >= 3);
    expect(texts.slice(-3)).toEqual(['{"type":"pong","t":{"any":"value"}}', '{"type":"pong"}', 'pong']);
  });

  it('keeps silent if it is told to', async () => {
    const server = await start({ pongs: false });
    const client = await connect(server);
    client.send({ type: 'ping', t: 1 });
    client.send({ type: 'note' });
    await until(() => server.received.length === 1);
    expect(client.all('pong')).toEqual([]);
  });

  it('announces its heartbeat and destroys what is silent for longer, and no one else', async () => {
    const server = await start({ heartbeat: 200 });
    const silent = await connect(server);
    const alive = await connect(server);
    const timer = setInterval(() => alive.isOpen && alive.send({ type: 'pong' }), 20);
    expect((await silent.frame('welcome')).heartbeat).toBe(200);
    await silent.gone();
    expect([silent.closed?.code, alive.isOpen]).toEqual([1006, true]);
    clearInterval(timer);
  });

  it('closes with 1007 what sends no frame', async () => {
    const client = await connect(await start());
    client.send('{"no":"type"}');
    await client.gone();
    expect(client.closed?.code).toBe(1007);
  });
});

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

describe('answers', () => {
  it('acks a message with an id, takes a repeated id once, and answers it the same', async () => {
    let orders = 0;
    const onMessage = () => {
      orders += 1;
      return { data: { order: orders } };
    };
    const server = await start({ onMessage });
    const client = await connect(server, '?client=c&conn=1');
    const order = { type: 'order', sku: 'A1', messageId: 'c-1', channel: 'shop' };
    client.send(order);
    client.send(order);
    client.send({ type: 'order', sku: 'A1', messageId: 'c-2' });
    await client.frame('ack', 3);
    client.socket.terminate();
    const again = await connect(server, '?client=c&conn=2');
    again.send(order);
    expect(await again.frame('ack')).toEqual({ type: 'ack', messageId: 'c-1', data: { order: 1 } });
    expect(client.all('ack').map(({ data }) => data)).toEqual([{ order: 1 }, { order: 1 }, { order: 2 }]);
    expect(server.received).toEqual([
      { message: { type: 'order', sku: 'A1' }, messageId: 'c-1', channel: 'shop', client: 'c' },
      { message: { type: 'order', sku: 'A1' }, messageId: 'c-2', channel: undefined, client: 'c' },
    ]);
  });

  it('keeps the ids of clients apart, and without a name those of connections', async () => {
    const server = await start();
    for (const query of ['?client=a', '?client=b', '', '']) {
      const client = await connect(server, query);
      client.send({ type: 'order', messageId: '1' });
      await client.frame('ack');
    }
    expect(server.received).toHaveLength(4);
  });

  it('lets a repeat wait for the first while that still runs', async () => {
    let finish = () => {};
    let runs = 0;
    const server = await start({
      onMessage: () => {
        runs += 1;
        return new Promise((resolve) => (finish = () => resolve({ data: 'done' })));
      },
    });
    const client = await connect(server);
    client.send({ type: 'order', messageId: '1' });
    client.send({ type: 'order', messageId: '1' });
    await client.settled();
    expect([runs, client.all('ack')]).toEqual([1, []]);
    finish();
    expect((await client.frame('ack', 2)).data).toBe('done');
  });

  it('says nack, remembers it, and does not remember one that says retry', async () => {
    const server = await start({
      onMessage: ({ message }) => ({ nack: { code: 'no', message: 'not so', retry: message.type === 'later' } }),
    });
    const client = await connect(server);
    for (const type of ['never', 'never', 'later']) client.send({ type, messageId: type });
    expect(await client.frame('nack', 3)).toMatchObject({ messageId: 'later', code: 'no', retry: true });
    delete server.options.onMessage;
    for (const type of ['never', 'later']) client.send({ type, messageId: type });
    await client.frame('ack');
    expect(client.all('nack')).toHaveLength(4);
    expect(server.received.map(({ messageId }) => messageId)).toEqual(['later']);
  });

  it('forgets ids after the time that welcome names, or at once', async () => {
    const server = await start({ ids: 100 });
    const client = await connect(server);
    expect((await client.frame('welcome')).ids).toBe(100);
    const send = async (count: number) => {
      client.send({ type: 'order', messageId: '1' });
      await client.frame('ack', count);
    };
    await send(1);
    await send(2);
    expect(server.received).toHaveLength(1);
    await new Promise((resolve) => setTimeout(resolve, 130));
    await send(3);
    expect(server.received).toHaveLength(2);
    server.options.ids = false;
    await send(4);
    expect(server.received).toHaveLength(3);
    expect(await (await connect(server)).frame('welcome')).not.toHaveProperty('ids');
  });

  it('can put acks together, or leave them out', async () => {
    const server = await start({ acks: 'batch' });
    const client = await connect(server);
    for (const messageId of ['1', '2', '3']) client.send({ type: 'order', messageId });
    await until(() => client.all('ack').flatMap(({ messageIds }) => messageIds).length === 3);
    expect(client.all('ack').flatMap(({ messageIds }) => messageIds)).toEqual(['1', '2', '3']);
    server.options.acks = false;
    client.send({ type: 'order', messageId: '4' });
    client.send({ type: 'note' });
    await client.settled();
    expect(server.received).toHaveLength(5);
    expect(client.all('ack').flatMap(({ messageIds }) => messageIds)).not.toContain('4');
  });
});

describe('takeover', () => {
  it('lets a higher conn take over, and sends the old one away', async () => {
    const server = await start();
    const old = await connect(server, '?client=c&conn=1');
    await old.frame('welcome');
    const stranger = await connect(server, '?client=d&conn=1');
    const next = await connect(server, '?client=c&conn=2');
    await next.frame('welcome');
    await old.gone();
    expect([old.closed?.code, stranger.isOpen, server.connections.length]).toEqual([4409, true, 2]);
  });

  it('refuses a lower conn', async () => {
    const server = await start();
    const newer = await connect(server, '?client=c&conn=5');
    await newer.frame('welcome');
    const late = await connect(server, '?client=c&conn=4');
    await late.gone();
    expect([late.closed?.code, late.frames, newer.isOpen]).toEqual([4409, [], true]);
  });

  it('says welcome only when the old one has come to its end, and reads no more of it', async () => {
    let finish = () => {};
    const server = await start({
      onMessage: () => new Promise((resolve) => (finish = () => resolve(undefined))),
    });
    const old = await connect(server, '?client=c&conn=1');
    old.send({ type: 'slow', messageId: '1' });
    await old.settled();
    const next = await connect(server, '?client=c&conn=2');
    await until(() => server.connections.length === 1);
    old.send({ type: 'too late', messageId: '2' });
    next.send({ type: 'ping' });
    server.publish({ type: 'n' });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect([next.frames, old.all('n')]).toEqual([[], []]);
    finish();
    await next.frame('pong');
    expect(next.frames.map(({ type }) => type)).toEqual(['welcome', 'pong']);
    expect(server.received.map(({ messageId }) => messageId)).toEqual(['1']);
  });
});

describe('tokens', () => {
  const tokens = (token: string | undefined) => {
    if (token === 'good' || token === 'grün') return 'ok';
    return token === 'foreign' ? 'forbidden' : 'refused';
  };

  it('reads them from the query', async () => {
    const server = await start({ tokens });
    expect(await (await connect(server, '?token=good')).frame('welcome')).toBeDefined();
    expect(server.connections[0]?.token).toBe('good');
    for (const [query, code] of [
      ['', 4401],
      ['?token=bad', 4401],
      ['?token=foreign', 4403],
    ] as const) {
      const client = await connect(server, query);
      await client.gone();
      expect([client.closed?.code, client.frames]).toEqual([code, []]);
    }
  });

  it('reads them from the subprotocol and never selects the one with the token', async () => {
    const server = await start({ tokens, auth: 'subprotocol' });
    const name = `auth.${Buffer.from('grün').toString('base64url')}`;
    const client = await connect(server, '', ['reliable-socket', name]);
    await client.frame('welcome');
    expect(client.socket.protocol).toBe('reliable-socket');
    const bad = await connect(server, '', ['reliable-socket', 'auth.YmFk']);
    await bad.gone();
    expect(bad.closed?.code).toBe(4401);
  });

  it('reads them from the first frame, and again on a live link', async () => {
    const server = await start({ tokens, auth: 'message' });
    publish(server, 2);
    const client = await connect(server, '?lastSeq=1&epoch=e');
    client.send({ type: 'auth', token: 'good', messageId: '1' });
    await client.frame('n');
    expect(client.frames.map(({ type }) => type)).toEqual(['welcome', 'n']);
    client.send({ type: 'auth', token: 'grün', messageId: '2' });
    expect(await client.frame('ack')).toEqual({ type: 'ack', messageId: '2' });
    client.send({ type: 'auth', token: 'bad', messageId: '3' });
    expect(await client.frame('nack')).toMatchObject({ messageId: '3', code: 'unauthorized' });
    expect([client.isOpen, client.all('welcome').length]).toEqual([true, 1]);
    client.send({ type: 'auth', token: 'foreign', messageId: '4' });
    await client.gone();
    expect(client.closed?.code).toBe(4403);
  });

  it.each([
    [{ type: 'auth', token: 'bad' }, 4401],
    [{ type: 'auth', token: 'foreign' }, 4403],
    [{ type: 'ping' }, 4401],
  ])('closes when the first frame is %j', async (frame, code) => {
    const client = await connect(await start({ tokens, auth: 'message' }));
    client.send(frame);
    await client.gone();
    expect([client.closed?.code, client.frames]).toEqual([code, []]);
  });

  it.each([401, 403] as const)('can refuse the upgrade with %i, and asks once', async (status) => {
    let asked = 0;
    const refuse = () => {
      asked += 1;
      return status;
    };
    const server = await start({ tokens: refuse });
    const client = await connect(server, '?token=x');
    expect(client.errors).toEqual([`Unexpected server response: ${status}`]);
    expect([asked, server.handshakes]).toEqual([1, []]);
  });
});

describe('the end', () => {
  it('says goaway and stays', async () => {
    const server = await start();
    const client = await connect(server);
    await client.frame('welcome');
    server.goaway({ retryAfter: 10, within: 20, reason: 'deploy' });
    expect(await client.frame('goaway')).toEqual({ type: 'goaway', retryAfter: 10, within: 20, reason: 'deploy' });
    expect(client.isOpen).toBe(true);
  });

  it.each([1000, 1012, 4429, 1006])('closes all with %i', async (code) => {
    const server = await start();
    const clients = [await connect(server), await connect(server)];
    server.closeAll(code, 'word');
    for (const client of clients) {
      await client.gone();
      expect(client.closed).toEqual({ code, reason: code === 1006 ? '' : 'word' });
    }
    await until(() => server.connections.length === 0);
  });

  it('restarts on the same port, with its memory', async () => {
    const server = await start();
    const { port } = server;
    const client = await connect(server, '?client=c');
    client.send({ type: 'order', messageId: '1' });
    await client.frame('ack');
    publish(server, 3);
    await server.restart();
    await client.gone();
    expect(client.closed?.code).toBe(1006);
    expect(server.port).toBe(port);
    const back = await connect(server, '?lastSeq=1&epoch=e&client=c');
    back.send({ type: 'order', messageId: '1' });
    await back.frame('ack');
    expect(await back.frame('welcome')).toMatchObject({ epoch: 'e', seq: 1, recovered: 2 });
    expect(server.received).toHaveLength(1);
  });

  it('restarts without its memory under a new epoch, for channels too', async () => {
    const server = await start();
    publish(server, 3);
    publish(server, 3, 'a');
    await server.restart({ keepMemory: false, away: 50 });
    const client = await connect(server, '?lastSeq=1&epoch=e');
    expect(await client.frame('welcome')).toMatchObject({ epoch: 'e-2', seq: 0, recovered: 0 });
    client.send({ type: 'subscribe', channel: 'a', ref: 1, lastSeq: 2, epoch: 'e' });
    expect(await client.frame('subscribed')).toMatchObject({ epoch: 'e-2', seq: 0 });
  });

  it('listens to nobody while it is away', async () => {
    const server = await start();
    const back = server.restart({ away: 200 });
    await until(() => server.connections.length === 0);
    const early = await connect(server);
    expect(early.closed?.code).toBe(1006);
    await back;
    await (await connect(server)).frame('welcome');
  });

  it('writes down the URL of each handshake', async () => {
    const server = await start();
    await connect(server, '?client=c&conn=1');
    await connect(server, '?client=c&conn=2&lastSeq=4');
    expect(server.handshakes).toEqual(['/?client=c&conn=1', '/?client=c&conn=2&lastSeq=4']);
  });
});

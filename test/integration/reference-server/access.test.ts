import { describe, expect, it } from 'vitest';
import { connect, publish, start } from '../../support/reference-servers.js';
import { until } from '../../support/until.js';

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

  it('is for the same principal alone', async () => {
    const server = await start({ tokens: () => 'ok', principal: (token) => token });
    const ann = await connect(server, '?client=c&conn=1&token=ann');
    await ann.frame('welcome');
    const bob = await connect(server, '?client=c&conn=2&token=bob');
    await bob.frame('welcome');
    await ann.settled();
    for (const client of [ann, bob]) client.send({ type: 'order', messageId: '1' });
    await Promise.all([ann.frame('ack'), bob.frame('ack')]);
    expect([ann.isOpen, server.received.length]).toEqual([true, 2]);
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
    const back = server.restart({ away: 1_500 });
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

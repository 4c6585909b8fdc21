import { describe, expect, it, onTestFinished } from 'vitest';
import { type AnyMessage, type MessageContext, memoryLog, type ReplayLog } from '../../../src/server/index.js';
import { useCompanions } from '../../support/companion.js';
import { upTo } from '../../support/network.js';
import { RawClient } from '../../support/raw-client.js';
import { until } from '../../support/until.js';

const start = useCompanions();
const connect = async (url: string, query = '', protocols: string[] = []): Promise<RawClient> => {
  const client = new RawClient(`${url}/${query}`, protocols);
  await until(() => client.isOpen || client.closed !== undefined, { message: 'the server answers' });
  return client;
};
/** A promise that the test resolves. */
const gate = () => {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
};

describe('messages', () => {
  it('are handled one at a time and in order, and each id once with the same answer', async () => {
    const seen: string[] = [];
    const { opened, open } = gate();
    let running = 0;
    const { url } = await start({
      async onMessage({ n }, { messageId }) {
        running += 1;
        expect(running).toBe(1);
        await opened;
        running -= 1;
        seen.push(`${n} ${messageId}`);
        return { data: { n } };
      },
    });
    const client = await connect(url, '?client=c&conn=1');
    client.send({ type: 'x', n: 1, messageId: 'a' });
    client.send({ type: 'x', n: 2, messageId: 'a' });
    client.send({ type: 'x', n: 3, messageId: 'b' });
    client.send({ type: 'x', n: 4 });
    await client.settled();
    open();
    await client.frame('ack', 3);
    await until(() => seen.length === 3);
    expect(seen).toEqual(['1 a', '3 b', '4 undefined']);
    expect(client.all('ack').map(({ messageId, data }) => [messageId, data])).toEqual([
      ['a', { n: 1 }],
      ['a', { n: 1 }],
      ['b', { n: 3 }],
    ]);
  });

  it('whose handler threw end as unknown, told to the server, and are not tried again', async () => {
    const errors: string[] = [];
    let runs = 0;
    const { url, server } = await start({
      onMessage() {
        runs += 1;
        throw new Error('a secret');
      },
      onError: (error) => errors.push(`${error.code} ${error.message}`),
    });
    const client = await connect(url, '?client=c&conn=1');
    for (const _ of [1, 2]) client.send({ type: 'x', messageId: 'a' });
    await client.frame('nack', 2);
    for (const nack of client.all('nack')) expect(nack).toMatchObject({ messageId: 'a', code: 'unknown' });
    expect(JSON.stringify(client.frames)).not.toContain('secret');
    expect(runs).toBe(1);
    expect(errors).toEqual(['handler-threw onMessage threw for a "x"']);
    expect(server.stats()).toMatchObject({ errors: 1, received: 2 });
  });

  it.each<[string, unknown]>([
    ['data that JSON can not hold', { data: 1n }],
    ['a nack that JSON can not hold', { nack: { code: 'no', message: 1n } }],
    ['a message that JSON can not hold', { publish: { type: 'x', n: 1n } }],
    ['a message that is no object as JSON', { publish: { type: 'x', toJSON: () => 'text' } }],
  ])('answered with %s end as unknown, told to the server, and hold up no other', async (_, result) => {
    const errors: string[] = [];
    const { url } = await start({
      // Safe: the test is about values that the types refuse.
      onMessage: ({ n }) => (n === 1 ? (result as object) : { data: n }),
      onError: (error) => errors.push(error.code),
    });
    const client = await connect(url, '?client=c&conn=1');
    client.send({ type: 'x', n: 1, messageId: 'a' });
    client.send({ type: 'x', n: 2, messageId: 'b' });
    expect(await client.frame('ack')).toMatchObject({ messageId: 'b', data: 2 });
    expect(client.all('nack')).toMatchObject([{ messageId: 'a', code: 'unknown' }]);
    expect(errors).toEqual(['handler-threw']);
  });

  it('are answered also if the hook that hears of errors throws itself', async () => {
    const { url, server } = await start({
      onMessage() {
        throw new Error('one');
      },
      onError() {
        throw new Error('two');
      },
    });
    const client = await connect(url, '?client=c&conn=1');
    for (const messageId of ['a', 'b']) client.send({ type: 'x', messageId });
    expect(await client.frame('nack', 2)).toMatchObject({ messageId: 'b', code: 'unknown' });
    expect(server.stats().errors).toBe(2);
  });

  it('are published once, also if the node dies before it has said so', async () => {
    const log = memoryLog();
    // It publishes, and then nothing is heard of it any more.
    const { opened, open } = gate();
    onTestFinished(open);
    const mortal: ReplayLog = { ...log, ids: { ...log.ids, settle: () => opened } };
    const [first, second] = [await start({ log: mortal }), await start({ log })];
    const a = await connect(first.url, '?client=c&conn=1');
    a.send({ type: 'order', messageId: 'm' });
    await a.frame('order');
    a.socket.terminate();
    const b = await connect(second.url, '?client=c&conn=2&lastSeq=0');
    b.send({ type: 'order', messageId: 'm' });
    await b.frame('ack');
    await b.settled();
    expect([a.all('ack').length, b.all('order').length]).toEqual([0, 1]);
    open();
  });

  it('that were put off are not remembered', async () => {
    let runs = 0;
    const { url } = await start({
      onMessage: () => (++runs === 1 ? { nack: { code: 'busy', message: 'later', retry: true } } : undefined),
    });
    const client = await connect(url, '?client=c&conn=1');
    client.send({ type: 'x', messageId: 'a' });
    await client.frame('nack');
    client.send({ type: 'x', messageId: 'a' });
    await client.frame('ack');
    expect(runs).toBe(2);
  });

  it('of one principal have nothing to do with those of another', async () => {
    const runs: MessageContext[] = [];
    const { url } = await start({
      authenticate: ({ token }) => ({ principal: String(token), user: { name: token } }),
      onMessage: (_message, context) => void runs.push(context),
    });
    for (const token of ['ann', 'bob', 'ann']) {
      const client = await connect(url, `?client=same&conn=1&token=${token}`);
      client.send({ type: 'x', messageId: 'a' });
      await client.frame('ack');
    }
    expect(runs.map(({ client }) => client)).toEqual([
      { id: 'same', principal: 'ann', user: { name: 'ann' } },
      { id: 'same', principal: 'bob', user: { name: 'bob' } },
    ]);
  });
});

describe('takeover', () => {
  it('reads no more from the older connection, lets its handler end, and only then says welcome', async () => {
    const { opened, open } = gate();
    const begun: unknown[] = [];
    const { url, server } = await start({
      async onMessage({ n }) {
        begun.push(n);
        await opened;
      },
    });
    const old = await connect(url, '?client=c&conn=1');
    old.send({ type: 'x', n: 1, messageId: 'a' });
    old.send({ type: 'x', n: 2, messageId: 'b' });
    await until(() => begun.length === 1);
    const newer = await connect(url, '?client=c&conn=2');
    // Before the messages: no pong speaks for what waits for the welcome.
    await newer.settled();
    newer.send({ type: 'x', n: 1, messageId: 'a' });
    newer.send({ type: 'x', n: 3, messageId: 'c' });
    expect(newer.all('welcome')).toEqual([]);
    open();
    await newer.frame('ack', 2);
    await old.gone();
    expect(old.closed).toMatchObject({ code: 4409 });
    expect(begun).toEqual([1, 3]);
    expect(server.stats()).toMatchObject({ connections: 1, takenOver: 1 });
  });

  it('refuses an attempt that is older than the connection that is there, and leaves other users alone', async () => {
    const { url } = await start({ authenticate: ({ token }) => ({ principal: String(token) }) });
    const first = await connect(url, '?client=c&conn=5&token=ann');
    await first.frame('welcome');
    const late = await connect(url, '?client=c&conn=4&token=ann');
    await late.gone();
    expect(late.closed).toMatchObject({ code: 4409 });
    const other = await connect(url, '?client=c&conn=9&token=bob');
    await other.frame('welcome');
    await first.settled();
  });
});

describe('tokens', () => {
  const authenticate = ({ token }: { token: string | undefined }) => {
    if (token === 'banned') return 'forbidden' as const;
    if (token === 'short') return { principal: 'ann', expiresAt: Date.now() + 1_500 };
    return token === 'ann' || token === 'ann2' || token === 'bob'
      ? { principal: token.slice(0, 3) }
      : ('unauthorized' as const);
  };

  it.each([
    ['?token=ann', [], undefined],
    ['', ['reliable-socket', `auth.${Buffer.from('ann').toString('base64url')}`], undefined],
    ['?token=no', [], 4401],
    ['', [], 4401],
    ['?token=banned', [], 4403],
  ])('with the upgrade (%s %j) are judged after it', async (query, protocols, code) => {
    const { url } = await start({ authenticate });
    const client = await connect(url, query, protocols);
    if (code === undefined) await client.frame('welcome');
    else await client.gone();
    expect(client.closed?.code).toBe(code);
    expect(client.socket.protocol).toBe(protocols[0] ?? '');
  });

  it('end, and the connection with them', async () => {
    const { url } = await start({ authenticate });
    const client = await connect(url, '?token=short');
    await client.frame('welcome');
    await client.gone();
    expect(client.closed).toEqual({ code: 4401, reason: 'the token has expired' });
  });

  it('by message come first, in time, and can be renewed', async () => {
    const { url } = await start({ authenticate, auth: { via: 'message' }, limits: { unauthenticated: 1_500 } });
    const [silent, hasty, client] = [await connect(url), await connect(url), await connect(url)];
    hasty.send({ type: 'x' });
    await Promise.all([silent.gone(), hasty.gone()]);
    expect([silent.closed, hasty.closed]).toEqual([
      { code: 4401, reason: 'no token came in time' },
      { code: 4401, reason: 'auth comes first' },
    ]);
    const later = await connect(url);
    later.send({ type: 'auth', token: 'ann', messageId: 't' });
    await later.frame('welcome');
    later.send({ type: 'auth', token: 'no', messageId: 't' });
    expect(await later.frame('nack')).toMatchObject({ messageId: 't', code: 'unauthorized' });
    later.send({ type: 'auth', token: 'ann2', messageId: 't' });
    expect(await later.frame('ack')).toEqual({ type: 'ack', messageId: 't' });
    later.send({ type: 'auth', token: 'bob', messageId: 't' });
    await later.gone();
    expect(later.closed?.code).toBe(4401);
    expect(later.all('welcome')).toHaveLength(1);
    await client.gone();
  });

  it.each<[unknown, string]>([
    [undefined, 'undefined'],
    [null, 'null'],
    [false, 'false'],
    [true, 'true'],
    // It may be the token.
    ['ann', 'a string'],
  ])('let nobody in whose hook answers %j, and tell the server', async (verdict, told) => {
    const errors: string[] = [];
    const { url } = await start({
      // Safe: the test is about values that the types refuse.
      authenticate: () => verdict as never,
      onError: ({ code, message }) => errors.push(`${code}: ${message}`),
    });
    const client = await connect(url, '?token=ann');
    await client.gone();
    expect(client.closed?.code).toBe(1013);
    expect(client.frames).toEqual([]);
    expect(errors).toEqual([
      `authenticate-failed: authenticate answered ${told}, wanted an identity, "unauthorized" or "forbidden"`,
    ]);
  });

  it('that ended before the client came let nobody in', async () => {
    const { url } = await start({ authenticate: () => ({ expiresAt: Date.now() - 1 }) });
    const client = await connect(url, '?token=ann');
    await client.gone();
    expect(client.closed).toEqual({ code: 4401, reason: 'the token has expired' });
    expect(client.frames).toEqual([]);
  });

  it('are read whole, and headers by any spelling of their name', async () => {
    const shown: unknown[] = [];
    const { url } = await start({
      authenticate({ token, header }) {
        shown.push(token, header('Cookie'), header('cookie'), header('constructor'));
        return {};
      },
    });
    const client = new RawClient(`${url}/?token=a?b`, [], { headers: { cookie: 'sid=1' } });
    await client.frame('welcome');
    expect(shown).toEqual(['a?b', 'sid=1', 'sid=1', undefined]);
  });

  it('are not refused for a hook that fails', async () => {
    const errors: string[] = [];
    const { url } = await start({
      authenticate: () => Promise.reject(new Error('database')),
      onError: ({ code }) => errors.push(code),
    });
    const client = await connect(url, '?token=ann');
    await client.gone();
    expect(client.closed?.code).toBe(1013);
    expect(errors).toEqual(['authenticate-failed']);
  });
});

describe('clients without a name', () => {
  it('never get the answer of another, whatever they call themselves and whatever node they come to', async () => {
    const log = memoryLog();
    const onMessage = (message: AnyMessage) => ({ data: message.secret });
    const answer = async (client: RawClient, secret: string): Promise<unknown> => {
      client.send({ type: 'x', messageId: '1', secret });
      return (await client.frame('ack')).data;
    };
    const nodes = [await start({ log, onMessage }), await start({ log, onMessage })];
    for (const [n, { url }] of nodes.entries()) expect(await answer(await connect(url), `${n}`)).toBe(`${n}`);
    for (const n of upTo(100)) {
      const client = await connect(nodes[0]!.url, `?client=${encodeURIComponent(`#${n}`)}`);
      expect(await answer(client, 'mine')).toBe('mine');
      client.socket.terminate();
    }
  });
});

describe('origins', () => {
  it('are checked where they are told', async () => {
    const { url } = await start({ origins: ['https://app.example'] });
    const of = async (origin?: string): Promise<RawClient> => {
      const client = new RawClient(url, [], origin === undefined ? {} : { origin });
      await until(() => client.frames.length > 0 || client.closed !== undefined);
      return client;
    };
    expect((await of('https://evil.example')).closed?.code).toBe(4403);
    expect((await of('https://app.example')).closed).toBeUndefined();
    expect((await of()).closed).toBeUndefined();
  });
});

describe('resume by message', () => {
  it('begins the default stream with a subscribe, and takes over there', async () => {
    const { url, server } = await start({ resume: { via: 'message' } });
    for (const _ of [1, 2, 3]) await server.publish({ type: 'n' });
    const old = await connect(url);
    const welcome = await old.frame('welcome');
    expect(Object.keys(welcome).sort()).toEqual(['heartbeat', 'ids', 'rate', 'type', 'v']);
    old.send({ type: 'subscribe', ref: 0, client: 'c', conn: 1 });
    const { epoch } = await old.frame('subscribed');
    const newer = await connect(url);
    newer.send({ type: 'subscribe', ref: 0, client: 'c', conn: 2, lastSeq: 1, epoch });
    expect(await newer.frame('subscribed')).toMatchObject({ ref: 0, seq: 1, recovered: 2 });
    await newer.frame('n', 2);
    await old.gone();
    expect(old.closed?.code).toBe(4409);
  });
});

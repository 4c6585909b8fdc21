import { describe, expect, it } from 'vitest';
import * as library from '../../src/index.js';
import { defaults, json, latest, queue, ReliableSocket } from '../../src/index.js';
import { type Options, openClient, ScriptedClient, thrown } from '../support/harness.js';

const make = (options: unknown): ScriptedClient => new ScriptedClient(options as Options);

/** The option by its dotted name, set to a value, with nothing else. */
function nested(name: string, value: unknown): Record<string, unknown> {
  const [first = '', ...rest] = name.split('.');
  return { [first]: rest.length ? nested(rest.join('.'), value) : value };
}

describe('an option out of range throws at construction, and names the option and the value', () => {
  const positive = [
    'connect.timeout',
    'heartbeat.interval',
    'heartbeat.timeout',
    'queue.maxMessages',
    'queue.maxBytes',
    'queue.highWaterMark',
    'queue.flushRate',
    'request.timeout',
    'backoff.factor',
  ];
  const notNegative = ['backoff.base', 'backoff.max', 'backoff.maxRetries', 'backoff.stableAfter'];
  const words = ['backoff.jitter', 'resume.via', 'queue.overflow', 'auth.via'];
  const flags = ['connect.lazy', 'resume.contiguous', 'resume.identity'];
  const groups = ['connect', 'backoff', 'heartbeat', 'resume', 'queue', 'auth', 'request'];
  const cases: [string, unknown][] = [
    ...positive.flatMap((name) => [0, -1, Number.NaN, '5', null].map((value): [string, unknown] => [name, value])),
    ...notNegative.flatMap((name) => [-1, Number.NaN, '5', null].map((value): [string, unknown] => [name, value])),
    ...words.flatMap((name) => ['other', 7, null].map((value): [string, unknown] => [name, value])),
    ...flags.flatMap((name) => ['false', 0, null].map((value): [string, unknown] => [name, value])),
    ...groups.flatMap((name) => [7, 'text', true].map((value): [string, unknown] => [name, value])),
    ['resume.from.seq', -1],
    ['resume.from.seq', 1.5],
    ['resume.from.seq', '7'],
    ['resume.from.seq', 2 ** 53],
    ['resume.from.seq', Infinity],
  ];

  it.each(cases)('%s: %s', (name, value) => {
    const error = thrown(() => make(nested(name, value)));
    expect([error.name, error.code]).toEqual(['ReliableSocketError', 'bad-option']);
    expect(error.message).toContain(name);
    expect(error.message).toContain(`is ${typeof value === 'string' ? JSON.stringify(value) : value}, wanted`);
  });

  // Only its type: what stands in the place of a hook may be a token.
  it.each(['token', 'onGap', 'onClose', 'WebSocket', 'lifecycle'])('%s', (name) => {
    for (const value of ['eyJhbGciOi', 7, {}]) {
      const error = thrown(() => make({ [name]: value }));
      expect([error.name, error.code]).toEqual(['ReliableSocketError', 'bad-option']);
      expect(error.message).toBe(`typeof ${name} is "${typeof value}", wanted function`);
    }
  });

  it.each<[string, unknown, string]>([
    ['policies.chat', 'queue', 'queue'],
    ['policies.chat', { kind: 'other' }, 'chat'],
    ['policies.chat', null, 'null'],
    ['policies.chat.ack', queue({ ack: 'maybe' as 'pong' }), 'maybe'],
    ['policies.chat.ttl', queue({ ttl: -1 }), '-1'],
    ['policies.chat.ackTimeout', queue({ ackTimeout: 0 }), '0'],
    ['policies.chat.inFlight', queue({ inFlight: 0 }), '0'],
    ['policies.chat.durable', queue({ durable: 'false' as unknown as boolean }), '"false"'],
    ['policies.chat.overflow', queue({ overflow: 'explode' as 'reject' }), 'explode'],
    ['policies.chat.ttl', latest({ ttl: Number.NaN }), 'NaN'],
    ['policies.chat.key', latest({ key: 'id' as unknown as () => string }), 'id'],
  ])('%s', (name, policy, value) => {
    const error = thrown(() => make({ policies: { chat: policy } }));
    expect(error.code).toBe('bad-option');
    expect(error.message).toContain(name);
    expect(error.message).toContain(value);
  });

  it('a heartbeat that waits for ever for its answer', () => {
    const error = thrown(() => make({ heartbeat: { timeout: Infinity } }));
    expect(error.code).toBe('bad-option');
    expect(error.message).toBe('heartbeat.timeout is Infinity, wanted a finite number');
  });

  it('defaultPolicy', () => {
    const error = thrown(() => make({ defaultPolicy: queue({ inFlight: -3 }) }));
    expect(error.message).toContain('defaultPolicy.inFlight is -3');
  });

  it.each([
    ['literal pings', { protocol: json({ literalPing: true }) }],
    ['heartbeat: false', { heartbeat: false }],
  ])("ack: 'pong' with %s, which prove nothing", (_, options) => {
    const error = thrown(() => make({ ...options, policies: { chat: queue({ ack: 'pong' }) } }));
    expect(error.code).toBe('bad-option');
    expect(error.message).toContain('policies.chat.ack');
    expect(thrown(() => make({ ...options, defaultPolicy: queue({ ack: 'pong' }) })).code).toBe('bad-option');
  });

  it('the limits themselves are in range', () => {
    make({
      connect: { timeout: 1 },
      backoff: { base: 0, factor: 1, max: 0, maxRetries: 0, stableAfter: 0, jitter: (delay: number) => delay },
      heartbeat: { interval: 1, timeout: 1 },
      queue: { maxMessages: 1, maxBytes: 1, highWaterMark: 1, flushRate: 0.001 },
      request: { timeout: 1 },
      resume: { from: { seq: 0 } },
      policies: { a: queue({ ttl: 0, ackTimeout: 1, inFlight: 1 }) },
    });
  });

  it('a policy takes nothing that only another kind knows', async () => {
    const strange = { kind: 'latest', ack: 'message', inFlight: 0, durable: true, overflow: 'none' };
    const direct = { kind: 'drop', ttl: -1, ack: 'message' };
    const client = await openClient({ policies: { chat: strange, ping2: direct } } as unknown as Options);
    expect(client.socket.send({ type: 'chat' }).status).toBe('written');
    expect(client.socket.send({ type: 'ping2' }).status).toBe('written');
    expect(client.ws.frames).toEqual([{ type: 'chat' }, { type: 'ping2' }]);
  });

  it('queue.overflow speaks for a latest value too', () => {
    const client = make({
      queue: { maxMessages: 1, overflow: 'reject' },
      policies: { chat: latest({ key: (message: Record<string, unknown>) => message.n }) },
    });
    expect(client.socket.send({ type: 'chat', n: 1 }).status).toBe('queued');
    expect(client.socket.send({ type: 'chat', n: 2 }).status).toBe('rejected');
  });

  it('undefined stands for the default', async () => {
    const client = await openClient({
      connect: { timeout: undefined },
      heartbeat: undefined,
      policies: { chat: undefined },
      protocols: undefined,
    } as unknown as Options);
    expect(client.status).toBe('open');
    expect(client.socket.send({ type: 'chat' }).status).toBe('written');
  });
});

describe('the url', () => {
  it.each(['', 'chat', '/live', 'ftp://test.invalid', 'ws://', 'ws:///live', 'ws://a b/c', 'javascript:alert(1)'])(
    'throws for a text that is none: "%s"',
    (url) => {
      const error = thrown(() => new ScriptedClient({}, url));
      expect([error.name, error.code]).toEqual(['ReliableSocketError', 'bad-url']);
      expect(error.message).toContain(url);
    },
  );

  it('does not put the query into the message, for it may hold a token', () => {
    const error = thrown(() => new ScriptedClient({}, 'ftp://test.invalid/?token=secret'));
    expect(error.message).toContain('ftp://test.invalid/');
    expect(error.message).not.toContain('secret');
  });

  it.each<[string, string | URL, string]>([
    ['ws', 'ws://test.invalid/a', 'ws://test.invalid/a'],
    ['wss with port and query', 'wss://test.invalid:8443/a?b=c', 'wss://test.invalid:8443/a?b=c'],
    ['an address', 'ws://[::1]:80/', 'ws://[::1]:80/'],
    ['a URL object', new URL('wss://test.invalid/a'), 'wss://test.invalid/a'],
    ['http', 'http://test.invalid/a', 'ws://test.invalid/a'],
    ['https', 'https://test.invalid/a', 'wss://test.invalid/a'],
  ])('takes %s', async (_, url, expected) => {
    const client = new ScriptedClient({ resume: false }, url);
    await client.settle();
    expect(client.ws.url).toBe(expected);
  });

  it('takes a function, asked anew for every attempt', async () => {
    let asked = 0;
    const client = new ScriptedClient({ resume: false }, () => `ws://test.invalid/${++asked}`);
    await client.settle();
    client.ws.fail();
    client.retry();
    await client.settle();
    expect(client.sockets.map(({ url }) => url)).toEqual(['ws://test.invalid/1', 'ws://test.invalid/2']);
  });

  it('a function that yields none is a failed attempt, told with what was wrong', async () => {
    const client = new ScriptedClient({}, () => 'nonsense');
    await client.settle();
    expect(client.errors.map(({ code }) => code)).toEqual(['bad-url']);
    expect(client.status).toBe('waiting');
  });

  it('offers subprotocols as given, one or many or none', async () => {
    for (const [protocols, offered] of [
      [undefined, []],
      ['a', ['a']],
      [
        ['a', 'b'],
        ['a', 'b'],
      ],
    ] as const) {
      const client = new ScriptedClient(protocols === undefined ? {} : { protocols });
      await client.settle();
      expect(client.ws.protocols).toEqual(offered);
    }
  });
});

describe('defaults', () => {
  it('are what the documentation says', () => {
    expect(defaults).toEqual({
      connect: { timeout: 10_000, lazy: false },
      backoff: { base: 1_000, factor: 2, max: 30_000, jitter: 'full', maxRetries: Infinity, stableAfter: 5_000 },
      heartbeat: { interval: 30_000, timeout: 10_000 },
      resume: { via: 'url', param: 'lastSeq', from: undefined, contiguous: false, identity: true },
      queue: {
        maxMessages: 10_000,
        maxBytes: 8_388_608,
        overflow: 'drop-oldest',
        highWaterMark: 1_048_576,
        flushRate: Infinity,
      },
      request: { timeout: 30_000 },
      auth: { via: 'query', param: 'token' },
    });
  });

  it('are frozen, all through', () => {
    expect(Object.isFrozen(defaults)).toBe(true);
    for (const group of Object.values(defaults)) expect(Object.isFrozen(group)).toBe(true);
  });

  it('are the options of a client that names none', async () => {
    const client = await openClient();
    expect(client.socket.send({ type: 'chat' }).status).toBe('written');
    client.clock.advance(29_999);
    expect(client.pings).toHaveLength(0);
    client.clock.advance(1);
    expect(client.pings).toHaveLength(1);
    client.clock.advance(10_000);
    expect(client.status).toBe('waiting');
  });
});

describe('the interface', () => {
  it('exports these names and no others', () => {
    expect(Object.keys(library).sort()).toEqual([
      'Channel',
      'CloseCode',
      'Outbox',
      'ReliableSocket',
      'ReliableSocketError',
      'defaults',
      'drop',
      'json',
      'latest',
      'pageLifecycle',
      'queue',
      'reject',
    ]);
  });

  it('a socket has these members and no others', () => {
    const { prototype } = ReliableSocket;
    const own = [prototype, Object.getPrototypeOf(prototype)]
      .flatMap((level: object) => Object.getOwnPropertyNames(level))
      .filter((name) => name !== 'constructor');
    const { socket } = new ScriptedClient();
    expect([...own, ...Object.keys(socket)].sort()).toEqual([
      'adopt',
      'channel',
      'close',
      'connect',
      'continuation',
      'messages',
      'on',
      'onMessage',
      'opened',
      'outbox',
      'ready',
      'reconnect',
      'request',
      'send',
      'state',
      'stats',
    ]);
  });

  it('speaks to a server that has its own names', async () => {
    const client = await openClient({
      protocol: json({ fields: { seq: 'offset', messageId: 'id' }, prefix: '$' }),
      policies: { order: queue({ ack: 'message' }) },
    });
    client.receive({ type: '$welcome', epoch: 'k3v9', offset: 41 }, { type: 'chat', offset: 42 });
    const receipt = client.socket.send({ type: 'order' });
    expect(client.written()).toEqual([{ type: 'order', id: receipt.id }]);
    client.receive({ type: '$ack', id: receipt.id });
    expect((await receipt.settled).outcome).toBe('acked');
    expect(client.socket.send({ type: 'ping', seq: 1 } as never).status).toBe('written');
    client.bounce();
    expect(client.query.get('lastSeq')).toBe('42');
    expect(thrown(() => client.socket.send({ type: '$ping' })).code).toBe('bad-message');
    expect(thrown(() => client.socket.send({ type: 'chat', offset: 1 })).code).toBe('bad-message');
  });
});

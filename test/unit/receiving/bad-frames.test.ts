import { describe, expect, it } from 'vitest';
import { type AnyMessage, json, type Message, type Protocol, queue, type StandardSchema } from '../../../src/index.js';
import { openClient, type ScriptedClient } from '../../support/harness.js';
import { m, welcome } from '../../support/numbered.js';

describe('bad frames', () => {
  it.each<[string, string | ArrayBuffer]>([
    ['no json', '{'],
    ['no object', '7'],
    ['null', 'null'],
    ['an array', '[]'],
    ['no type', '{"seq":1}'],
    ['a type that is no text', '{"type":1}'],
    ['binary', new ArrayBuffer(4)],
  ])('are told, dropped, and cost no connection: %s', async (_, data) => {
    const client = await openClient({ heartbeat: { interval: 5_000 } });
    client.clock.advance(4_000);
    client.ws.receive(data);
    expect(client.errors.map(({ code }) => code)).toEqual(['bad-frame']);
    expect(client.messages).toEqual([]);
    expect(client.status).toBe('open');
    client.clock.advance(4_000);
    expect(client.pings).toEqual([]); // it was a sign of life
  });

  it('control frames with fields of the wrong type do no harm', async () => {
    const client = await openClient({}, welcome(40, 'e1'));
    client.receive(
      { type: 'welcome', epoch: 7, seq: '9', heartbeat: 'soon', ids: null, rate: -1 },
      { type: 'ack' },
      { type: 'ack', messageIds: 'x' },
      { type: 'nack' },
      { type: 'reset', seq: 'x' },
      { type: 'subscribed' },
      { type: 'unsubscribed', channel: 5 },
      { type: 'goaway', retryAfter: 'x', within: -5 },
      m(41),
    );
    expect(client.heard).toEqual([41]);
    expect(client.gaps).toEqual([]);
    expect(client.errors).toEqual([]);
  });

  it('a field that can not even be shown as text counts as missing', async () => {
    const client = await openClient({ policies: { order: queue({ ack: 'message' }) } });
    const shown = { toString: 1 };
    const { id, settled } = client.socket.send({ type: 'order' });
    const room = client.socket.channel('room');
    room.onMessage(() => {});
    client.receive(
      { type: 'welcome', v: shown },
      { type: 'nack', messageId: id, code: shown, message: shown },
      { type: 'unsubscribed', channel: 'room', code: shown, message: shown },
      m(41),
    );
    expect((await settled).error).toMatchObject({ code: 'refused', serverCode: undefined, serverMessage: undefined });
    expect(room.state).toEqual({ status: 'refused', code: undefined, message: undefined });
    expect(client.errors).toEqual([]);
    expect(client.heard).toEqual([41]);
  });

  it('a ping that is nested too deeply to be answered is told, and costs no connection', async () => {
    const client = await openClient();
    client.ws.receive(`{"type":"ping","t":${'['.repeat(200_000)}${']'.repeat(200_000)}}`);
    client.receive(m(41));
    expect(client.errors.map(({ code }) => code)).toEqual(['bad-frame']);
    expect(client.written('pong')).toEqual([]);
    expect(client.heard).toEqual([41]);
  });
});

describe('a protocol that can not write a frame', () => {
  const usual = json();
  const messagesOnly: Protocol = {
    ...usual,
    encode(frame) {
      if (frame.kind !== 'message') throw new TypeError(`there is no ${frame.kind}`);
      return usual.encode(frame);
    },
  };

  it.each([
    ['ping', {}, ({ clock }: ScriptedClient) => clock.advance(30_000)],
    ['pong', {}, (client: ScriptedClient) => client.receive({ type: 'ping', t: 1 })],
    ['subscribe', {}, ({ socket }: ScriptedClient) => socket.channel('room').onMessage(() => {})],
    ['subscribe', { resume: { via: 'message' } }, () => {}],
    ['auth', { token: () => 't', auth: { via: 'message' } }, () => {}],
  ] as const)('tells %s with %o, and goes on', async (kind, options, ask) => {
    const client = await openClient({ ...options, protocol: messagesOnly });
    ask(client);
    expect(client.errors).toMatchObject([
      {
        code: 'bad-frame',
        message: `encode: got "${kind}", wanted a frame of the protocol`,
        cause: expect.any(TypeError),
      },
    ]);
    client.receive({ type: 'welcome' }, { type: 'subscribed', seq: 0 }, m(1));
    expect(client.heard).toEqual([1]);
  });

  it('ends the link whose ping could not be written', async () => {
    const client = await openClient({ protocol: messagesOnly });
    client.clock.advance(30_000);
    client.clock.advance(10_000);
    expect(client.socket.state.status).toBe('waiting');
  });
});

/** A protocol of the application's own, which hands on what its server says as it is. */
const trusting: Protocol = {
  ...json(),
  decode(data) {
    const message = JSON.parse(String(data)) as Message & { seq?: number; channel?: string };
    return { kind: 'message', message, seq: message.seq, channel: message.channel };
  },
};

describe.each([
  ['json()', json()],
  ['a protocol of your own', trusting],
])('the envelope of a message, read by %s', (_, protocol) => {
  it.each([1.5, '42', null, true, -1, 2 ** 53, Number.MAX_VALUE])('%o is no number of it', async (seq) => {
    const client = await openClient({ protocol });
    client.receive(m(seq, { n: 'one' }), m(seq, { n: 'two' }));
    client.bounce(m(seq, { n: 'three' }));
    expect(client.heard).toEqual(['one', 'two', 'three']);
    expect(client.gaps).toEqual([]);
    expect(client.query.has('lastSeq')).toBe(false);
  });

  it.each([7, null, true, {}])('%o is no channel of it', async (channel) => {
    const client = await openClient({ protocol });
    client.socket.channel(String(channel)).onMessage(() => expect.unreachable());
    client.receive(m(1, { channel }));
    expect(client.heard).toEqual([1]);
    client.bounce();
    expect(client.query.get('lastSeq')).toBe('1');
  });
});

describe('schema', () => {
  const schema = (validate: (value: unknown) => unknown): StandardSchema<AnyMessage> => ({
    '~standard': {
      version: 1,
      vendor: 'test',
      validate: validate as StandardSchema<AnyMessage>['~standard']['validate'],
    },
  });

  it('listeners get what it answers', async () => {
    const client = await openClient({
      schema: schema((value) => ({ value: { ...(value as object), checked: true } })),
    });
    client.receive(m(1));
    expect(client.messages).toEqual([{ type: 'm', seq: 1, checked: true }]);
  });

  it.each<[string, (value: unknown) => unknown]>([
    ['refuses', () => ({ issues: [{ message: 'wrong' }, { message: 'very' }] })],
    [
      'throws',
      () => {
        throw new Error('wrong; very');
      },
    ],
  ])('a message that it %s is told and not delivered, and moves the cursor', async (_, validate) => {
    const client = await openClient({ schema: schema(validate) }, welcome(40, 'e1'), m(41));
    expect(client.messages).toEqual([]);
    expect(client.errors.map(({ code }) => code)).toEqual(['invalid-message']);
    expect(client.errors[0]?.message).toContain('wrong; very');
    client.bounce();
    expect(client.query.get('lastSeq')).toBe('41');
  });

  it('may throw what is no error', async () => {
    const client = await openClient({
      schema: schema(() => {
        throw null;
      }),
    });
    client.receive(m(1), m(2));
    expect(client.errors.map(({ code }) => code)).toEqual(['invalid-message', 'invalid-message']);
  });

  it('has to be synchronous', async () => {
    const client = await openClient({ schema: schema(async (value) => ({ value })) });
    client.receive(m(1));
    expect(client.errors.map(({ code }) => code)).toEqual(['invalid-message']);
  });
});

import { describe, expect, it } from 'vitest';
import type { ServerError, ServerOptions } from '../../../src/server/index.js';
import { useCompanions } from '../../support/companion.js';
import { RawClient } from '../../support/raw-client.js';
import { until } from '../../support/until.js';

const start = useCompanions();

/** A hook that answers what the types refuse, as plain JavaScript may. */
const answering = (answer: unknown) => () => answer as never;

const connect = async (hooks: ServerOptions) => {
  const errors: string[] = [];
  const { url } = await start({
    ...hooks,
    onError: ({ code, message }: ServerError) => errors.push(`${code}: ${message}`),
  });
  return { client: new RawClient(`${url}/?client=c&conn=1`), errors };
};

const circular: { self?: unknown } = {};
circular.self = circular;

describe('what onMessage may not answer', () => {
  it.each<[string, unknown, string]>([
    [
      'a nack that is none',
      { nack: undefined },
      'a nack that is undefined, wanted { code, message, retry? }, with a retry that is true, false or ms',
    ],
    [
      'a nack without a code',
      { nack: { message: 'no' } },
      'a nack that is an object, wanted { code, message, retry? }, with a retry that is true, false or ms',
    ],
    [
      'a retry that is no time',
      { nack: { code: 'a', message: 'b', retry: 'soon' } },
      'a nack that is an object, wanted { code, message, retry? }, with a retry that is true, false or ms',
    ],
    [
      'a channel that is no text',
      { publish: { type: 'x' }, channel: 5 },
      'a channel that is 5, wanted a string, or none',
    ],
    [
      'a retry that never comes',
      { nack: { code: 'a', message: 'b', retry: Infinity } },
      'a nack that is an object, wanted { code, message, retry? }, with a retry that is true, false or ms',
    ],
    [
      'a nack beside an effect',
      { nack: { code: 'a', message: 'b' }, publish: { type: 'x' } },
      'an object with "publish", wanted a "nack" alone, since such a message has no effect',
    ],
    [
      'a channel whose name is too long for any client',
      { publish: { type: 'x' }, channel: 'a'.repeat(257) },
      'a channel of 257 characters, wanted at most 256',
    ],
    ['a number', 5, '5, wanted nothing, or an object with "publish", "data" or "nack"'],
    ['a list', [{ type: 'x' }], 'a list, wanted nothing, or an object with "publish", "data" or "nack"'],
    [
      'the message itself',
      { type: 'x', text: 'hi' },
      'an object with "type", wanted nothing, or an object with "publish", "data" or "nack"',
    ],
    [
      'a slip of the pen',
      { data: 1, publsh: { type: 'x' } },
      'an object with "publsh", wanted nothing, or an object with "publish", "data" or "nack"',
    ],
  ])('%s is told, and the client does not wait for ever', async (_, answer, told) => {
    const { client, errors } = await connect({ onMessage: answering(answer) });
    await client.frame('welcome');
    client.send({ type: 'x', messageId: '1' });
    expect(await client.frame('nack')).toMatchObject({ messageId: '1', code: 'unknown' });
    // The id is answered, so one that comes again is not held up either.
    client.send({ type: 'x', messageId: '1' });
    expect(await client.frame('nack', 2)).toEqual(client.frames[1]);
    expect(errors).toEqual([`handler-threw: onMessage answered ${told} for a "x"`]);
  });

  it('data is kept as it was, whatever becomes of it', async () => {
    const state = { count: 0 };
    const { client } = await connect({
      onMessage() {
        state.count += 1;
        return { data: state };
      },
    });
    await client.frame('welcome');
    for (const messageId of ['1', '2', '1']) {
      client.send({ type: 'x', messageId });
      await client.settled();
    }
    expect(client.all('ack').map(({ data }) => data)).toEqual([{ count: 1 }, { count: 2 }, { count: 1 }]);
  });
});

it('an answer without anything is none, and so are members without a value', async () => {
  for (const answer of [undefined, null, {}, { data: undefined, publish: undefined, more: undefined }]) {
    const { client, errors } = await connect({ onMessage: answering(answer) });
    await client.frame('welcome');
    client.send({ type: 'x', messageId: '1' });
    expect(await client.frame('ack')).toEqual({ type: 'ack', messageId: '1' });
    expect(errors).toEqual([]);
  }
});

describe('what authorize may not answer', () => {
  it.each<[string, unknown, string]>([
    [
      'a user',
      { id: 7, passwordHash: 'secret' },
      'an object, wanted true, false or { code, message, retry? }, with a retry that is true, false or ms',
    ],
    [
      'what JSON can not hold',
      circular,
      'an object, wanted true, false or { code, message, retry? }, with a retry that is true, false or ms',
    ],
    [
      'a count of rows',
      1,
      '1, wanted true, false or { code, message, retry? }, with a retry that is true, false or ms',
    ],
    [
      'a text',
      'yes',
      'a string, wanted true, false or { code, message, retry? }, with a retry that is true, false or ms',
    ],
    [
      'a retry that JSON can not hold',
      { code: 'a', message: 'b', retry: 5n },
      'an object, wanted true, false or { code, message, retry? }, with a retry that is true, false or ms',
    ],
  ])('%s is told, and nothing of it to the client', async (_, answer, told) => {
    const { client, errors } = await connect({ authorize: answering(answer) });
    await client.frame('welcome');
    client.send({ type: 'subscribe', channel: 'room', ref: 1 });
    expect(await client.frame('unsubscribed')).toEqual({
      type: 'unsubscribed',
      channel: 'room',
      ref: 1,
      code: 'failed',
      message: 'try again later',
      retry: true,
    });
    expect(errors).toEqual([`authorize-failed: authorize answered ${told} for the channel "room"`]);
  });

  it('only what belongs to a refusal is told', async () => {
    const { client } = await connect({ authorize: answering({ code: 'no', message: 'not you', room: { secret: 1 } }) });
    await client.frame('welcome');
    client.send({ type: 'subscribe', channel: 'room', ref: 1 });
    expect(await client.frame('unsubscribed')).toEqual({
      type: 'unsubscribed',
      channel: 'room',
      ref: 1,
      code: 'no',
      message: 'not you',
    });
  });
});

it.each<[string, () => void]>([
  [
    'throws',
    () => {
      throw new Error('mailer');
    },
  ],
  ['rejects', () => Promise.reject(new Error('mailer'))],
])('an onError that %s harms nobody', async (_, onError) => {
  const { url, server } = await start({ onMessage: answering(5), onError });
  const client = new RawClient(url);
  await client.frame('welcome');
  client.send({ type: 'x', messageId: '1' });
  expect(await client.frame('nack')).toMatchObject({ code: 'unknown' });
  expect(server.stats().errors).toBe(1);
});

describe('a hook that does not answer in time', () => {
  const never = () => new Promise<never>(() => {});

  it('onMessage: the client is told, its next message and its next connection are not held up, and close ends', async () => {
    const errors: string[] = [];
    const { url, server } = await start({
      hookTimeout: 50,
      onMessage: ({ type }) => (type === 'slow' ? never() : { data: 'fast' }),
      onError: ({ message }) => errors.push(message),
    });
    const client = new RawClient(`${url}/?client=c&conn=1`);
    await client.frame('welcome');
    for (const type of ['slow', 'fast']) client.send({ type, messageId: type });
    expect(await client.frame('nack')).toMatchObject({ messageId: 'slow', code: 'unknown' });
    expect(await client.frame('ack')).toMatchObject({ messageId: 'fast', data: 'fast' });
    client.send({ type: 'slow' });
    await client.settled();
    await new RawClient(`${url}/?client=c&conn=2`).frame('welcome');
    await server.close({ within: 0 });
    expect(errors).toEqual(Array(2).fill('onMessage did not answer in 50 ms for a "slow"'));
  });

  it('authorize and authenticate: the client may try again', async () => {
    const asked = await connect({ hookTimeout: 50, authorize: never });
    await asked.client.frame('welcome');
    asked.client.send({ type: 'subscribe', channel: 'room', ref: 1 });
    expect(await asked.client.frame('unsubscribed')).toMatchObject({ code: 'failed', retry: true });
    expect(asked.errors).toEqual(['authorize-failed: authorize did not answer in 50 ms for the channel "room"']);
    const judged = await connect({ hookTimeout: 50, authenticate: never });
    await judged.client.gone();
    expect(judged.client.closed?.code).toBe(1013);
    expect(judged.errors).toEqual(['authenticate-failed: authenticate did not answer in 50 ms']);
  });
});

describe('what authenticate may not answer', () => {
  it.each<[string, unknown, string]>([
    [
      'an expiresAt that is a Date',
      { expiresAt: new Date() },
      'an expiresAt that is an object, wanted ms as Date.now() counts them, or none',
    ],
    [
      'an expiresAt that is null',
      { expiresAt: null },
      'an expiresAt that is null, wanted ms as Date.now() counts them, or none',
    ],
    [
      'an expiresAt that was reckoned from nothing',
      { expiresAt: Number.NaN },
      'an expiresAt that is NaN, wanted ms as Date.now() counts them, or none',
    ],
    [
      'an expiresAt in seconds, as tokens have it',
      { expiresAt: 1_900_000_000 },
      'an expiresAt that is 1900000000, wanted ms as Date.now() counts them, or none',
    ],
    ['a row of the users', { id: 7, name: 'ann' }, 'an object with "id", wanted { principal?, expiresAt?, user? }'],
    ['a list of rows', [], 'a list, wanted an identity, "unauthorized" or "forbidden"'],
    ['a principal that many would share', { principal: null }, 'a principal that is null, wanted a string, or none'],
  ])('%s is told', async (_, answer, told) => {
    const { client, errors } = await connect({ authenticate: answering(answer) });
    await until(() => client.closed !== undefined);
    expect(client.closed).toMatchObject({ code: 1013 });
    expect(errors).toEqual([`authenticate-failed: authenticate answered ${told}`]);
  });
});

it('whom authenticate names is let in, whatever else is in the object, and also without a name', async () => {
  for (const answer of [{ principal: 'ann', role: 'admin' }, { user: { id: 7 } }, { expiresAt: 5e12, id: 7 }, {}]) {
    const { client, errors } = await connect({ authenticate: answering(answer) });
    await client.frame('welcome');
    expect(errors).toEqual([]);
  }
});

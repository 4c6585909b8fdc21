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
    ['a number', 5, '5, wanted nothing, or an object with "publish", "data" or "nack"'],
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
    ['a principal that many would share', { principal: null }, 'a principal that is null, wanted a string, or none'],
  ])('%s is told', async (_, answer, told) => {
    const { client, errors } = await connect({ authenticate: answering(answer) });
    await until(() => client.closed !== undefined);
    expect(client.closed).toMatchObject({ code: 1013 });
    expect(errors).toEqual([`authenticate-failed: authenticate answered ${told}`]);
  });
});

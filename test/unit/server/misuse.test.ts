import { createServer as createHttpServer } from 'node:http';
import { createClient } from 'redis';
import { describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import {
  type CloseOptions,
  createServer,
  type IdMemory,
  memoryLog,
  type PublishOptions,
  type Refusal,
  type ReplayLog,
  type ServerProtocol,
} from '../../../src/server/index.js';
import { type RedisClient, redisLog } from '../../../src/server/redis/index.js';
import type { WsServer } from '../../../src/server/ws/ws-server.js';
import { startCompanion } from '../../support/companion.js';
import { RawClient } from '../../support/raw-client.js';

// Safe: these tests are about values that the types refuse.
const wrong = <T>(value: unknown): T => value as T;

describe('what was given in the place of something else is told by name', () => {
  it.each<[string, () => unknown, string]>([
    [
      'an http server to attach to',
      () => createServer().attach(wrong<WsServer>(createHttpServer())),
      'attach: the server is [object Object], wanted a WebSocketServer of ws',
    ],
    [
      'a client of Redis as the log',
      () => createServer({ log: wrong<ReplayLog>(createClient()) }),
      'log is [object Object], wanted memoryLog(), redisLog(client) or another ReplayLog',
    ],
    [
      'a url as the client of Redis',
      () => redisLog(wrong<RedisClient>('redis://localhost')),
      'redisLog: the client is a string, wanted one of the redis package',
    ],
    [
      'no client of Redis',
      () => redisLog(wrong<RedisClient>(undefined)),
      'redisLog: the client is undefined, wanted one of the redis package',
    ],
    [
      'what remembers no ids',
      () => createServer({ ids: wrong<IdMemory>({}) }),
      'ids is [object Object], wanted memoryIds() or another IdMemory',
    ],
    [
      'what reads no frames',
      () => createServer({ protocol: wrong<ServerProtocol>({}) }),
      'protocol is [object Object], wanted serverJson() or another ServerProtocol',
    ],
    [
      'a pattern as an origin',
      () => createServer({ origins: wrong<string[]>([/example/]) }),
      'origins is /example/, wanted a list of texts',
    ],
    [
      'a bound that Redis does not take',
      () => redisLog(createClient(), { keepIds: Infinity }),
      'redisLog: keepIds is Infinity, wanted a whole number of at least 1',
    ],
    [
      'a patience that no timer can count',
      () => redisLog(createClient(), { patience: Infinity }),
      'redisLog: patience is Infinity, wanted a number from 1 to 2147480000',
    ],
  ])('%s', (_, make, message) => {
    expect(make).toThrow(expect.objectContaining({ code: 'bad-option', message }));
  });
});

describe('a call that was given what it can not take', () => {
  it.each<[string, unknown, string]>([
    [
      'a channel in the place of the options',
      'room',
      'publish: the options is room, wanted an object with a channel or an id',
    ],
    ['a channel that nobody can follow', { channel: 5 }, 'publish: the channel is 5, wanted a text'],
    ['an id that is no text', { id: 5 }, 'publish: the id is 5, wanted a text'],
  ])('publish with %s publishes nothing', async (_, options, message) => {
    const log = memoryLog();
    const published = createServer({ log }).publish({ type: 'x' }, wrong<PublishOptions>(options));
    await expect(published).rejects.toMatchObject({ code: 'bad-option', message });
    expect(await log.readAfter(undefined, undefined, { messages: 1, bytes: 1 })).toMatchObject({ head: 0 });
  });

  it.each([undefined, 5])('revoke of %j takes the default stream from nobody', async (channel) => {
    const { server, url, stop } = await startCompanion();
    const client = new RawClient(url);
    await client.frame('welcome');
    const message = `revoke: the channel is ${channel}, wanted a text`;
    expect(() => server.revoke(wrong<string>(channel))).toThrow(
      expect.objectContaining({ code: 'bad-option', message }),
    );
    await server.publish({ type: 'x' });
    await client.frame('x');
    await stop();
  });

  it('revoke with a refusal that can not be sent takes nothing away', async () => {
    const { server, url, stop } = await startCompanion();
    const client = new RawClient(url);
    await client.frame('welcome');
    client.send({ type: 'subscribe', channel: 'a', ref: 1 });
    await client.frame('subscribed');
    const message = 'revoke: [object Object] is no { code, message, retry? }';
    const revoke = () => server.revoke('a', wrong<Refusal>({ code: 'no', message: 'no', retry: 1n }));
    expect(revoke).toThrow(expect.objectContaining({ code: 'bad-option', message }));
    await server.publish({ type: 'x' }, { channel: 'a' });
    await client.frame('x');
    await stop();
  });

  it('attach with the same server again leaves each connection one', async () => {
    const sockets = new WebSocketServer({ noServer: true });
    const server = createServer().attach(sockets);
    const message = 'attach: the server is attached already';
    expect(() => server.attach(sockets)).toThrow(expect.objectContaining({ code: 'bad-option', message }));
    expect(sockets.listenerCount('connection')).toBe(1);
  });

  it.each<[CloseOptions, string]>([
    [{ within: -1 }, 'within is -1, wanted a number from 0 to 2147480000'],
    [{ within: Infinity }, 'within is Infinity, wanted a number from 0 to 2147480000'],
    [{ reason: '\u00e9'.repeat(62) }, 'reason is 124 bytes long, wanted a text of at most 123 bytes'],
  ])('close with %o closes nothing, and can be called again', async (options, message) => {
    const { server, url, stop } = await startCompanion();
    await expect(server.close(options)).rejects.toMatchObject({ code: 'bad-option', message });
    const client = new RawClient(url);
    await client.frame('welcome');
    await server.close({ within: 0, reason: 'x'.repeat(123) });
    await client.gone();
    expect(client.closed).toEqual({ code: 1012, reason: 'x'.repeat(123) });
    await stop();
  });
});

import { createServer as createHttpServer } from 'node:http';
import { createClient } from 'redis';
import { describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import {
  type Acceptor,
  acceptPair,
  crosswsHooks,
  type PairSocket,
  type UpgradeRequest,
} from '../../../src/server/crossws/index.js';
import {
  type CloseOptions,
  createServer,
  type IdMemory,
  memoryLog,
  type PublishOptions,
  type Refusal,
  type ReplayLog,
  type ServerProtocol,
  type Transport,
  type Upgrade,
} from '../../../src/server/index.js';
import { type RedisClient, redisLog } from '../../../src/server/redis/index.js';
import type { WsServer } from '../../../src/server/ws/ws-server.js';
import { startCompanion } from '../../support/companion.js';
import { RawClient } from '../../support/raw-client.js';

// Safe: these tests are about values that the types refuse.
const wrong = <T>(value: unknown): T => value as T;

const nothing = (): void => {};
const TRANSPORT: Transport = {
  buffered: 0,
  send: nothing,
  close: nothing,
  terminate: nothing,
  pause: nothing,
  resume: nothing,
};
const PAIR: PairSocket = { accept: nothing, send: nothing, close: nothing, addEventListener: nothing };

describe('what was given in the place of something else is told by name', () => {
  it.each<[string, () => unknown, string]>([
    [
      'an http server to attach to',
      () => createServer().attach(wrong<WsServer>(createHttpServer())),
      'attach: the server is an object, wanted a WebSocketServer of ws',
    ],
    [
      'options in the place of a server to attach to',
      () => createServer().attach(wrong<WsServer>({ options: { port: 8080 } })),
      'attach: the server is an object, wanted a WebSocketServer of ws',
    ],
    [
      'a socket of ws as a transport',
      () => createServer().accept(wrong<Transport>({ send() {} }), wrong<Upgrade>({})),
      'accept: the transport is an object, wanted a Transport',
    ],
    [
      'no upgrade',
      () => createServer().accept(TRANSPORT, wrong<Upgrade>(undefined)),
      'accept: the upgrade is undefined, wanted an Upgrade',
    ],
    [
      'an upgrade whose url is a URL',
      () => createServer().accept(TRANSPORT, { url: wrong<string>(new URL('ws://a/')), header: () => undefined }),
      'accept: the url of the upgrade is an object, wanted a text',
    ],
    [
      'a client of another package for Redis',
      () => redisLog(wrong<RedisClient>({ sendCommand() {}, duplicate() {}, status: 'ready' })),
      'redisLog: the client is an object, wanted a client of the redis package',
    ],
    [
      'no server for crossws',
      () => crosswsHooks(wrong<Acceptor>(undefined)),
      'crosswsHooks: the server is undefined, wanted createServer()',
    ],
    [
      'the arguments of acceptPair the other way round',
      () => acceptPair(wrong<Acceptor>({}), wrong<PairSocket>(createServer()), new Request('http://a/')),
      'acceptPair: the server is an object, wanted createServer()',
    ],
    [
      'a pair for one of its ends',
      () => acceptPair(createServer(), wrong<PairSocket>({ 0: {}, 1: {} }), new Request('http://a/')),
      "acceptPair: the socket is an object, wanted the server's end of a WebSocketPair",
    ],
    [
      'no request',
      () => acceptPair(createServer(), PAIR, wrong<UpgradeRequest>(undefined)),
      'acceptPair: the request is undefined, wanted an object',
    ],
    [
      'a request of Node',
      () => acceptPair(createServer(), PAIR, wrong<UpgradeRequest>({ url: '/', headers: {} })),
      'acceptPair: the headers of the request is an object, wanted Headers',
    ],
    [
      'a client of Redis as the log',
      () => createServer({ log: wrong<ReplayLog>(createClient()) }),
      'createServer: log is an object, wanted memoryLog(), redisLog(client) or another ReplayLog',
    ],
    [
      'a url as the client of Redis',
      () => redisLog(wrong<RedisClient>('redis://localhost')),
      'redisLog: the client is a text, wanted a client of the redis package',
    ],
    [
      'no client of Redis',
      () => redisLog(wrong<RedisClient>(undefined)),
      'redisLog: the client is undefined, wanted a client of the redis package',
    ],
    [
      'what remembers no ids',
      () => createServer({ ids: wrong<IdMemory>({}) }),
      'createServer: ids is an object, wanted memoryIds() or another IdMemory',
    ],
    [
      'what reads no frames',
      () => createServer({ protocol: wrong<ServerProtocol>({}) }),
      'createServer: protocol is an object, wanted serverJson() or another ServerProtocol',
    ],
    [
      'a pattern as an origin',
      () => createServer({ origins: wrong<string[]>([/example/]) }),
      'createServer: origins is a list, wanted a list of texts',
    ],
  ])('%s', (_, make, message) => {
    expect(make).toThrow(expect.objectContaining({ code: 'bad-option', message }));
  });
});

describe('a call that was given what it can not take', () => {
  it.each<[string, unknown, string]>([
    ['a channel in the place of the options', 'room', 'publish: options is "room", wanted an object'],
    ['no options', null, 'publish: options is null, wanted an object'],
    ['a channel that nobody can follow', { channel: 5 }, 'publish: channel is 5, wanted a text'],
    // It would have gone to everybody.
    ['a slip of the pen', { chanel: 'room' }, 'publish: chanel is no option, wanted one of channel, id'],
    [
      'a channel whose name is too long for any client',
      { channel: 'a'.repeat(257) },
      'publish: channel is 257 characters long, wanted at most 256: nobody could follow it',
    ],
    ['an id that is no text', { id: 5 }, 'publish: id is 5, wanted a text'],
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
    const message = 'revoke: the refusal is an object, wanted { code, message, retry? }';
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

  it.each<[unknown, string]>([
    [5_000, 'options is 5000, wanted an object'],
    [{ timeout: 5_000 }, 'timeout is no option, wanted one of within, reason'],
    [{ within: -1 }, 'within is -1, wanted a number from 0 to 2147480000'],
    [{ within: Infinity }, 'within is Infinity, wanted a number from 0 to 2147480000'],
    [{ reason: '\u00e9'.repeat(62) }, 'reason is 124 bytes long, wanted a text of at most 123 bytes'],
  ])('close with %o closes nothing, and can be called again', async (given, told) => {
    const { server, url, stop } = await startCompanion();
    const options = wrong<CloseOptions>(given);
    await expect(server.close(options)).rejects.toMatchObject({ code: 'bad-option', message: `close: ${told}` });
    await expect(server.sendAway(options)).rejects.toMatchObject({ code: 'bad-option', message: `sendAway: ${told}` });
    const client = new RawClient(url);
    await client.frame('welcome');
    await server.close({ within: 0, reason: 'x'.repeat(123) });
    await client.gone();
    expect(client.closed).toEqual({ code: 1012, reason: 'x'.repeat(123) });
    await stop();
  });
});

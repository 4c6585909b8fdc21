import { createServer as createHttpServer } from 'node:http';
import { createClient } from 'redis';
import { describe, expect, it } from 'vitest';
import { createServer, type ReplayLog } from '../../../src/server/index.js';
import { type RedisClient, redisLog } from '../../../src/server/redis/index.js';
import type { WsServer } from '../../../src/server/ws/ws-server.js';

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
  ])('%s', (_, make, message) => {
    expect(make).toThrow(expect.objectContaining({ code: 'bad-option', message }));
  });
});

import { createClient } from 'redis';
import { describe, expect, it } from 'vitest';
import {
  createServer,
  isAllowedOrigin,
  memoryIds,
  memoryLog,
  type ReplayLog,
  serverJson,
} from '../../../src/server/index.js';
import { redisLog } from '../../../src/server/redis/index.js';

const LOG = 'memoryLog(), redisLog(client) or another ReplayLog';
const IDS = 'memoryIds() or another IdMemory';
const COUNT = 'a whole number of at least 1, or Infinity';
const COUNT_0 = 'a whole number of at least 0, or Infinity';
const TIMER = 'a whole number from 1 to 2147480000';
const NAMES =
  'log, ids, auth, resume, origins, authenticate, authorize, onMessage, onError, hookTimeout, concurrency, abandoned, heartbeat, limits, protocol';

/** A log as another would write it, with something wrong. */
const logWith = (members: object): ReplayLog => Object.assign(memoryLog(), members);

// Safe: these tests are about values that the types refuse.
const told = (make: (options: never) => unknown, options: unknown, message: string): void => {
  expect(() => make(options as never)).toThrow(expect.objectContaining({ code: 'bad-option', message }));
};

describe('createServer', () => {
  it.each<[unknown, string]>([
    [null, 'options is null, wanted an object'],
    [5, 'options is 5, wanted an object'],
    [[], 'options is a list, wanted an object'],
    [{ onmessage() {} }, `onmessage is no option, wanted one of ${NAMES}`],
    [{ toString: 1 }, `toString is no option, wanted one of ${NAMES}`],
    [{ onMessage: 'echo' }, 'onMessage is "echo", wanted a function'],
    [{ onError: null }, 'onError is null, wanted a function'],
    [{ authenticate: true }, 'authenticate is true, wanted a function'],
    [{ authorize: {} }, 'authorize is an object, wanted a function'],
    [{ log: null }, `log is null, wanted ${LOG}`],
    [{ log: memoryLog }, `log is a function, wanted ${LOG}`],
    [{ log: logWith({ append: undefined }) }, `log is an object, wanted ${LOG}`],
    [{ log: logWith({ ids: undefined }) }, `log.ids is undefined, wanted ${IDS}`],
    [{ log: logWith({ seats: {} }) }, 'log.seats is an object, wanted an object with take, leave and onTaken'],
    [{ ids: { ...memoryIds(), keep: '1' } }, 'ids.keep is "1", wanted a number of at least 0'],
    [{ ids: { ...memoryIds(), release: 5 } }, `ids is an object, wanted ${IDS}`],
    [{ protocol: 'json' }, 'protocol is a text, wanted serverJson() or another ServerProtocol'],
    [{ protocol: { decode() {} } }, 'protocol is an object, wanted serverJson() or another ServerProtocol'],
    [{ origins: 'https://a.example' }, 'origins is "https://a.example", wanted a list of texts'],
    [{ auth: 'message' }, 'auth is "message", wanted an object'],
    [{ auth: { via: 'query' } }, 'auth.via is "query", wanted "upgrade" or "message"'],
    [{ auth: { name: 't' } }, 'auth.name is no option, wanted one of via, param'],
    [{ auth: { param: '' } }, 'auth.param is "", wanted a text with content'],
    [{ resume: false }, 'resume is false, wanted an object'],
    [{ resume: { via: 'upgrade' } }, 'resume.via is "upgrade", wanted "url" or "message"'],
    [{ resume: { param: 5 } }, 'resume.param is 5, wanted a text with content'],
    [{ abandoned: true }, 'abandoned is true, wanted "unknown" or "again"'],
    [{ heartbeat: false }, 'heartbeat is false, wanted a number of at least 1'],
    [{ heartbeat: Number.NaN }, 'heartbeat is NaN, wanted a number of at least 1'],
    [{ concurrency: 1.5 }, `concurrency is 1.5, wanted ${COUNT}`],
    [{ concurrency: 0 }, `concurrency is 0, wanted ${COUNT}`],
    [{ hookTimeout: '5' }, 'hookTimeout is "5", wanted a number from 1 to 2147480000, or Infinity'],
    [{ hookTimeout: 2 ** 31 }, 'hookTimeout is 2147483648, wanted a number from 1 to 2147480000, or Infinity'],
    [{ limits: 5 }, 'limits is 5, wanted an object'],
    [
      { limits: { frame: 5 } },
      'limits.frame is no option, wanted one of frameBytes, channels, messagesPerSecond, unauthenticated, bufferedBytes, stalled, nameLength',
    ],
    [{ limits: { frameBytes: 1.5 } }, `limits.frameBytes is 1.5, wanted ${COUNT}`],
    [{ limits: { channels: -1 } }, `limits.channels is -1, wanted ${COUNT}`],
    [{ limits: { bufferedBytes: '1MB' } }, `limits.bufferedBytes is "1MB", wanted ${COUNT}`],
    [{ limits: { nameLength: null } }, `limits.nameLength is null, wanted ${COUNT}`],
    [{ limits: { messagesPerSecond: 0 } }, 'limits.messagesPerSecond is 0, wanted a number of at least 1'],
    [{ limits: { unauthenticated: Number.NaN } }, 'limits.unauthenticated is NaN, wanted a number of at least 1'],
    [{ limits: { stalled: false } }, 'limits.stalled is false, wanted a number of at least 1'],
  ])('%o', (options, message) => told(createServer, options, `createServer: ${message}`));

  it('takes undefined for what is not given, and Infinity for no bound', () => {
    const every = Object.fromEntries(NAMES.split(', ').map((name) => [name, undefined]));
    createServer({ ...every, limits: { stalled: undefined } as object });
    createServer({ limits: { frameBytes: Infinity, channels: Infinity }, concurrency: Infinity, heartbeat: Infinity });
  });
});

describe('what a server is made of', () => {
  it.each<[unknown, string]>([
    [null, 'options is null, wanted an object'],
    [{ max: 5 }, 'max is no option, wanted one of maxMessages, maxBytes, maxAge, keepIds'],
    [{ maxMessages: 1.5 }, `maxMessages is 1.5, wanted ${COUNT_0}`],
    [{ maxBytes: -1 }, `maxBytes is -1, wanted ${COUNT_0}`],
    [{ maxAge: Number.NaN }, 'maxAge is NaN, wanted a number of at least 0'],
    [{ keepIds: '5' }, 'keepIds is "5", wanted a number of at least 0'],
  ])('memoryLog %o', (options, message) => told(memoryLog, options, `memoryLog: ${message}`));

  it.each<[unknown, string]>([
    [5, 'options is 5, wanted an object'],
    [{ keepIds: 5 }, 'keepIds is no option, wanted one of keep'],
    [{ keep: Number.NaN }, 'keep is NaN, wanted a number of at least 0'],
  ])('memoryIds %o', (options, message) => told(memoryIds, options, `memoryIds: ${message}`));

  it.each<[unknown, string]>([
    ['app:', 'options is "app:", wanted an object'],
    [
      { keyPrefix: 'a' },
      'keyPrefix is no option, wanted one of prefix, maxMessages, maxAge, keepIds, patience, deadAfter',
    ],
    [{ prefix: 5 }, 'prefix is 5, wanted a text'],
    [{ maxMessages: 0 }, 'maxMessages is 0, wanted a whole number of at least 1'],
    [{ maxAge: 1.5 }, 'maxAge is 1.5, wanted a whole number of at least 1, or Infinity'],
    [{ keepIds: Infinity }, 'keepIds is Infinity, wanted a whole number of at least 1'],
    [{ patience: Infinity }, `patience is Infinity, wanted ${TIMER}`],
    [{ patience: 0.5 }, `patience is 0.5, wanted ${TIMER}`],
    [{ deadAfter: null }, `deadAfter is null, wanted ${TIMER}`],
  ])('redisLog %o', (options, message) =>
    told((given) => redisLog(createClient(), given), options, `redisLog: ${message}`),
  );

  it.each<[unknown, string]>([
    ['$', 'options is "$", wanted an object'],
    [{ prefx: '$' }, 'prefx is no option, wanted one of fields, prefix, literalPing'],
    [{ prefix: 5 }, 'prefix is 5, wanted a text'],
    [{ literalPing: 1 }, 'literalPing is 1, wanted true or false'],
    [{ fields: 'offset' }, 'fields is "offset", wanted an object'],
    [{ fields: { seq: '' } }, 'fields.seq is "", wanted a text with content'],
    [
      { fields: { id: 'messageId' } },
      'fields.id is no option, wanted one of seq, channel, messageId, messageIds, v, epoch, contiguous, recovered, heartbeat, ids, rate, lastSeq, ref, client, conn, t, token, data, code, message, retry, reason, retryAfter, within',
    ],
  ])('serverJson %o', (options, message) => told(serverJson, options, `serverJson: ${message}`));
});

describe('isAllowedOrigin', () => {
  it('takes a list only', () => {
    const message = 'isAllowedOrigin: allowed is "https://a.example", wanted a list of texts';
    told((allowed) => isAllowedOrigin('https://a.example', allowed), 'https://a.example', message);
  });

  it('takes null, as Headers say it, for who is no page', () => {
    expect(isAllowedOrigin(new Headers().get('origin'), ['https://a.example'])).toBe(true);
    expect(isAllowedOrigin('https://b.example', ['https://a.example'])).toBe(false);
  });
});

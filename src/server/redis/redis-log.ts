import { check, checkOptions, having, orInfinity, type Rule, TEXT, whole, wholeTimer } from '../checks.js';
import type { Answer, ReplayLog } from '../replay-log.js';
import type { RedisClient } from './client.js';
import { createFanOut } from './fan-out.js';
import { createRedisLink } from './link.js';
import { createNodeSign } from './node-sign.js';
import { redisIds } from './redis-ids.js';
import { redisSeats } from './redis-seats.js';
import { createSeen } from './seen.js';

export interface RedisLogOptions {
  /** Put in front of each key and each pub/sub channel. @default 'reliable-socket:' */
  readonly prefix?: string;
  /** Messages of each stream that are kept. @default 10_000 */
  readonly maxMessages?: number;
  /** ms; `Infinity` keeps streams for ever, also those that nobody writes any more. @default 3_600_000 */
  readonly maxAge?: number;
  /** How long the answer of a message id is kept, in ms. @default 660_000 */
  readonly keepIds?: number;
  /** ms for which a call outlasts a Redis that is away; then connections end with 1013. @default 10_000 */
  readonly patience?: number;
  /**
   * A node that was silent for so many ms counts as dead, and the messages that it was handling as abandoned. It must be
   * longer than any pause of a living one. @default 10_000
   */
  readonly deadAfter?: number;
}

/** A log that any number of processes share. */
export interface RedisLog extends ReplayLog {
  /** Ends what the log opened itself; the client is yours. Call it after the server's `close()`. */
  close(): void;
}

/** Redis takes no fractions. */
const RULES = {
  prefix: TEXT,
  maxMessages: whole(1),
  maxAge: orInfinity(whole(1)),
  keepIds: whole(1),
  patience: wholeTimer(1),
  deadAfter: wholeTimer(1),
};
const LIKE_A_CLIENT = having('a client of the redis package', 'sendCommand', 'duplicate');
const CLIENT: Rule = {
  ...LIKE_A_CLIENT,
  // Other packages have both functions, and mean something else by them.
  fits: (value) => LIKE_A_CLIENT.fits(value) && typeof Object(value).isReady === 'boolean',
};

/** A stream's place outlives its messages by this factor, so that a client that missed nothing is told nothing. */
const PLACE_SHARE = 2;
/** How long it is remembered that a message without an id was appended: as long as anybody may still try. */
const RETRY_MEMORY = 3;

/**
 * A log in Redis 6.2 or later, one primary, no Redis Cluster. Streams are numbered by a script, so any number of nodes may
 * publish at the same time.
 *
 * @param client A connected client of the `redis` package. Listen to its `error` event. Where the connection may die
 * without a word, give it a `pingInterval`.
 */
export const redisLog = (client: RedisClient, options: RedisLogOptions = {}): RedisLog => {
  check('redisLog: the client', client, CLIENT);
  checkOptions('redisLog', options, RULES);
  const { prefix = 'reliable-socket:', maxMessages = 10_000, maxAge = 3_600_000 } = options;
  const { keepIds = 660_000, patience = 10_000, deadAfter = 10_000 } = options;
  const age = maxAge === Infinity ? 0 : maxAge;
  const keepPlace = age * PLACE_SHARE;
  const nameOf = (channel: string | undefined): string => (channel === undefined ? '' : `:${channel}`);
  const placeKey = (channel: string | undefined): string => `${prefix}place${nameOf(channel)}`;
  const keysOf = (channel: string | undefined): string[] => [`${prefix}stream${nameOf(channel)}`, placeKey(channel)];
  const idKey = (key: string): string => `${prefix}id:${key}`;

  const link = createRedisLink(client, patience);
  const fanOut = createFanOut(client, patience);
  const seen = createSeen();
  /** A stream that somebody follows keeps its place, however long nothing is written. */
  const followed = new Map<string | undefined, number>();
  let touchedAt = 0;
  const touch = (): void => {
    if (age === 0 || performance.now() - touchedAt < age / 2) return;
    touchedAt = performance.now();
    for (const channel of followed.keys()) link.command('PEXPIRE', placeKey(channel), keepPlace).catch(() => {});
  };
  const sign = createNodeSign(link, prefix, deadAfter, touch);
  const ids = redisIds(link, sign, idKey, keepIds);
  const seats = redisSeats(link, fanOut, sign, prefix);
  const common = (channel: string | undefined): (string | number)[] => {
    const { epoch, seq } = seen.get(channel);
    return [crypto.randomUUID().slice(0, 13), keepPlace, epoch, seq];
  };

  return {
    ids,
    seats,
    async append(channel, data, once) {
      // Without an id of its own it gets one, or a broken connection could make two of one.
      const key = once?.key ?? `once:${crypto.randomUUID()}`;
      const keep = once === undefined ? patience * RETRY_MEMORY : keepIds;
      const told = JSON.stringify(once?.answer ?? {});
      const values = [...common(channel), data, maxMessages, age, `${prefix}live${nameOf(channel)}`, told, keep];
      const reply = await link.run('append', [...keysOf(channel), idKey(key)], values);
      const [epoch = '', seq = '0', known] = reply;
      seen.note(channel, epoch, Number(seq));
      // Safe: it is what was given with an earlier append.
      const answer = known === undefined ? once?.answer : (JSON.parse(known) as Answer);
      return { epoch, seq: Number(seq), answer };
    },
    async readAfter(channel, cursor, limit) {
      const values = [cursor?.seq ?? '', cursor?.epoch ?? '', limit.messages, limit.bytes];
      const reply = await link.run('read', keysOf(channel), [...common(channel), ...values]);
      const [epoch = '', from, head, gone, ...rest] = reply;
      const entries = [];
      for (let i = 0; i < rest.length; i += 2) entries.push({ seq: Number(rest[i]), data: rest[i + 1] ?? '' });
      seen.note(channel, epoch, Number(head));
      return { epoch, from: Number(from), head: Number(head), gone: gone === '1', entries };
    },
    async subscribe(channel, listener) {
      const end = await fanOut.subscribe(`${prefix}live${nameOf(channel)}`, {
        entry(entry, epoch) {
          seen.note(channel, epoch, entry.seq);
          listener.entry(entry, epoch);
        },
        missed: () => listener.missed(),
      });
      await sign.show();
      followed.set(channel, (followed.get(channel) ?? 0) + 1);
      return () => {
        const left = (followed.get(channel) ?? 1) - 1;
        if (left > 0) followed.set(channel, left);
        else followed.delete(channel);
        end();
      };
    },
    close() {
      sign.close();
      fanOut.close();
    },
  };
};

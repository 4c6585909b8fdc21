import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Entry, Slice } from '../../../src/server/index.js';
import { type RedisLog, type RedisLogOptions, redisLog } from '../../../src/server/redis/index.js';
import { upTo } from '../../support/network.js';
import { hasRedis, TestRedis } from '../../support/redis.js';
import { until } from '../../support/until.js';

const ALL = { messages: 10_000, bytes: 10_000_000 };

describe.skipIf(!hasRedis)('redisLog', () => {
  let redis: TestRedis;
  const logs: RedisLog[] = [];
  let names = 0;
  beforeAll(async () => {
    redis = await TestRedis.start();
  });
  afterEach(() => {
    for (const log of logs.splice(0)) log.close();
  });
  afterAll(() => redis.stop());

  /** The log of one node. */
  const node = async (options: RedisLogOptions = {}): Promise<RedisLog> => {
    const log = redisLog(await redis.client(), { prefix: 'test:', ...options });
    logs.push(log);
    return log;
  };
  const newChannel = (): string => `channel ${++names}`;
  const listen = async (log: RedisLog, channel: string) => {
    const heard: (Entry & { readonly epoch: string })[] = [];
    const told = { missed: 0 };
    await log.subscribe(channel, {
      entry: (entry, epoch) => heard.push({ ...entry, epoch }),
      missed: () => {
        told.missed += 1;
      },
    });
    return { heard, told };
  };
  const numbers = ({ entries }: Slice): number[] => entries.map(({ seq }) => seq);

  it('numbers without holes what several nodes publish at the same time, and tells it to all', async () => {
    const [a, b] = [await node(), await node()];
    const channel = newChannel();
    const { heard } = await listen(a, channel);
    const appended = await Promise.all(upTo(400).map((n) => (n % 2 ? a : b).append(channel, `"${n}"`)));
    expect(appended.map(({ seq }) => seq).sort((x, y) => x - y)).toEqual(upTo(400));
    await until(() => heard.length === 400);
    expect(heard.map(({ seq }) => seq)).toEqual(upTo(400));
    const { entries, ...place } = await b.readAfter(channel, { seq: 0 }, ALL);
    expect(place).toEqual({ epoch: heard[0]!.epoch, from: 0, head: 400, gone: false });
    expect(entries.map(({ seq, data }) => [seq, data])).toEqual(heard.map(({ seq, data }) => [seq, data]));
  });

  it('reads in slices, from a place, and says what is gone', async () => {
    const log = await node({ maxMessages: 5 });
    const channel = newChannel();
    const fresh = await log.readAfter(channel, undefined, ALL);
    expect(fresh).toMatchObject({ from: 0, head: 0, gone: false, entries: [] });
    for (const n of upTo(8)) await log.append(channel, 'x'.repeat(n));
    const { epoch } = fresh;
    const read = (cursor: { seq: number; epoch?: string } | undefined, limit = ALL) =>
      log.readAfter(channel, cursor, limit);
    expect(await read(undefined)).toMatchObject({ epoch, from: 8, head: 8, gone: false, entries: [] });
    expect(numbers(await read({ seq: 6, epoch }))).toEqual([7, 8]);
    expect(numbers(await read({ seq: 3, epoch }))).toEqual([4, 5, 6, 7, 8]);
    expect(await read({ seq: 2, epoch })).toMatchObject({ from: 3, gone: true });
    expect(await read({ seq: 9, epoch })).toMatchObject({ from: 3, gone: true });
    expect(await read({ seq: 7, epoch: 'other' })).toMatchObject({ epoch, from: 3, gone: true });
    expect(numbers(await read({ seq: 3 }, { messages: 2, bytes: 1_000 }))).toEqual([4, 5]);
    expect(numbers(await read({ seq: 3 }, { messages: 9, bytes: 10 }))).toEqual([4, 5]);
    expect(numbers(await read({ seq: 3 }, { messages: 9, bytes: 1 }))).toEqual([4]);
    expect(numbers(await read({ seq: 3 }, { messages: 0, bytes: 0 }))).toEqual([]);
  });

  it('forgets what is older than its age, and no numbers', async () => {
    // What is to be young still has a second to spare.
    const log = await node({ maxAge: 2_000 });
    const channel = newChannel();
    await log.append(channel, '1');
    await log.append(channel, '2');
    const { epoch } = await log.readAfter(channel, undefined, ALL);
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    await log.append(channel, '3');
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await log.append(channel, '4');
    expect(await log.readAfter(channel, { seq: 0, epoch }, ALL)).toMatchObject({ epoch, from: 2, head: 4, gone: true });
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    expect(await log.readAfter(channel, { seq: 4, epoch }, ALL)).toMatchObject({
      epoch,
      from: 4,
      head: 4,
      gone: false,
    });
  });

  it('appends once what has a key, and remembers its answer in the same step', async () => {
    const [a, b] = [await node(), await node()];
    const channel = newChannel();
    const once = { key: `key of ${channel}`, answer: { data: { n: 1 } } };
    expect((await a.append(channel, '1', once)).answer).toEqual(once.answer);
    const again = await b.append(channel, '1', { ...once, answer: { data: 'another' } });
    expect(again).toMatchObject({ seq: 1, answer: once.answer });
    expect(await b.ids.claim(once.key)).toEqual({ state: 'answered', answer: once.answer });
    expect((await a.readAfter(channel, { seq: 0 }, ALL)).entries).toHaveLength(1);
  });

  it('gives an id to one node, and lets the other wait for the answer', async () => {
    const [a, b] = [await node(), await node()];
    expect(await a.ids.claim('one')).toEqual({ state: 'mine', again: false });
    let waited: unknown;
    const waiting = b.ids.claim('one').then((claim) => {
      waited = claim;
    });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(waited).toBeUndefined();
    await a.ids.settle('one', { data: 7 });
    await waiting;
    expect(waited).toEqual({ state: 'answered', answer: { data: 7 } });
    expect(await a.ids.claim('two')).toEqual({ state: 'mine', again: false });
    await a.ids.release('two');
    expect(await b.ids.claim('two')).toEqual({ state: 'mine', again: false });
  });

  it('says of an id that a dead node holds that it was begun', async () => {
    const [a, b] = [await node(), await node()];
    await a.ids.claim('begun');
    a.close();
    // As the death of the node, some time later.
    const client = await redis.client();
    expect(await client.del(await client.keys('test:node:*'))).toBeGreaterThan(0);
    expect(await b.ids.claim('begun')).toEqual({ state: 'mine', again: true });
  });

  it('outlasts a Redis that restarts with its data: the same numbers go on, and listeners are told to look', async () => {
    const log = await node();
    const channel = newChannel();
    const { heard, told } = await listen(log, channel);
    await log.append(channel, '1');
    await until(() => heard.length === 1);
    const { epoch } = await log.readAfter(channel, undefined, ALL);
    const restarting = redis.restart();
    const appending = log.append(channel, '2');
    await restarting;
    expect(await appending).toMatchObject({ epoch, seq: 2 });
    await until(() => told.missed > 0, { message: 'the listener is told to look' });
    expect(numbers(await log.readAfter(channel, { seq: 0, epoch }, ALL))).toEqual([1, 2]);
    await log.append(channel, '3');
    await until(() => heard.at(-1)?.seq === 3, { message: 'live messages go on' });
  });

  it('begins a new epoch when Redis has lost its data', async () => {
    const log = await node();
    const channel = newChannel();
    const { told } = await listen(log, channel);
    for (const n of upTo(3)) await log.append(channel, `${n}`);
    const { epoch } = await log.readAfter(channel, undefined, ALL);
    await redis.restart({ keepData: false });
    await until(() => told.missed > 0);
    const after = await log.readAfter(channel, { seq: 3, epoch }, ALL);
    expect(after).toMatchObject({ from: 0, head: 0, gone: true });
    expect(after.epoch).not.toBe(epoch);
  });

  it('begins a new epoch when Redis went back behind what the node has seen', async () => {
    const log = await node();
    const channel = newChannel();
    for (const n of upTo(5)) await log.append(channel, `${n}`);
    const { epoch } = await log.readAfter(channel, undefined, ALL);
    // As a copy that was made after the third message.
    const client = await redis.client();
    await client.hSet(`test:place:${channel}`, 'head', '3');
    await client.xDel(`test:stream:${channel}`, ['4-0', '5-0']);
    const after = await log.readAfter(channel, { seq: 5, epoch }, ALL);
    expect(after).toMatchObject({ from: 0, head: 3, gone: true });
    expect(after.epoch).not.toBe(epoch);
    expect(numbers(after)).toEqual([1, 2, 3]);
  });

  it('rejects when Redis stays away for longer than its patience', async () => {
    const log = await node({ patience: 300 });
    await redis.kill();
    await expect(log.append('x', '1')).rejects.toThrow('Redis was not there for 300 ms');
    await expect(log.subscribe('x', { entry: () => {}, missed: () => {} })).rejects.toThrow('Redis was not there');
    await redis.start();
  });

  it('rejects while the memory of Redis is full, keeps nothing of what was refused, and goes on', async () => {
    const log = await node({ patience: 100 });
    const memory = await redis.client();
    const channel = newChannel();
    await log.append(channel, '1');
    await memory.configSet('maxmemory', '1');
    await expect(log.append(channel, '2')).rejects.toThrow('maxmemory');
    expect(await log.readAfter(channel, { seq: 0 }, ALL)).toMatchObject({ head: 1, entries: [{ seq: 1 }] });
    await memory.configSet('maxmemory', '0');
    expect(await log.append(channel, '3')).toMatchObject({ seq: 2 });
  });

  it('ends what it has opened also while Redis is away', async () => {
    const client = await redis.client();
    const opened: ReturnType<typeof client.duplicate>[] = [];
    const duplicate = client.duplicate.bind(client);
    client.duplicate = ((...overrides: Parameters<typeof duplicate>) => {
      opened.push(duplicate(...overrides));
      return opened.at(-1);
      // Safe: it is what the client's own function made.
    }) as typeof client.duplicate;
    const log = redisLog(client, { patience: 200 });
    await redis.kill();
    // The application's own connection may not have noticed yet.
    await expect(log.subscribe('x', { entry: () => {}, missed: () => {} })).rejects.toThrow('Redis was not there');
    expect(opened.map(({ isOpen }) => isOpen)).toEqual([true]);
    log.close();
    expect(opened.map(({ isOpen }) => isOpen)).toEqual([false]);
    log.close();
    await redis.start();
  });
});

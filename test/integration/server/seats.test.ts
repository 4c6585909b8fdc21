import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ServerOptions } from '../../../src/server/index.js';
import { type RedisLog, redisLog } from '../../../src/server/redis/index.js';
import { type Companion, useCompanions } from '../../support/companion.js';
import { RawClient } from '../../support/raw-client.js';
import { hasRedis, TestRedis } from '../../support/redis.js';
import { until } from '../../support/until.js';

const start = useCompanions();

describe.skipIf(!hasRedis)('takeover between nodes', () => {
  let redis: TestRedis;
  const logs: RedisLog[] = [];
  beforeAll(async () => {
    redis = await TestRedis.start();
  });
  afterEach(async () => {
    for (const log of logs.splice(0)) log.close();
    await (await redis.client()).flushAll();
  });
  afterAll(() => redis.stop());

  const node = async (options: ServerOptions = {}, deadAfter = 30_000): Promise<Companion> => {
    const log = redisLog(await redis.client(), { deadAfter });
    logs.push(log);
    return start({ log, ...options });
  };
  const connect = async ({ url }: Companion, query: string): Promise<RawClient> => {
    const client = new RawClient(`${url}/${query}`);
    await client.opened();
    return client;
  };
  /** A handler that does not end before it is let go. */
  const held = () => {
    const begun: unknown[] = [];
    let letGo = (): void => {};
    const gate = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const onMessage: ServerOptions['onMessage'] = async ({ n }) => {
      begun.push(n);
      await gate;
    };
    return { begun, letGo, onMessage };
  };

  it('reads no more from the older connection, lets its handler end, and only then says welcome', async () => {
    const { begun, letGo, onMessage } = held();
    const [a, b] = [await node({ onMessage }), await node({ onMessage })];
    const old = await connect(a, '?client=c&conn=1');
    old.send({ type: 'x', n: 1, messageId: 'a' });
    old.send({ type: 'x', n: 2, messageId: 'b' });
    await until(() => begun.length === 1);
    const newer = await connect(b, '?client=c&conn=2');
    // Before the messages: no pong speaks for what waits for the welcome.
    await newer.settled();
    newer.send({ type: 'x', n: 1, messageId: 'a' });
    newer.send({ type: 'x', n: 3, messageId: 'c' });
    await until(() => a.server.stats().takenOver === 1, { message: 'the older one is asked to retire' });
    // Longer than a node takes to ask again.
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    expect(newer.all('welcome')).toEqual([]);
    letGo();
    await newer.frame('ack', 2);
    await old.gone();
    expect(old.closed).toMatchObject({ code: 4409 });
    expect(old.all('ack')).toEqual([{ type: 'ack', messageId: 'a' }]);
    expect(begun).toEqual([1, 3]);
    expect([a, b].map(({ server }) => server.stats().takenOver)).toEqual([1, 0]);
    // And back again.
    const back = await connect(a, '?client=c&conn=3');
    await back.frame('welcome');
    await newer.gone();
    expect(newer.closed).toMatchObject({ code: 4409 });
  });

  it('waits for what the one before it waits for', async () => {
    const { begun, letGo, onMessage } = held();
    const nodes = [await node({ onMessage }), await node({ onMessage }), await node({ onMessage })] as const;
    const first = await connect(nodes[0], '?client=c&conn=1');
    first.send({ type: 'x', n: 1, messageId: 'a' });
    await until(() => begun.length === 1);
    await connect(nodes[1], '?client=c&conn=2');
    await until(() => nodes[0].server.stats().takenOver === 1);
    // On the node where the second one waits, and on a third.
    const [third, fourth] = [await connect(nodes[1], '?client=c&conn=3'), await connect(nodes[2], '?client=c&conn=4')];
    await until(() => nodes[1].server.stats().takenOver === 1);
    await Promise.all([third.settled(), fourth.settled()]);
    expect([third, fourth].flatMap((client) => client.all('welcome'))).toEqual([]);
    letGo();
    await fourth.frame('welcome');
    expect(first.all('ack')).toHaveLength(1);
    await third.gone();
    expect(third.closed).toMatchObject({ code: 4409 });
  });

  it('refuses an attempt that is older, and leaves other users alone', async () => {
    const authenticate: ServerOptions['authenticate'] = ({ token }) => ({ principal: String(token) });
    const [a, b] = [await node({ authenticate }), await node({ authenticate })];
    const first = await connect(a, '?client=c&conn=5&token=ann');
    await first.frame('welcome');
    const late = new RawClient(`${b.url}/?client=c&conn=4&token=ann`);
    await late.gone();
    expect(late.closed).toMatchObject({ code: 4409 });
    const other = await connect(b, '?client=c&conn=9&token=bob');
    await other.frame('welcome');
    await first.settled();
    expect(first.closed).toBeUndefined();
  });

  it('does not wait for a node that is dead, whatever number it held', async () => {
    const mortal = (): Promise<Companion> => node({}, 500);
    const store = await redis.client();
    for (const [i, conn] of [7, 8, 3].entries()) {
      await (await connect(await mortal(), `?client=c&conn=${conn}`)).frame('welcome');
      // As if its process was gone: it is not heard of, and hears nothing.
      logs[i]?.close();
      await expect.poll(() => store.keys('*node:*')).toEqual([]);
    }
    expect(await store.get('reliable-socket:seat:[null,"c"]')).toMatch(/^3 /);
  });

  it('forgets who has left', async () => {
    const a = await node();
    const client = await connect(a, '?client=c&conn=7');
    await client.frame('welcome');
    const store = await redis.client();
    expect(await store.keys('*seat*')).toHaveLength(1);
    client.socket.close();
    const b = await node();
    await expect.poll(() => store.keys('*seat*')).toEqual([]);
    await (await connect(b, '?client=c&conn=1')).frame('welcome');
  });

  it('knows the newest connection of a node, in whatever order they ask', async () => {
    const [here, there] = await Promise.all(
      [1, 2].map(async () => {
        const log = redisLog(await redis.client());
        logs.push(log);
        return log.seats;
      }),
    );
    expect(await here?.take('c', 3)).toBe(true);
    expect(await here?.take('c', 2)).toBe(true);
    here?.leave('c', 2);
    expect(await there?.take('c', 2)).toBe(false);
    here?.leave('c', 3);
    expect(await there?.take('c', 2)).toBe(true);
  });
});

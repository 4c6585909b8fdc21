import { describe, expect, it, onTestFinished } from 'vitest';
import type { Gap } from '../../../src/index.js';
import { redisLog } from '../../../src/server/redis/index.js';
import { runCluster } from '../../support/cluster/cluster.js';
import { useCompanions } from '../../support/companion.js';
import { collect, upTo, useNetwork } from '../../support/network.js';
import { hasRedis, TestRedis } from '../../support/redis.js';
import { until } from '../../support/until.js';

const network = useNetwork();
const start = useCompanions();

describe.skipIf(!hasRedis)('two nodes and one Redis', () => {
  it('lose, repeat and reorder nothing while nodes, Redis and the network die', async () => {
    const { wrong, seen } = await runCluster({ seed: 2, clients: 12, messages: 1_200, orders: 8, kills: 2 });
    for (const [name, count] of Object.entries(wrong)) expect(count, name).toBe(0);
    expect(seen.deliveries).toBe((1_200 * 12 * 4) / 20);
    expect(seen).toMatchObject({ 'nodes killed': 2, 'Redis killed': 2, 'orders acked': 96 });
    // Those that were on a killed node came back: two kills of one of two nodes, so about one more for each client.
    expect(seen.connections).toBeGreaterThan(1.5 * 12);
  });

  it('tell each client one gap for each of its streams when Redis has lost its data, and go on', async () => {
    const redis = await TestRedis.start();
    onTestFinished(() => redis.stop());
    const logs = [redisLog(await redis.client()), redisLog(await redis.client())];
    onTestFinished(() => {
      for (const log of logs) log.close();
    });
    const nodes = [await start({ log: logs[0]! }), await start({ log: logs[1]! })];
    const channels = ['a', 'b', 'c'];
    const clients = upTo(6).map((n) => {
      const socket = network.socket(nodes[n % 2]!.url, { heartbeat: { interval: 5_000, timeout: 5_000 } });
      const gaps = collect<Gap>((listener) => socket.on('gap', listener));
      const heard: string[] = [];
      const handles = channels.map((name) => {
        const handle = socket.channel(name);
        handle.onMessage('n', ({ text }) => heard.push(`${name} ${text}`));
        return handle;
      });
      socket.onMessage('n', ({ text }) => heard.push(`default ${text}`));
      return { gaps, heard, isThere: () => handles.every(({ state }) => state.status === 'subscribed') };
    });
    const publish = async (text: string): Promise<void> => {
      for (const [i, channel] of [undefined, ...channels].entries()) {
        await nodes[i % 2]!.server.publish({ type: 'n', text }, { channel });
      }
    };
    const all = (text: string): string[] => ['default', ...channels].map((name) => `${name} ${text}`);
    await until(() => clients.every(({ isThere }) => isThere()));
    await publish('before');
    await until(() => clients.every(({ heard }) => heard.length === 4), {
      message: 'all heard what came before',
    });
    await redis.restart({ keepData: false });
    await until(() => clients.every(({ gaps }) => gaps.length === 4), { message: 'all were told' });
    await publish('after');
    await until(() => clients.every(({ heard }) => heard.length === 8), {
      message: 'all heard what came after',
    });
    for (const { gaps, heard } of clients) {
      expect(gaps.map(({ channel, reason }) => `${channel} ${reason}`).sort()).toEqual([
        'a epoch',
        'b epoch',
        'c epoch',
        'undefined epoch',
      ]);
      expect(heard.sort()).toEqual([...all('before'), ...all('after')].sort());
    }
  });
});

import { setTimeout as pause } from 'node:timers/promises';
import { type FaultKind, type FaultProxy, startFaultProxy } from '../../../src/testing/fault-proxy.js';
import { seededRandom } from '../../../src/testing/random.js';
import { freePort } from '../free-port.js';
import { TestRedis } from '../redis.js';
import { until } from '../until.js';
import { ClusterClient } from './client.js';
import { ClusterNode } from './node.js';
import { type ClusterReport, judge } from './report.js';

export interface ClusterOptions {
  readonly seed: number;
  readonly clients: number;
  /** Published by the nodes, over all channels. */
  readonly messages: number;
  /** Of each kind, by each client: one kind whose effect is a publish, one with an effect elsewhere. */
  readonly orders: number;
  /** How often a node is killed. Redis is killed at a third and at two thirds of the messages. */
  readonly kills: number;
}

const CHANNELS: readonly string[] = Array.from({ length: 20 }, (_, i) => `channel-${i}`);
const EACH_CLIENT = 4;
/** Publishes that are under way at a time, over both nodes. */
const WINDOW = 100;
const KINDS: readonly FaultKind[] = ['rst', 'fin', 'cut', 'freeze', 'delay'];

const shuffled = <T>(list: readonly T[], random: () => number): T[] =>
  list
    .map((one) => [random(), one] as const)
    .sort(([a], [b]) => a - b)
    .map(([, one]) => one);

/** Nodes, Redis and the network fail while clients and nodes talk; then everything is counted. */
export async function runCluster({
  seed,
  clients: count,
  messages,
  orders,
  kills,
}: ClusterOptions): Promise<ClusterReport> {
  const random = seededRandom(seed);
  const redis = await TestRedis.start();
  const ports = [await freePort(), await freePort()];
  const nodes = ports.map((port) => new ClusterNode(redis.port, port));
  await Promise.all(nodes.map((node) => node.start()));
  const proxies = await Promise.all(
    ports.map((port, i) => startFaultProxy({ target: { host: '127.0.0.1', port }, random: seededRandom(seed + i) })),
  );
  const clients = Array.from({ length: count }, (_, i) => {
    const channels = shuffled(CHANNELS, random).slice(0, EACH_CLIENT);
    return new ClusterClient(i, channels, () => proxies[Math.floor(random() * 2)]!.url, seededRandom(seed * 1_000 + i));
  });
  const everywhere = { timeout: 60_000, message: 'all clients follow all their channels' };
  await until(() => clients.every((client) => client.isThere), everywhere);

  let published = 0;
  let redisKills = 0;
  const isOver = (): boolean => published >= messages;

  const publishAll = async (): Promise<void> => {
    let next = 0;
    const one = async (): Promise<void> => {
      while (next < messages) {
        const id = `m${next}`;
        const channel = CHANNELS[next % CHANNELS.length]!;
        next += 1;
        // Whoever takes it; if nobody can tell, the same again.
        for (let done = false; !done; ) {
          const node = nodes[Math.floor(random() * 2)]!;
          done = node.isReady && (await node.publish({ id, channel }));
          if (!done) await pause(20);
        }
        published += 1;
      }
    };
    await Promise.all(Array.from({ length: WINDOW }, one));
  };
  const talkAll = async (): Promise<void> => {
    for (let n = 0; n < orders; n += 1) {
      // As the messages are published, not before.
      while (!isOver() && published < (messages * n) / orders) await pause(10);
      for (const client of clients) client.talk(n);
    }
  };
  const killNodes = async (): Promise<void> => {
    for (let n = 1; n <= kills; n += 1) {
      while (!isOver() && published < (messages * n) / (kills + 1)) await pause(10);
      const node = nodes[n % 2]!;
      await node.kill();
      await pause(200 * random());
      await node.start();
    }
  };
  const killRedis = async (): Promise<void> => {
    for (const n of [1, 2]) {
      while (!isOver() && published < (messages * n) / 3) await pause(10);
      await redis.restart();
      redisKills += 1;
    }
  };
  const rage = async (): Promise<void> => {
    while (!isOver()) {
      await pause(300 + random() * 700);
      const proxy: FaultProxy = proxies[Math.floor(random() * 2)]!;
      proxy.inject(KINDS[Math.floor(random() * KINDS.length)]!, { ms: 300, latency: 50 });
    }
    for (const proxy of proxies) proxy.calm();
  };

  const startedAt = performance.now();
  await Promise.all([publishAll(), talkAll(), killNodes(), killRedis(), rage()]);
  const patience = { timeout: 120_000 };
  await until(() => clients.every((client) => client.isDone), {
    ...patience,
    message: 'every message has its outcome',
  });
  const report = await judge({
    redis: await redis.client(),
    clients,
    channels: CHANNELS,
    messages,
    seconds: () => (performance.now() - startedAt) / 1_000,
    kills: { nodes: nodes.reduce((sum, node) => sum + node.kills, 0), redis: redisKills },
    faults: proxies.map(({ hits }) => hits),
    errors: nodes.flatMap((node) => node.errors),
  });
  await Promise.all(clients.map((client) => client.close()));
  await Promise.all([...proxies.map((proxy) => proxy.close()), ...nodes.map((node) => node.kill())]);
  await redis.stop();
  return report;
}

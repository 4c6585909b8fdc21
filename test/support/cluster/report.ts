import { isDeepStrictEqual } from 'node:util';
import { redisLog } from '../../../src/server/redis/index.js';
import type { FaultKind } from '../../../src/testing/fault-proxy.js';
import type { Client } from '../redis.js';
import { until } from '../until.js';
import type { ClusterClient } from './client.js';

/** What was counted when everything was over. All but the last group must be 0. */
export interface ClusterReport {
  readonly wrong: {
    /** Messages that a node published and the log has not, or more than once. */
    readonly 'not published once': number;
    /** Over all clients and channels, against what the log holds. */
    readonly lost: number;
    readonly repeated: number;
    readonly 'out of order': number;
    readonly gaps: number;
    /** Messages of clients whose effect is a publish. */
    readonly 'orders not acked': number;
    readonly 'orders not published once': number;
    /** Messages of clients with an effect elsewhere. */
    readonly 'effects twice': number;
    readonly 'effects acked and not done': number;
    readonly 'effects neither acked nor unknown': number;
  };
  readonly seen: {
    readonly deliveries: number;
    readonly 'orders acked': number;
    readonly 'effects acked': number;
    readonly 'effects unknown': number;
    readonly connections: number;
    readonly 'nodes killed': number;
    readonly 'Redis killed': number;
    readonly faults: number;
    readonly 'errors told by nodes': number;
    readonly seconds: number;
  };
}

interface Evidence {
  readonly redis: Client;
  readonly clients: readonly ClusterClient[];
  readonly channels: readonly string[];
  readonly messages: number;
  readonly seconds: () => number;
  readonly kills: { readonly nodes: number; readonly redis: number };
  readonly faults: readonly Readonly<Record<FaultKind, number>>[];
  readonly errors: readonly string[];
}

const ALL = { messages: 1_000_000, bytes: 1_000_000_000 };
const count = <T>(list: Iterable<T>, is: (one: T) => boolean): number => [...list].filter(is).length;
const timesOf = (ids: readonly string[]): Map<string, number> => {
  const times = new Map<string, number>();
  for (const id of ids) times.set(id, (times.get(id) ?? 0) + 1);
  return times;
};

/** Waits until everybody has all that the log holds, or nothing comes any more; then compares. */
export async function judge(evidence: Evidence): Promise<ClusterReport> {
  const { redis, clients, channels, messages, kills, faults, errors } = evidence;
  const log = redisLog(redis);
  const idsOf = async (channel: string): Promise<string[]> =>
    (await log.readAfter(channel, { seq: 0 }, ALL)).entries.map(({ data }) => String(JSON.parse(data).id));
  const held = new Map<string, string[]>();
  for (const channel of channels) held.set(channel, await idsOf(channel));
  const orders = timesOf(await idsOf('orders'));
  const effects = timesOf(await redis.lRange('effects', 0, -1));
  log.close();

  const pairs = clients.flatMap(({ heard }) =>
    [...heard].map(([channel, ids]) => ({ ids, wanted: held.get(channel) ?? [] })),
  );
  const isWhole = (): boolean => pairs.every(({ ids, wanted }) => ids.length >= wanted.length);
  await until(isWhole, { timeout: 60_000 }).catch(() => {});
  const seconds = Math.round(evidence.seconds());

  let [lost, repeated, disorder, deliveries] = [0, 0, 0, 0];
  for (const { ids, wanted } of pairs) {
    deliveries += ids.length;
    const unique = new Set(ids);
    lost += wanted.length - unique.size;
    repeated += ids.length - unique.size;
    if (
      !isDeepStrictEqual(
        [...unique],
        wanted.filter((id) => unique.has(id)),
      )
    )
      disorder += 1;
  }
  const published = timesOf([...held.values()].flat());
  const outcomes = clients.flatMap((client) => [...client.outcomes]);
  const of = (type: string): [string, string][] => outcomes.filter(([id]) => id.startsWith(type));
  const ended = (type: string, outcome: string): number => count(of(type), ([, one]) => one === outcome);
  return {
    wrong: {
      'not published once': messages - count(published.values(), (times) => times === 1),
      lost,
      repeated,
      'out of order': disorder,
      gaps: clients.reduce((sum, { gaps }) => sum + gaps.length, 0),
      'orders not acked': count(of('order'), ([, outcome]) => outcome !== 'acked'),
      'orders not published once':
        count(of('order'), ([id]) => orders.get(id) !== 1) + count(orders.values(), (times) => times > 1),
      'effects twice': count(effects.values(), (times) => times > 1),
      'effects acked and not done': count(of('effect'), ([id, outcome]) => outcome === 'acked' && !effects.has(id)),
      'effects neither acked nor unknown': of('effect').length - ended('effect', 'acked') - ended('effect', 'unknown'),
    },
    seen: {
      deliveries,
      'orders acked': ended('order', 'acked'),
      'effects acked': ended('effect', 'acked'),
      'effects unknown': ended('effect', 'unknown'),
      connections: clients.reduce((sum, { opened }) => sum + opened, 0),
      'nodes killed': kills.nodes,
      'Redis killed': kills.redis,
      faults: faults.flatMap((hits) => Object.values(hits)).reduce((sum, n) => sum + n, 0),
      'errors told by nodes': errors.length,
      seconds,
    },
  };
}

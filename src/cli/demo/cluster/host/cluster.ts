import { setTimeout as delay } from 'node:timers/promises';
import { type NodeName, nodeNames, type Status } from '../api.js';
import type { Upstream } from './balancer.js';
import { ClusterNode } from './node.js';
import { RedisProcess } from './redis.js';

/** A killed node is started again after so long. */
const NODE_AWAY_MS = 3_000;
const REDIS_AWAY_MS = 1_500;

/** Two nodes and the Redis between them: real processes, for all pages together. */
export class Cluster {
  readonly redis: RedisProcess;
  readonly nodes: Readonly<Record<NodeName, ClusterNode>>;
  readonly #ending = new AbortController();
  /** What is done to each process, one at a time. */
  readonly #queues = new Map<NodeName | 'redis', Promise<void>>();

  private constructor(redis: RedisProcess, onChange: () => void) {
    this.redis = redis;
    this.nodes = { A: new ClusterNode(redis.port, onChange), B: new ClusterNode(redis.port, onChange) };
  }

  /** @param onChange Called when a process has come or gone. */
  static async start(onChange: () => void): Promise<Cluster> {
    const cluster = new Cluster(await RedisProcess.create(onChange), onChange);
    try {
      await cluster.redis.start();
      await Promise.all(Object.values(cluster.nodes).map((node) => node.start()));
      return cluster;
    } catch (error) {
      await cluster.end();
      throw error;
    }
  }

  get status(): Omit<Status, 'places'> {
    const of = (name: NodeName): 'up' | 'down' => (this.nodes[name].port === undefined ? 'down' : 'up');
    return { nodes: { A: of('A'), B: of('B') }, redis: this.redis.isUp ? 'up' : 'down' };
  }

  /** The nodes that take connections. */
  get living(): readonly Upstream[] {
    return nodeNames.flatMap((name) => {
      const { port } = this.nodes[name];
      return port === undefined ? [] : [{ name, port }];
    });
  }

  /** Resolves when the node is back. */
  killNode(name: NodeName): Promise<void> {
    return this.#oneAtATime(name, async () => {
      await this.nodes[name].kill();
      await this.#wait(NODE_AWAY_MS);
      await this.nodes[name].start();
    });
  }

  /** A planned restart: each node sends its clients away before it ends, and the next waits until it is back. */
  async roll(): Promise<void> {
    for (const name of nodeNames) {
      await this.#oneAtATime(name, async () => {
        await this.nodes[name].leave();
        await this.nodes[name].start();
      });
    }
  }

  /** Resolves when Redis is back. */
  restartRedis({ keepData }: { readonly keepData: boolean }): Promise<void> {
    return this.#oneAtATime('redis', async () => {
      await this.redis.kill();
      if (!keepData) await this.redis.wipe();
      await this.#wait(REDIS_AWAY_MS);
      await this.redis.start();
    });
  }

  /** Kills all that was started. */
  async end(): Promise<void> {
    this.#ending.abort();
    const kill = (): Promise<unknown> => Promise.all(Object.values(this.nodes).map((node) => node.kill()));
    await kill();
    await this.redis.kill();
    // What was under way has started something, or has not.
    await Promise.all(this.#queues.values());
    await kill();
    await this.redis.end();
  }

  #oneAtATime(what: NodeName | 'redis', run: () => Promise<void>): Promise<void> {
    const done = (this.#queues.get(what) ?? Promise.resolve()).then(() => {
      this.#ending.signal.throwIfAborted();
      return run();
    });
    this.#queues.set(
      what,
      done.catch(() => {}),
    );
    return done;
  }

  /** Rejects when the cluster ends meanwhile. */
  async #wait(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.#ending.signal });
  }
}

import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type FaultProxy, startFaultProxy } from '../../../../testing/index.js';
import { type Blow, CLIENTS, type Hello, type Status } from '../api.js';
import { Balancer } from './balancer.js';
import type { Cluster } from './cluster.js';

/** Nobody can connect for so long after a cut. */
const OUTAGE_MS = 2_000;
/** One client is away for so long before Redis loses its data: what everybody has heard already is no loss. */
const ABSENCE_MS = 1_500;

/** What one open page needs: a room of its own, and a bad network and a balancer for each of its clients. */
export class Visit {
  readonly id: string = randomUUID();
  readonly #cluster: Cluster;
  readonly #balancers: readonly Balancer[];
  readonly #proxies: readonly FaultProxy[];
  #closed: Promise<void> | undefined;

  private constructor(cluster: Cluster, balancers: readonly Balancer[], proxies: readonly FaultProxy[]) {
    this.#cluster = cluster;
    this.#balancers = balancers;
    this.#proxies = proxies;
  }

  /** @param onChange Called when a client has come to another node. */
  static async start(cluster: Cluster, onChange: () => void): Promise<Visit> {
    const clients = Array.from({ length: CLIENTS });
    const balancers = await Promise.all(clients.map(() => Balancer.start(() => cluster.living, onChange)));
    const proxies = await Promise.all(
      balancers.map(({ port }) => startFaultProxy({ target: { host: '127.0.0.1', port } })),
    );
    return new Visit(cluster, balancers, proxies);
  }

  get hello(): Hello {
    return { visit: this.id, room: `room ${this.id}`, urls: this.#proxies.map(({ url }) => url) };
  }

  get status(): Status {
    return { ...this.#cluster.status, places: this.#balancers.map(({ place }) => place) };
  }

  /** Resolves when it is over. */
  strike(blow: Blow): Promise<void> {
    switch (blow) {
      case 'killA':
        return this.#cluster.killNode('A');
      case 'killB':
        return this.#cluster.killNode('B');
      case 'roll':
        return this.#cluster.roll();
      case 'restart':
        return this.#cluster.restartRedis({ keepData: true });
      case 'wipe':
        return this.#wipe();
      case 'cut':
        return this.#cut();
    }
  }

  close(): Promise<void> {
    this.#closed ??= this.#end();
    return this.#closed;
  }

  async #end(): Promise<void> {
    await Promise.all(this.#proxies.map((proxy) => proxy.close()));
    await Promise.all(this.#balancers.map((balancer) => balancer.close()));
  }

  async #cut(): Promise<void> {
    for (const proxy of this.#proxies) {
      proxy.refuse(true);
      proxy.inject('rst');
    }
    await delay(OUTAGE_MS);
    for (const proxy of this.#proxies) proxy.refuse(false);
  }

  async #wipe(): Promise<void> {
    const last = this.#proxies.at(-1);
    last?.refuse(true);
    last?.inject('rst');
    await delay(ABSENCE_MS);
    await this.#cluster.restartRedis({ keepData: false });
    last?.refuse(false);
  }
}

import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import type { NodeName } from '../api.js';

export interface Upstream {
  readonly name: NodeName;
  readonly port: number;
}

/** The load balancer in front of one client: sends every new connection to any node that lives, and keeps no memory. */
export class Balancer {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #onChange: () => void;
  #place: { readonly name: NodeName; readonly socket: Socket } | undefined;

  private constructor(living: () => readonly Upstream[], onChange: () => void) {
    this.#onChange = onChange;
    this.#server = createServer((client) => {
      const upstreams = living();
      const chosen = upstreams[Math.floor(Math.random() * upstreams.length)];
      if (chosen === undefined) client.resetAndDestroy();
      else this.#join(client, chosen);
    });
  }

  static async start(living: () => readonly Upstream[], onChange: () => void): Promise<Balancer> {
    const balancer = new Balancer(living, onChange);
    balancer.#server.listen(0, '127.0.0.1');
    await once(balancer.#server, 'listening');
    return balancer;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port; // it listens on TCP
  }

  /** Where the newest connection went; null once it is over. */
  get place(): NodeName | null {
    return this.#place?.name ?? null;
  }

  async close(): Promise<void> {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await once(this.#server, 'close');
  }

  #join(client: Socket, { name, port }: Upstream): void {
    const node = connect(port, '127.0.0.1');
    for (const [one, other] of [
      [client, node],
      [node, client],
    ] as const) {
      this.#sockets.add(one);
      one.setNoDelay(true).pipe(other);
      one.on('error', () => {}); // `close` follows
      one.on('close', () => {
        this.#sockets.delete(one);
        other.destroy();
      });
    }
    this.#place = { name, socket: client };
    client.on('close', () => {
      if (this.#place?.socket !== client) return;
      this.#place = undefined;
      this.#onChange();
    });
    this.#onChange();
  }
}

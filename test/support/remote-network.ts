import type { FaultKind } from '../../src/testing/fault-proxy.js';
import type { ReferenceServerOptions } from '../../src/testing/reference-server.js';

// A server and a fault proxy in the test's own process, as code sees them that runs in a browser or another runtime.

/** What can be said as JSON. */
export interface RemoteOptions extends Pick<ReferenceServerOptions, 'epoch' | 'auth' | 'heartbeat'> {
  /** The tokens that are let in; without them everybody is. Others are refused with 4401. */
  readonly tokens?: readonly string[];
  /** The server asks for a sign of life so often, in ms. @default never */
  readonly pings?: number;
}

export interface Seen {
  /** The `n` of each message that the server took, in order. */
  readonly received: readonly unknown[];
  /** The URL of each connection that was let in by HTTP. */
  readonly handshakes: readonly string[];
  /** How many connections the server has. */
  readonly connections: number;
  /** How often each kind of fault met a live connection. */
  readonly hits: Readonly<Record<FaultKind, number>>;
}

/** Every order, with what it takes and what it answers. */
export interface Orders {
  open(order: RemoteOptions): { readonly site: number; readonly url: string };
  /** Publishes `{ type: 'news', n }` for each n. */
  publish(order: { readonly site: number; readonly from: number; readonly to: number }): void;
  inject(order: { readonly site: number; readonly kind: FaultKind }): void;
  calm(order: { readonly site: number }): void;
  refuse(order: { readonly site: number; readonly on: boolean }): void;
  restart(order: { readonly site: number; readonly keepMemory: boolean }): void;
  accept(order: { readonly site: number; readonly tokens: readonly string[] }): void;
  see(order: { readonly site: number }): Seen;
  close(order: { readonly site: number }): void;
}

/** One server behind one proxy. */
export class RemoteNetwork {
  /** Of the proxy. */
  readonly url: string;
  readonly #control: string;
  readonly #site: number;

  private constructor(control: string, site: number, url: string) {
    this.#control = control;
    this.#site = site;
    this.url = url;
  }

  /** @param control The address of `startRemoteHost`. */
  static async open(control: string, options: RemoteOptions = {}): Promise<RemoteNetwork> {
    const { site, url } = await order(control, 'open', options);
    return new RemoteNetwork(control, site, url);
  }

  publish(from: number, to: number): Promise<void> {
    return order(this.#control, 'publish', { site: this.#site, from, to });
  }

  inject(kind: FaultKind): Promise<void> {
    return order(this.#control, 'inject', { site: this.#site, kind });
  }

  /** Ends a `freeze`: what was held passes. */
  calm(): Promise<void> {
    return order(this.#control, 'calm', { site: this.#site });
  }

  /** While on, the proxy lets no new connection in. */
  refuse(on: boolean): Promise<void> {
    return order(this.#control, 'refuse', { site: this.#site, on });
  }

  restart(keepMemory: boolean): Promise<void> {
    return order(this.#control, 'restart', { site: this.#site, keepMemory });
  }

  accept(...tokens: string[]): Promise<void> {
    return order(this.#control, 'accept', { site: this.#site, tokens });
  }

  see(): Promise<Seen> {
    return order(this.#control, 'see', { site: this.#site });
  }

  close(): Promise<void> {
    return order(this.#control, 'close', { site: this.#site });
  }
}

async function order<K extends keyof Orders>(
  control: string,
  name: K,
  body: Parameters<Orders[K]>[0],
): Promise<ReturnType<Orders[K]>> {
  const response = await fetch(`${control}/${name}`, { method: 'POST', body: JSON.stringify(body) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${name}: ${text}`);
  // Safe: `remote-host.ts` is typed by the same table.
  return (text === '' ? undefined : JSON.parse(text)) as ReturnType<Orders[K]>;
}

import type { AddressInfo, Server, Socket } from 'node:net';
import {
  AMOUNT,
  FLAG,
  FUNCTION,
  must,
  mustOptions,
  OBJECT,
  POSITIVE,
  port as portFrom,
  type Rule,
  TEXT,
} from './checks.js';
import { calmWeather, FaultLane, reset, type Weather } from './fault-lane.js';

/** After a `fin`, an end that does not answer is dropped so many ms later. */
const GRACE_MS = 1_000;

export const faultKinds = ['rst', 'fin', 'freeze', 'delay', 'throttle', 'cut'] as const;

/**
 * - `rst`: every connection is reset, on both ends.
 * - `fin`: every connection is ended in the TCP way, without a close frame.
 * - `freeze`: no byte passes in either direction and neither end learns anything.
 * - `delay`: every byte comes later than it would, in the same order.
 * - `throttle`: only so many bytes pass per second.
 * - `cut`: the next bytes pass in part, inside of a frame; then as `rst`.
 */
export type FaultKind = (typeof faultKinds)[number];

/** `up` is from the client to the server. */
export type Direction = 'up' | 'down';

/** Each kind reads only its own options. */
export interface FaultOptions {
  /** How long a `freeze`, `delay` or `throttle` lasts, in ms. @default Infinity */
  readonly ms?: number;
  /** `freeze`: connections made meanwhile hang too. @default false */
  readonly newConnections?: boolean;
  /** `delay`: how much later, in ms. @default 100 */
  readonly latency?: number;
  /** `throttle`. @default 2_000 */
  readonly bytesPerSecond?: number;
  /** `delay`, `throttle`, `cut`: in which direction. @default both; for `cut`, one drawn from `random` */
  readonly direction?: Direction;
}

export interface FaultProxyOptions {
  /** Where the real server is. */
  readonly target: { readonly host: string; readonly port: number };
  /** Chooses where a cut is made, for example `seededRandom(1)`. @default Math.random */
  readonly random?: () => number;
  /** @default 0, any free one */
  readonly port?: number;
}

export interface FaultProxy {
  readonly port: number;
  /** `ws://127.0.0.1:port` */
  readonly url: string;
  /** Connections that are there now, also those still in their handshake. */
  readonly connections: number;
  /** How often each kind was asked for. */
  readonly faults: Readonly<Record<FaultKind, number>>;
  /** How often each kind met at least one upgraded connection that was not frozen; a `cut` only once it was made. */
  readonly hits: Readonly<Record<FaultKind, number>>;
  /**
   * Does it now, to all connections. `delay` and `throttle` hold for new ones too, and replace the one before.
   *
   * @throws RangeError for a kind that is none, and for an option out of range
   */
  inject(kind: FaultKind, options?: FaultOptions): void;
  /** While on, each new connection is reset at once. Those that are there are left alone. */
  refuse(on: boolean): void;
  /** Ends every `freeze`, `delay` and `throttle`, and calls off a `cut` that was not made yet. */
  calm(): void;
  /** Destroys all connections and frees the port. */
  close(): Promise<void>;
}

const PROXY_RULES: { readonly [K in keyof FaultProxyOptions]-?: Rule } = {
  target: OBJECT,
  random: FUNCTION,
  port: portFrom(0),
};
const FAULT_RULES: { readonly [K in keyof FaultOptions]-?: Rule } = {
  ms: AMOUNT,
  newConnections: FLAG,
  latency: AMOUNT,
  bytesPerSecond: POSITIVE,
  direction: ['"up" or "down"', (value) => value === 'up' || value === 'down'],
};

/**
 * A TCP proxy on 127.0.0.1 which treats a real connection as bad networks do.
 * Needs Node (or a runtime with `node:net`); nothing is loaded before the call.
 *
 * Rejects with a RangeError for an option out of range.
 *
 * It knows nothing of TLS, and does not lose or reorder single packets: under
 * TCP nobody would see it.
 */
export async function startFaultProxy(options: FaultProxyOptions): Promise<FaultProxy> {
  mustOptions('startFaultProxy', options, PROXY_RULES);
  must('startFaultProxy: target', options.target, OBJECT);
  must('startFaultProxy: target.host', options.target.host, TEXT);
  must('startFaultProxy: target.port', options.target.port, portFrom(1));
  // Loaded here, so that the clock and the scripted socket can be imported in a browser.
  const { connect, createServer } = await import('node:net');
  const { target, random = Math.random } = options;
  const links = new Set<Link>();
  const faults = counters();
  const hits = counters();
  const weather = { up: calmWeather(), down: calmWeather() };
  let newOnesHangUntil = 0;
  let refusing = false;

  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    client.on('error', () => {});
    if (refusing) {
      client.resetAndDestroy();
      return;
    }
    const upstream = connect({ ...target, allowHalfOpen: true, noDelay: true });
    const link = new Link(client, upstream, weather, () => links.delete(link));
    links.add(link);
    if (newOnesHangUntil > performance.now()) link.freeze(newOnesHangUntil);
  });
  const port = await listen(server, options.port ?? 0);

  function waysOf({ direction }: FaultOptions): Weather[] {
    return direction === undefined ? [weather.up, weather.down] : [weather[direction]];
  }

  function apply(kind: FaultKind, fault: FaultOptions): void {
    const until = performance.now() + (fault.ms ?? Infinity);
    if (kind === 'delay') {
      for (const way of waysOf(fault)) {
        way.latency = fault.latency ?? 100;
        way.latencyUntil = until;
      }
    } else if (kind === 'throttle') {
      for (const way of waysOf(fault)) {
        way.bytesPerSecond = fault.bytesPerSecond ?? 2_000;
        way.throttledUntil = until;
      }
    } else if (kind === 'freeze') {
      if (fault.newConnections === true) newOnesHangUntil = until;
      for (const link of links) link.freeze(until);
    } else if (kind === 'cut') {
      const direction = fault.direction ?? (random() < 0.5 ? 'up' : 'down');
      let counted = false;
      for (const link of links) {
        link.cut(direction, random, () => {
          if (!counted) hits.cut += 1;
          counted = true;
        });
      }
    } else {
      for (const link of links) link.end(kind);
    }
  }

  return {
    port,
    url: `ws://127.0.0.1:${port}`,
    get connections() {
      return links.size;
    },
    faults,
    hits,
    inject(kind, fault = {}) {
      if (!faultKinds.includes(kind)) throw new RangeError(`inject: ${kind} is none of ${faultKinds.join(', ')}`);
      mustOptions('inject', fault, FAULT_RULES);
      faults[kind] += 1;
      if (kind !== 'cut' && [...links].some((link) => link.live)) hits[kind] += 1;
      apply(kind, fault);
    },
    refuse(on) {
      must('refuse: on', on, FLAG);
      refusing = on;
    },
    calm() {
      newOnesHangUntil = 0;
      Object.assign(weather.up, calmWeather());
      Object.assign(weather.down, calmWeather());
      for (const link of links) link.calm();
    },
    close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const link of links) link.destroy();
      return closed;
    },
  };
}

/** One connection through the proxy: a socket to the client, one to the server, and a lane each way. */
class Link {
  readonly #client: Socket;
  readonly #upstream: Socket;
  readonly #up: FaultLane;
  readonly #down: FaultLane;
  #ending = false;
  #grace: ReturnType<typeof setTimeout> | undefined;

  constructor(client: Socket, upstream: Socket, weather: Record<Direction, Weather>, gone: () => void) {
    this.#client = client;
    this.#upstream = upstream;
    this.#up = new FaultLane(client, upstream, weather.up);
    this.#down = new FaultLane(upstream, client, weather.down);
    const whenClosed = (): void => {
      if (!client.destroyed || !upstream.destroyed) return;
      this.destroy();
      gone();
    };
    client.on('close', whenClosed);
    upstream.on('close', whenClosed);
  }

  get live(): boolean {
    return this.#down.tracker.upgraded && !this.#down.frozen && !this.#ending;
  }

  freeze(until: number): void {
    if (this.#ending) return;
    this.#up.freeze(until);
    this.#down.freeze(until);
  }

  cut(direction: Direction, random: () => number, hit: () => void): void {
    const [lane, sink] = direction === 'up' ? [this.#up, this.#upstream] : [this.#down, this.#client];
    lane.cut(random, (part) => {
      if (this.live) hit();
      this.#stop();
      sink.write(part, () => this.end('rst'));
    });
  }

  end(kind: 'rst' | 'fin'): void {
    this.#stop();
    for (const socket of [this.#client, this.#upstream]) {
      if (kind === 'rst') reset(socket);
      else socket.end();
    }
    if (kind === 'fin') this.#grace ??= setTimeout(() => this.destroy(), GRACE_MS);
  }

  calm(): void {
    if (this.#ending) return;
    this.#up.calm();
    this.#down.calm();
  }

  destroy(): void {
    this.#stop();
    clearTimeout(this.#grace);
    this.#client.destroy();
    this.#upstream.destroy();
  }

  #stop(): void {
    this.#ending = true;
    this.#up.stop();
    this.#down.stop();
  }
}

function counters(): Record<FaultKind, number> {
  return { rst: 0, fin: 0, freeze: 0, delay: 0, throttle: 0, cut: 0 };
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}

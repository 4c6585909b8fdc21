import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { promisify } from 'node:util';
import { until } from '../until.js';

const ip = async (...args: readonly string[]): Promise<void> => {
  await promisify(execFile)('ip', args);
};

/** All in one go: whoever watches the network is not told of the half of it. */
const ipBatch = async (namespace: string, ...commands: readonly string[]): Promise<void> => {
  const running = promisify(execFile)('ip', ['-n', namespace, '-batch', '-']);
  running.child.stdin?.end(`${commands.join('\n')}\n`);
  await running;
};

/** How many networks there are to choose from. */
const NETWORKS = 254;

/** The lines out of a namespace, by number. */
export type Line = 1 | 2;

/**
 * A network of its own, for a program that runs `under` it: two lines lead out of it, each with its own address, and one
 * carries what goes out. Only what was asked for by `reach` is reached. Needs Linux, root and iproute2.
 */
export class NetworkNamespace {
  readonly #number: number;
  readonly #bridges: Server[] = [];
  /** The one by which everything goes out. */
  #line: Line = 1;

  static async create(): Promise<NetworkNamespace> {
    const first = Math.floor(Math.random() * NETWORKS);
    for (let i = 0; i < NETWORKS; i += 1) {
      const namespace = new NetworkNamespace((first + i) % NETWORKS);
      if (await namespace.#claim()) return namespace;
    }
    throw new Error('each network for tests is in use');
  }

  private constructor(number: number) {
    this.#number = number;
  }

  get under(): readonly string[] {
    return ['ip', 'netns', 'exec', this.#name];
  }

  /** The url by which a server on 127.0.0.1 is reached from inside. */
  async reach(url: string): Promise<string> {
    const { port } = new URL(url);
    const bridge = createServer((inside) => {
      const outside = connect(Number(port), '127.0.0.1');
      inside.pipe(outside).pipe(inside);
      inside.on('error', () => outside.destroy()).on('close', () => outside.destroy());
      outside.on('error', () => inside.destroy()).on('close', () => inside.destroy());
    });
    await new Promise<void>((resolve) => bridge.listen(0, this.#outer(1), resolve));
    this.#bridges.push(bridge);
    return url.replace(`127.0.0.1:${port}`, `${this.#outer(1)}:${(bridge.address() as AddressInfo).port}`);
  }

  /** The line is dead, as when a cable is pulled or a phone leaves its cell. Neither end of a connection is told. */
  async down(line: Line): Promise<void> {
    await ip('-n', this.#name, 'link', 'set', `line${line}`, 'down');
  }

  /** The line works, and everything goes out by it. */
  async up(line: Line): Promise<void> {
    await ip('-n', this.#name, 'link', 'set', `line${line}`, 'up');
    // Until its far end is ready, what comes first gets lost, and TCP sends it again after a second.
    const farEnd = `/sys/class/net/${this.#far(line)}/operstate`;
    await until(() => readFileSync(farEnd, 'utf8') === 'up\n', { message: `line ${line} carries` });
    // Where the far end has asked in vain, it asks again only once a second. A network that is new has asked nothing.
    if (line !== this.#line) await ip('neigh', 'flush', 'dev', this.#far(line));
    this.#line = line;
    // A browser that is online before the route is there fails at once to connect.
    await ipBatch(
      this.#name,
      `route replace default via ${this.#outer(line)} src ${this.#inner(line)}`,
      `link set line${line} state up`,
    );
  }

  async close(): Promise<void> {
    // The lines go with it.
    await ip('netns', 'del', this.#name);
    await Promise.all(this.#bridges.map((bridge) => new Promise((resolve) => bridge.close(resolve))));
  }

  /** False if somebody else has it, or is not yet rid of it: two draw the same number now and then. */
  async #claim(): Promise<boolean> {
    let isOurs = false;
    try {
      await ip('netns', 'add', this.#name);
      isOurs = true;
      await this.#set();
      return true;
    } catch (error) {
      if (isOurs) await ip('netns', 'del', this.#name);
      if (String(error).includes('File exists')) return false;
      throw error;
    }
  }

  async #set(): Promise<void> {
    await ip('-n', this.#name, 'link', 'set', 'lo', 'up');
    for (const line of [1, 2] as const) {
      const outside = this.#far(line);
      await ip('link', 'add', outside, 'type', 'veth', 'peer', 'name', `line${line}`, 'netns', this.#name);
      await ip('addr', 'add', `${this.#outer(line)}/30`, 'dev', outside);
      await ip('link', 'set', outside, 'up');
      // Without an address of IPv6, which comes some time after the line and is a change of the network of its own.
      await ipBatch(
        this.#name,
        `link set line${line} addrgenmode none`,
        // Nobody is told that it is up before we say so.
        `link set line${line} mode dormant`,
        `addr add ${this.#inner(line)}/30 dev line${line}`,
      );
    }
    await this.up(1);
  }

  /** It holds the number, so that nobody can have the same network. */
  get #name(): string {
    return `reliable-socket-${this.#number}`;
  }

  /** Of the range that is kept for tests (RFC 2544). */
  get #net(): string {
    return `198.18.${this.#number}`;
  }

  /** The name of the end that is not in the namespace. */
  #far(line: Line): string {
    return `rs${this.#number}-${line}`;
  }

  #outer(line: Line): string {
    return `${this.#net}.${line * 4 + 1}`;
  }

  #inner(line: Line): string {
    return `${this.#net}.${line * 4 + 2}`;
  }
}

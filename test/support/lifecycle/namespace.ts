import { execFile } from 'node:child_process';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { promisify } from 'node:util';

const ip = async (...args: readonly string[]): Promise<void> => {
  await promisify(execFile)('ip', args);
};

/** The lines out of a namespace, by number. */
export type Line = 1 | 2;

/**
 * A network of its own, for a program that runs `under` it: two lines lead out of it, each with its own address, and one
 * carries what goes out. Only what was asked for by `reach` is reached. Needs Linux, root and iproute2.
 */
export class NetworkNamespace {
  readonly #name: string;
  readonly #net: string;
  readonly #bridges: Server[] = [];

  static async create(): Promise<NetworkNamespace> {
    // Of the range that is kept for tests (RFC 2544); drawn, so that several can be there at the same time.
    const third = Math.floor(Math.random() * 254);
    const namespace = new NetworkNamespace(`reliable${process.pid}-${third}`, `198.18.${third}`);
    await namespace.#set();
    return namespace;
  }

  private constructor(name: string, net: string) {
    this.#name = name;
    this.#net = net;
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
    await ip('-n', this.#name, 'route', 'replace', 'default', 'via', this.#outer(line), 'src', this.#inner(line));
  }

  async close(): Promise<void> {
    // The lines go with it.
    await ip('netns', 'del', this.#name);
    await Promise.all(this.#bridges.map((bridge) => new Promise((resolve) => bridge.close(resolve))));
  }

  async #set(): Promise<void> {
    await ip('netns', 'add', this.#name);
    await ip('-n', this.#name, 'link', 'set', 'lo', 'up');
    for (const line of [1, 2] as const) {
      const outside = `${this.#net.replace('198.18.', 'rs')}-${process.pid}-${line}`.slice(-15);
      await ip('link', 'add', outside, 'type', 'veth', 'peer', 'name', `line${line}`, 'netns', this.#name);
      await ip('addr', 'add', `${this.#outer(line)}/30`, 'dev', outside);
      await ip('link', 'set', outside, 'up');
      await ip('-n', this.#name, 'addr', 'add', `${this.#inner(line)}/30`, 'dev', `line${line}`);
    }
    await this.up(1);
  }

  #outer(line: Line): string {
    return `${this.#net}.${line * 4 + 1}`;
  }

  #inner(line: Line): string {
    return `${this.#net}.${line * 4 + 2}`;
  }
}

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** Whether there is a redis-server on the PATH. */
export const isRedisInstalled = (): boolean => spawnSync('redis-server', ['--version']).status === 0;

/** A Redis on a free port of 127.0.0.1, in a folder that goes with it, which answers when the write is on the disk. */
export class RedisProcess {
  readonly port: number;
  readonly #folder: string;
  readonly #onChange: () => void;
  #child: ChildProcess | undefined;
  #exited: Promise<unknown> = Promise.resolve();
  #isUp = false;

  private constructor(port: number, folder: string, onChange: () => void) {
    this.port = port;
    this.#folder = folder;
    this.#onChange = onChange;
  }

  /** @param onChange Called when it is there, and when it is gone. */
  static async create(onChange: () => void): Promise<RedisProcess> {
    return new RedisProcess(await freePort(), await mkdtemp(join(tmpdir(), 'reliable-socket-demo-')), onChange);
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  /** Resolves when it takes connections; rejects with what it said if it ends before. */
  async start(): Promise<void> {
    const settings = {
      port: this.port,
      bind: '127.0.0.1',
      dir: this.#folder,
      appendonly: 'yes',
      appendfsync: 'always',
    };
    const options = Object.entries({ ...settings, save: '' }).flatMap(([name, value]) => [`--${name}`, String(value)]);
    const child = spawn('redis-server', options, { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#child = child;
    this.#exited = once(child, 'exit');
    child.once('exit', () => this.#turn(false));
    const said: string[] = [];
    for await (const line of createInterface(child.stdout)) {
      said.push(line);
      if (line.includes('Ready to accept connections')) break;
    }
    child.stdout.resume();
    if (!said.at(-1)?.includes('Ready')) throw new Error(`redis-server did not start: ${said.join('\n')}`);
    this.#turn(true);
  }

  /** As a power cut. */
  async kill(): Promise<void> {
    this.#child?.kill('SIGKILL');
    await this.#exited;
  }

  /** Forgets all that it has written; it must not run. */
  wipe(): Promise<void> {
    return rm(join(this.#folder, 'appendonlydir'), { recursive: true, force: true });
  }

  async end(): Promise<void> {
    await this.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }

  #turn(isUp: boolean): void {
    this.#isUp = isUp;
    this.#onChange();
  }
}

/** A port that was free a moment ago: Redis can not say which one it got. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // it listens on TCP
  server.close();
  await once(server, 'close');
  return port;
}

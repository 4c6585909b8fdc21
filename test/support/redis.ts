import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from 'redis';
import { freePort } from './free-port.js';
import { until } from './until.js';

export type Client = ReturnType<typeof createClient>;

/** False on a laptop without redis-server: the tests are then skipped, and say so. CI must have it. */
export const hasRedis: boolean = spawnSync('redis-server', ['--version']).status === 0;
if (!hasRedis && process.env.CI === 'true') throw new Error('redis-server is not installed, wanted it for these tests');
if (!hasRedis) process.emitWarning('redis-server is not installed: the tests of redisLog are skipped');

/** A Redis of our own: on a free port of 127.0.0.1, in a folder that goes with it, with every write on disk. */
export class TestRedis {
  readonly port: number;
  readonly #folder = mkdtempSync(join(tmpdir(), 'reliable-socket-redis-'));
  readonly #clients: Client[] = [];
  #process: ChildProcess | undefined;

  private constructor(port: number) {
    this.port = port;
  }

  static async start(): Promise<TestRedis> {
    const redis = new TestRedis(await freePort());
    await redis.start();
    return redis;
  }

  /** A connected client, closed with the server. */
  async client(): Promise<Client> {
    const client: Client = createClient({ url: `redis://127.0.0.1:${this.port}`, socket: { reconnectStrategy: 20 } });
    client.on('error', () => {});
    await client.connect();
    this.#clients.push(client);
    return client;
  }

  async start(): Promise<void> {
    const settings = `--port ${this.port} --bind 127.0.0.1 --dir ${this.#folder} --appendonly yes --appendfsync always`;
    const child = spawn('redis-server', [...settings.split(' '), '--save', '']);
    this.#process = child;
    let said = '';
    child.stdout.on('data', (data) => {
      said += String(data);
    });
    await until(() => said.includes('Ready to accept connections') || child.exitCode !== null);
    if (child.exitCode !== null) throw new Error(`redis-server did not start: ${said}`);
  }

  /** As a power cut. */
  async kill(): Promise<void> {
    const child = this.#process;
    if (child === undefined) return;
    this.#process = undefined;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  async restart({ keepData = true }: { keepData?: boolean } = {}): Promise<void> {
    await this.kill();
    if (!keepData) rmSync(join(this.#folder, 'appendonlydir'), { recursive: true });
    await this.start();
  }

  async stop(): Promise<void> {
    for (const client of this.#clients) client.destroy();
    await this.kill();
    rmSync(this.#folder, { recursive: true });
  }
}

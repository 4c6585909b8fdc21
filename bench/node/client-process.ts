import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { bundleForNode, type SubjectName, subjects } from '../subjects/bundle.js';
import type { Answer, OfflineCost, Order } from './child-client.js';

/** Where the scripts of the clients are. */
export class ClientScripts {
  readonly #folder: string;
  /** What takes the orders. */
  readonly #first: string;
  readonly #files: ReadonlyMap<SubjectName, string>;

  private constructor(folder: string, first: string, files: ReadonlyMap<SubjectName, string>) {
    this.#folder = folder;
    this.#first = first;
    this.#files = files;
  }

  static async write(names: readonly SubjectName[]): Promise<ClientScripts> {
    const folder = await mkdtemp(join(tmpdir(), 'reliable-socket-bench-'));
    const files = new Map<SubjectName, string>();
    const write = async (source: string): Promise<string> => {
      const file = join(folder, `${basename(source, '.ts')}.cjs`);
      await writeFile(file, await bundleForNode(source));
      return file;
    };
    for (const name of names) files.set(name, await write(subjects[name]));
    return new ClientScripts(folder, await write('../node/child-client.ts'), files);
  }

  start(name: SubjectName): ClientProcess {
    const file = this.#files.get(name);
    if (file === undefined) throw new RangeError(`bench: no script was written for ${name}`);
    return new ClientProcess(name, this.#first, file);
  }

  remove(): Promise<void> {
    return rm(this.#folder, { recursive: true });
  }
}

/** One client, alone in a process of its own. */
export class ClientProcess {
  readonly #process: ChildProcess;
  readonly #ended = new AbortController();

  constructor(name: string, first: string, file: string) {
    const execArgv = ['--expose-gc', '--require', first];
    this.#process = fork(file, { execArgv, env: { ...process.env, NODE_OPTIONS: '' } });
    this.#process.once('exit', (code) => this.#ended.abort(new Error(`bench: the process of ${name} ended: ${code}`)));
  }

  /** So far, in us. */
  async cpu(): Promise<number> {
    // Safe: it is what a client answers to that; so with the others.
    return (await this.do({ do: 'tell-cpu' })) as number;
  }

  /** In bytes, after garbage was collected. */
  async heap(): Promise<number> {
    return (await this.do({ do: 'tell-heap' })) as number;
  }

  /** How long each took, in ms. */
  async roundTrips(count: number): Promise<number[]> {
    return (await this.do({ do: 'round-trips', count })) as number[];
  }

  async sendOffline(url: string, count: number): Promise<OfflineCost> {
    return (await this.do({ do: 'send-offline', url, count })) as OfflineCost;
  }

  /** One at a time. */
  async do(order: Order): Promise<Answer> {
    const { signal } = this.#ended;
    this.#process.send(order);
    const [{ answer }] = await once(this.#process, 'message', { signal }).catch((error) => {
      throw signal.aborted ? signal.reason : error;
    });
    return answer;
  }

  async end(): Promise<void> {
    if (this.#ended.signal.aborted) return;
    const exit = once(this.#process, 'exit');
    this.#process.kill();
    await exit;
  }
}

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** `leave`: tell your clients to come back elsewhere, then end. */
export type ToNode = 'leave';
/** It listens. */
export type FromNode = { readonly port: number };

/** One server of the cluster, a process of its own. */
export class ClusterNode {
  readonly #redisPort: number;
  readonly #onChange: () => void;
  #child: ChildProcess | undefined;
  #exited: Promise<unknown> = Promise.resolve();
  #port: number | undefined;

  /** @param onChange Called when it is there, and when it is gone. */
  constructor(redisPort: number, onChange: () => void) {
    this.#redisPort = redisPort;
    this.#onChange = onChange;
  }

  /** Where it listens; undefined while it does not. */
  get port(): number | undefined {
    return this.#port;
  }

  /** Resolves when it listens; rejects if it ends before. */
  async start(): Promise<void> {
    const child = fork(fileURLToPath(new URL('child-node.ts', import.meta.url)), [String(this.#redisPort)], {
      // The folder, for tsx to be found wherever the command was called.
      cwd: fileURLToPath(new URL('.', import.meta.url)),
      execArgv: ['--import', 'tsx'],
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    this.#child = child;
    this.#exited = once(child, 'exit');
    child.once('exit', () => this.#listens(undefined));
    const [first] = await Promise.race([once(child, 'message'), this.#exited as Promise<[number | null]>]);
    if (first === null || typeof first !== 'object') throw new Error(`a node ended before it listened: ${first}`);
    const { port }: FromNode = first; // nothing else is sent
    this.#listens(port);
  }

  /** In the middle of whatever it does. */
  async kill(): Promise<void> {
    this.#child?.kill('SIGKILL');
    await this.#exited;
  }

  /** Ends once its clients have left. */
  async leave(): Promise<void> {
    const order: ToNode = 'leave';
    // New connections are for the other node from now on.
    this.#listens(undefined);
    this.#child?.send(order);
    await this.#exited;
  }

  #listens(port: number | undefined): void {
    this.#port = port;
    this.#onChange();
  }
}

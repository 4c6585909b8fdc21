import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** A message to publish: with its id it may be asked for again, of any node. */
export interface ToNode {
  readonly id: string;
  readonly channel: string;
}

export type FromNode =
  | { readonly ready: true }
  | { readonly published: string }
  | { readonly failed: string }
  | { readonly error: string };

/** One node of the cluster as a process of its own, that is killed and started again. */
export class ClusterNode {
  readonly errors: string[] = [];
  kills = 0;
  readonly #redisPort: number;
  readonly #port: number;
  readonly #asked = new Map<string, (published: boolean) => void>();
  #child: ChildProcess | undefined;
  #isReady = false;

  constructor(redisPort: number, port: number) {
    this.#redisPort = redisPort;
    this.#port = port;
  }

  get isReady(): boolean {
    return this.#isReady;
  }

  async start(): Promise<void> {
    const child = fork(
      fileURLToPath(new URL('child-node.ts', import.meta.url)),
      [this.#redisPort, this.#port].map(String),
      {
        execArgv: ['--import', 'tsx'],
        env: { ...process.env, NODE_OPTIONS: '' },
      },
    );
    this.#child = child;
    child.on('message', (message: FromNode) => this.#hear(message));
    const [first] = await Promise.race([once(child, 'message'), once(child, 'exit')]);
    if (typeof first !== 'object') throw new Error(`a node did not start: it ended with ${String(first)}`);
  }

  /** In the middle of whatever it does. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    this.kills += 1;
    this.#isReady = false;
    this.#child = undefined;
    child.kill('SIGKILL');
    await once(child, 'exit');
    for (const answer of this.#asked.values()) answer(false);
    this.#asked.clear();
  }

  /** False if nobody can tell. */
  publish(message: ToNode): Promise<boolean> {
    return new Promise((resolve) => {
      this.#asked.set(message.id, resolve);
      this.#child?.send(message);
    });
  }

  #hear(message: FromNode): void {
    if ('ready' in message) this.#isReady = true;
    else if ('error' in message) this.errors.push(message.error);
    else this.#answer('published' in message ? message.published : message.failed, 'published' in message);
  }

  #answer(id: string, published: boolean): void {
    this.#asked.get(id)?.(published);
    this.#asked.delete(id);
  }
}

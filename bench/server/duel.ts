import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ToClients } from './child-clients.js';
import type { ToServer, Usage } from './child-server.js';
import type { Kind } from './contestants.js';

/** A server and its clients, each in a process of its own. */
export class Duel {
  readonly #server: ChildProcess;
  readonly #clients: ChildProcess;

  private constructor(server: ChildProcess, clients: ChildProcess) {
    this.#server = server;
    this.#clients = clients;
  }

  static async start(kind: Kind): Promise<Duel> {
    const server = run('child-server.ts', [kind]);
    const [{ port }] = await once(server, 'message');
    return new Duel(server, run('child-clients.ts', [kind, String(port)]));
  }

  async server(message: ToServer): Promise<unknown> {
    this.#server.send(message);
    return (await once(this.#server, 'message'))[0];
  }

  async clients(message: ToClients): Promise<void> {
    this.#clients.send(message);
    await once(this.#clients, 'message');
  }

  async usage(): Promise<Usage> {
    // Safe: it is what the server answers to that.
    return (await this.server({ usage: true })) as Usage;
  }

  async end(): Promise<void> {
    for (const child of [this.#clients, this.#server]) {
      child.kill();
      await once(child, 'exit');
    }
  }
}

const run = (file: string, args: readonly string[]): ChildProcess =>
  fork(fileURLToPath(new URL(file, import.meta.url)), args, {
    execArgv: ['--expose-gc', '--import', 'tsx'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });

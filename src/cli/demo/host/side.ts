import { type FaultProxy, startFaultProxy } from '../../../testing/index.js';
import { type ReferenceServer, startReferenceServer } from '../../../testing/reference-server.js';
import type { Note, Run, ServerCounts, Tick } from '../api.js';
import { Tally } from '../tally.js';

/** A server and a bad network for one client of the page. */
export class HostSide {
  readonly server: ReferenceServer;
  readonly proxy: FaultProxy;
  /** From the server to the page; the page knows what arrived. */
  readonly in: Tally;
  /** From the page to the server; the page knows what was sent. */
  readonly out: Tally;
  readonly #runs: [first: number, last: number][];

  private constructor(server: ReferenceServer, proxy: FaultProxy, out: Tally, runs: [number, number][]) {
    this.server = server;
    this.proxy = proxy;
    this.in = new Tally();
    this.out = out;
    this.#runs = runs;
  }

  /** @param takes Whether the server takes this token. */
  static async start(takes: (token: string | undefined) => boolean): Promise<HostSide> {
    const out = new Tally();
    const runs: [number, number][] = [];
    const server = await startReferenceServer({
      tokens: (token) => (takes(token) ? 'ok' : 'refused'),
      // Called once for each message that takes effect: a known id gets its old answer and never comes here.
      onMessage: ({ message }) => {
        const { n } = message as unknown as Note; // nobody but our own page connects
        out.receive(n);
        const run = runs.at(-1);
        if (run !== undefined && n === run[1] + 1) run[1] = n;
        else runs.push([n, n]);
        return undefined;
      },
    });
    const proxy = await startFaultProxy({ target: { host: '127.0.0.1', port: server.port } });
    return new HostSide(server, proxy, out, runs);
  }

  publish(): void {
    const tick: Tick = { type: 'tick', n: this.in.next() };
    this.server.publish(tick);
  }

  /** What happened since it was asked last. */
  takeCounts(): ServerCounts {
    const arrived: readonly Run[] = this.#runs.splice(0);
    return { sent: this.in.sent, arrived };
  }

  async stop(): Promise<void> {
    await this.proxy.close();
    await this.server.stop();
  }
}

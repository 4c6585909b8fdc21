import { type CrosswsHooks, crosswsHooks } from '../../../src/server/crossws/index.js';
import { createServer, memoryLog, type ReliableServer } from '../../../src/server/index.js';
import { testApp } from '../../support/companion-app.js';

export interface App {
  readonly server: ReliableServer;
  readonly hooks: CrosswsHooks;
  /** Answers a request that is no upgrade: publishes what a test asks for, and tells the numbers. */
  answer(request: Request): Promise<Response>;
}

/** What the test app is where it runs in another runtime. */
export const createApp = (): App => {
  const log = memoryLog({ maxBytes: 64 * 1_048_576 });
  const server: ReliableServer = createServer({ ...testApp(() => server, log), limits: { stalled: 2_000 } });
  return {
    server,
    hooks: crosswsHooks(server),
    async answer(request) {
      const query = new URL(request.url).searchParams;
      const [from, to] = [Number(query.get('from') ?? 1), Number(query.get('to') ?? 0)];
      const text = 'x'.repeat(Number(query.get('size') ?? 0));
      for (let n = from; n <= to; n += 1) await server.publish({ type: 'news', n, text });
      return Response.json(server.stats());
    },
  };
};

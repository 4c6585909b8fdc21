import { type FaultProxy, seededRandom, startFaultProxy } from '../../testing/index.js';
import { type ReferenceServer, startReferenceServer } from '../../testing/reference-server.js';
import type { Contestant, ContestantParts } from './contestant.js';
import { Tally } from './tally.js';

/** One client with a server and a bad network of its own, so that the two can not disturb each other. */
export interface Side {
  readonly client: Contestant;
  readonly proxy: FaultProxy;
  readonly server: ReferenceServer;
  /** From the client to the server. */
  readonly out: Tally;
  /** From the server to the client. */
  readonly in: Tally;
}

export async function startSide(seed: number, create: (parts: ContestantParts) => Contestant): Promise<Side> {
  const tallies = { out: new Tally(), in: new Tally() };
  const server = await startReferenceServer({
    // Called once for each message that takes effect: a known id gets its old answer and never comes here.
    onMessage: ({ message }) => {
      tallies.out.receive(Number(message.n));
      return undefined;
    },
  });
  const proxy = await startFaultProxy({
    target: { host: '127.0.0.1', port: server.port },
    random: seededRandom(seed),
  });
  const client = create({
    url: proxy.url,
    random: seededRandom(seed + 1),
    onTick: (number) => tallies.in.receive(number),
  });
  return { client, proxy, server, ...tallies };
}

/** One message each way. */
export function exchange({ client, server, out, in: inbound }: Side): void {
  client.send(out.next());
  server.publish({ type: 'tick', n: inbound.next() });
}

export async function stopSide({ proxy, server }: Side): Promise<void> {
  await proxy.close();
  await server.stop();
}

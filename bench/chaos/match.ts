import { type FaultProxy, seededRandom, startFaultProxy } from '../../src/testing/index.js';
import type { ClientSide, Contestant, ServerSide } from './contestant.js';
import { payloadOf } from './payload.js';
import type { Scenario } from './scenario.js';
import { Tally } from './tally.js';

/** No ack timeout of a contestant is longer: who is open and silent for so many ms has nothing more to come. */
const QUIET_MS = 12_000;

/** One contestant with a server and a bad network of its own, so that no two can disturb each other. */
export interface Match {
  readonly contestant: Contestant;
  readonly client: ClientSide;
  readonly server: ServerSide;
  readonly proxy: FaultProxy;
  /** From the client to the server. */
  readonly out: Tally;
  /** From the server to the client. */
  readonly in: Tally;
}

export async function startMatch(contestant: Contestant, { timing }: Scenario, seed: number): Promise<Match> {
  const out = new Tally((n) => payloadOf(seed, n));
  const inbound = new Tally((n) => payloadOf(-seed, n));
  const server = await contestant.serve((note) => out.receive(note), timing);
  const proxy = await startFaultProxy({
    target: { host: '127.0.0.1', port: server.port },
    random: seededRandom(seed),
  });
  const client = contestant.connect({
    port: proxy.port,
    timing,
    random: seededRandom(seed + 1),
    onNote: (note) => inbound.receive(note),
  });
  return { contestant, client, server, proxy, out, in: inbound };
}

/** One message each way. */
export function exchange({ client, server, out, in: inbound }: Match): void {
  client.send(out.next());
  server.publish(inbound.next());
}

/** Nothing more will come: all is there, or told; or the link is up and has been silent for long. */
export function isSettled(match: Match): boolean {
  const { client, contestant, out, in: inbound } = match;
  if (client.waiting > 0 || !client.isOpen) return false;
  if (inbound.lost === 0 && untold(match).length === 0) return true;
  return contestant.promised === 'nothing' && performance.now() - Math.max(out.heardAt, inbound.heardAt) > QUIET_MS;
}

/** The losses on the way out of which the client said nothing. */
export function untold({ out, client }: Pick<Match, 'out' | 'client'>): number[] {
  if (out.lost === 0) return [];
  const told = new Set(client.told.map(({ n }) => n));
  return out.lostNumbers().filter((n) => !told.has(n));
}

export async function stopMatch({ client, proxy, server }: Match): Promise<void> {
  await client.close();
  await proxy.close();
  await server.stop();
}

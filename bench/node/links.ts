import type { SubjectName } from '../subjects/bundle.js';
import { namesIn } from '../subjects/cases.js';
import { startBenchServer } from '../support/bench-server.js';
import { median, rotated } from '../support/median.js';
import type { NodeOptions } from './messages.js';

const WARMUP = 2_000;
const ROUND_TRIPS = 5_000;
/** What the first ones cost is code, not memory of theirs. */
const FIRST_CLIENTS = 100;
const IDLE_CLIENTS = 1_000;

/** One client: medians of all rounds. */
export interface LinkRow {
  readonly name: SubjectName;
  /** From `send` to the listener that hears the answer, in ms: the median one. */
  readonly roundTrip: number;
  /** Bytes of heap for each client that is connected and idle. */
  readonly heap: number;
}

/** How long a message takes there and back, and what a client costs that does nothing. */
export async function measureLinks({ scripts, names, rounds, progress }: NodeOptions): Promise<LinkRow[]> {
  const wanted = namesIn('out', names);
  const samples: LinkRow[] = [];
  for (let round = 0; round < rounds; round += 1) {
    progress(`Node, round trips and heap, round ${round + 1} of ${rounds}`);
    for (const name of rotated(wanted, round)) {
      const server = await startBenchServer();
      server.echo();
      const client = scripts.start(name);
      try {
        await client.do({ do: 'open', url: server.url, acks: false });
        await client.roundTrips(WARMUP);
        const roundTrip = median(await client.roundTrips(ROUND_TRIPS));
        await client.do({ do: 'crowd', url: server.url, count: FIRST_CLIENTS });
        const before = await client.heap();
        await client.do({ do: 'crowd', url: server.url, count: IDLE_CLIENTS });
        samples.push({ name, roundTrip, heap: ((await client.heap()) - before) / IDLE_CLIENTS });
      } finally {
        await client.end();
        await server.close();
      }
    }
  }
  return wanted.map((name) => {
    const own = samples.filter((sample) => sample.name === name);
    return {
      name,
      roundTrip: median(own.map(({ roundTrip }) => roundTrip)),
      heap: median(own.map(({ heap }) => heap)),
    };
  });
}

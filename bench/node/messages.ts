import type { SubjectName } from '../subjects/bundle.js';
import { type Case, cases, namesIn } from '../subjects/cases.js';
import type { Pace } from '../subjects/expose.js';
import { type BenchServer, startBenchServer } from '../support/bench-server.js';
import { median, rotated } from '../support/median.js';
import type { ClientProcess, ClientScripts } from './client-process.js';

/** 25,000 messages a second, which leaves the process idle most of the time; and as many as it can take. */
const PACES = { paced: { batch: 100, pause: 4 }, 'full speed': { batch: 1_000, pause: 0 } } as const;
export type Speed = keyof typeof PACES;
const speeds: readonly Speed[] = ['paced', 'full speed'];

/** So that the code is compiled. */
const WARMUP = 20_000;
const MESSAGES = 25_000;
/** Half of what waits in a `ReliableSocket` at most: at full speed the server has so many before more are sent. */
const CHUNK = 5_000;

/** One client in one case at one speed. */
export interface MessageRow {
  readonly case: Case;
  readonly speed: Speed;
  readonly name: SubjectName;
  /** CPU of the client's process per message, the median of all rounds. */
  readonly microseconds: number;
  /** To the bare socket of the same round, the median of all rounds. */
  readonly ratio: number;
}

export interface NodeOptions {
  readonly scripts: ClientScripts;
  readonly names: readonly SubjectName[];
  readonly rounds: number;
  readonly progress: (text: string) => void;
}

/** CPU per message. Each client runs alone in a new process, one after the other, round after round. */
export async function measureMessages({ scripts, names, rounds, progress }: NodeOptions): Promise<MessageRow[]> {
  const samples: MessageRow[] = [];
  for (let round = 0; round < rounds; round += 1) {
    progress(`Node, round ${round + 1} of ${rounds}`);
    for (const which of cases) {
      const times = new Map<SubjectName, Record<Speed, number>>();
      for (const name of rotated(namesIn(which, names), round)) times.set(name, await once(scripts, which, name));
      const bare = times.get('bare');
      for (const [name, time] of times) {
        for (const speed of speeds) {
          const ratio = time[speed] / (bare?.[speed] ?? Number.NaN);
          samples.push({ case: which, speed, name, microseconds: time[speed], ratio });
        }
      }
    }
  }
  return cases.flatMap((which) =>
    speeds.flatMap((speed) => namesIn(which, names).map((name) => medians(which, speed, name, samples))),
  );
}

async function once(scripts: ClientScripts, which: Case, name: SubjectName): Promise<Record<Speed, number>> {
  const server = await startBenchServer();
  const client = scripts.start(name);
  try {
    await client.do({ do: 'open', url: server.url, acks: which === 'out, with acks' });
    let total = 0;
    const run = async (messages: number, pace: Pace): Promise<void> => {
      for (let passed = 0; passed < messages; passed += CHUNK) {
        total += CHUNK;
        await pass(client, server, which, { count: CHUNK, total, pace });
      }
    };
    const timed = async (speed: Speed): Promise<number> => {
      // What the run before left behind is not this one's. To collect it throws away what was compiled, which a process
      // that goes on does not.
      await client.heap();
      await run(WARMUP, PACES[speed]);
      const before = await client.cpu();
      await run(MESSAGES, PACES[speed]);
      return ((await client.cpu()) - before) / MESSAGES;
    };
    return { 'full speed': await timed('full speed'), paced: await timed('paced') };
  } finally {
    await client.end();
    await server.close();
  }
}

async function pass(
  client: ClientProcess,
  server: BenchServer,
  which: Case,
  { count, total, pace }: { readonly count: number; readonly total: number; readonly pace: Pace },
): Promise<void> {
  if (which === 'in: numbered messages') {
    await Promise.all([client.do({ do: 'hear', total }), server.publish(count, pace)]);
  } else {
    await client.do({ do: 'send', count, pace });
    await server.received(total);
  }
}

function medians(which: Case, speed: Speed, name: SubjectName, samples: readonly MessageRow[]): MessageRow {
  const own = samples.filter((sample) => sample.case === which && sample.speed === speed && sample.name === name);
  const of = (field: 'microseconds' | 'ratio'): number => median(own.map((sample) => sample[field]));
  return { case: which, speed, name, microseconds: of('microseconds'), ratio: of('ratio') };
}

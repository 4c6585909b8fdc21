import { type Chromium, launchChromium, type Page } from '../../test/support/chromium.js';
import { bundleForPage, type SubjectName } from '../subjects/bundle.js';
import { allNames, type Case, cases, namesIn } from '../subjects/cases.js';
import { type BenchServer, startBenchServer } from '../support/bench-server.js';
import { median, rotated } from '../support/median.js';

/** One client in one case: once, or the medians of all rounds. */
export interface ChromiumRow {
  readonly case: Case;
  readonly name: SubjectName;
  /** CPU of the page's main thread per message. */
  readonly microseconds: number;
  /** To the bare socket of the same round. */
  readonly ratio: number;
}

export interface ChromiumOptions {
  /** Of the browser. */
  readonly path: string;
  /** Each runs every client in every case once. @default 7 */
  readonly rounds?: number;
  /** Messages that are measured. @default 25_000, as in Node */
  readonly messages?: number;
  /** Messages before, so that the code is compiled and the heap has grown. @default 20_000, as in Node */
  readonly warmup?: number;
  readonly cases?: readonly Case[];
  readonly names?: readonly SubjectName[];
  readonly progress?: (round: number) => void;
}

/** Measures every client in a tab of its own, one after the other, round after round. */
export async function measureChromium(options: ChromiumOptions): Promise<{ version: string; rows: ChromiumRow[] }> {
  const { path, rounds = 7, cases: wanted = cases, names, progress } = options;
  const scripts = new Map<string, string>();
  for (const name of names ?? allNames) scripts.set(name, await bundleForPage(name));
  const server = await startBenchServer(scripts);
  const chromium = await launchChromium(path);
  try {
    const samples: ChromiumRow[] = [];
    for (let round = 0; round < rounds; round += 1) {
      for (const which of wanted) {
        const times = new Map<SubjectName, number>();
        // Nobody is always the one after the bare socket.
        for (const name of rotated(namesIn(which, names), round))
          times.set(name, await once(chromium, server, which, name, options));
        const bare = times.get('bare') ?? Number.NaN;
        for (const [name, time] of times) samples.push({ case: which, name, microseconds: time, ratio: time / bare });
      }
      progress?.(round + 1);
    }
    const rows = wanted.flatMap((which) => namesIn(which, names).map((name) => medians(which, name, samples)));
    return { version: chromium.version, rows };
  } finally {
    await chromium.close();
    await server.close();
  }
}

async function once(
  chromium: Chromium,
  server: BenchServer,
  which: Case,
  name: SubjectName,
  { messages = 25_000, warmup = 20_000 }: ChromiumOptions,
): Promise<number> {
  const page = await chromium.open(server.page(name));
  try {
    await page.send('Performance.enable', { timeDomain: 'threadTicks' });
    const run = await connect(page, server, which);
    // Not behind the warm-up: it throws away what was compiled, which a page in use does not.
    await page.send('HeapProfiler.collectGarbage');
    await run(warmup);
    const before = await threadTime(page);
    await run(messages);
    return ((await threadTime(page)) - before) * (1e6 / messages);
  } finally {
    await page.close();
  }
}

/** Connects the client of a page, and answers with what makes so many more messages pass. */
export async function connect(
  page: Page,
  server: BenchServer,
  which: Case,
): Promise<(messages: number) => Promise<void>> {
  await page.evaluate(`subject.open(${JSON.stringify(server.url)}, ${which === 'out, with acks'})`);
  let total = 0;
  return async (messages) => {
    total += messages;
    if (which === 'in: numbered messages') {
      await Promise.all([page.evaluate(`subject.hear(${total})`), server.publish(messages)]);
    } else {
      await page.evaluate(`subject.send(${messages})`);
      await server.received(total);
    }
  };
}

/** CPU time of the page's main thread so far, in seconds. */
async function threadTime(page: Page): Promise<number> {
  const { metrics } = await page.send<{ metrics: { name: string; value: number }[] }>('Performance.getMetrics');
  const time = metrics.find(({ name }) => name === 'ThreadTime')?.value;
  if (time === undefined) throw new Error('Performance.getMetrics: this Chromium tells no ThreadTime');
  return time;
}

function medians(which: Case, name: SubjectName, samples: readonly ChromiumRow[]): ChromiumRow {
  const own = samples.filter((sample) => sample.case === which && sample.name === name);
  const of = (field: 'microseconds' | 'ratio'): number => median(own.map((sample) => sample[field]));
  return { case: which, name, microseconds: of('microseconds'), ratio: of('ratio') };
}

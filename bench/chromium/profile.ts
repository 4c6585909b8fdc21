import { launchChromium } from '../../test/support/chromium.js';
import { findTool } from '../../test/tools/tools.js';
import { bundleForPage, type SubjectName } from '../subjects/bundle.js';
import { cases } from '../subjects/cases.js';
import { startBenchServer } from '../support/bench-server.js';
import { connect } from './measure.js';

// Where the time goes: CPU per message of each function, in the bare page and in ours. A profile costs time itself.

const MESSAGES = 40_000;
const WARMUP = 5_000;
const INTERVAL_US = 50;
const SHOWN = 25;
const names: readonly SubjectName[] = ['bare', 'ReliableSocket'];

interface Profile {
  readonly nodes: readonly { readonly id: number; readonly callFrame: { functionName: string; lineNumber: number } }[];
  readonly samples: readonly number[];
  /** us since the sample before. */
  readonly timeDeltas: readonly number[];
}

const [path] = findTool('chromium') ?? [];
if (path === undefined) throw new Error('profile: Chromium was not found; name it in CHROMIUM_PATH');
const scripts = new Map<string, string>();
for (const name of names) scripts.set(name, await bundleForPage(name, false));
const server = await startBenchServer(scripts);
const chromium = await launchChromium(path);
for (const which of cases) {
  for (const name of names) {
    const page = await chromium.open(server.page(name));
    const run = await connect(page, server, which);
    await run(WARMUP);
    await page.send('Profiler.enable');
    await page.send('Profiler.setSamplingInterval', { interval: INTERVAL_US });
    await page.send('Profiler.start');
    await run(MESSAGES);
    const { profile } = await page.send<{ profile: Profile }>('Profiler.stop');
    const times = selfTimes(profile);
    const sum = [...times.values()].reduce((all, time) => all + time, 0);
    console.log(`\n${which}, ${name}: ${(sum / MESSAGES).toFixed(2)} us per message\n`);
    const slowest = [...times].sort(([, a], [, b]) => b - a).slice(0, SHOWN);
    for (const [where, time] of slowest) console.log(`${(time / MESSAGES).toFixed(3).padStart(8)} us  ${where}`);
    await page.close();
  }
}
await chromium.close();
await server.close();

/** us by function and line of the bundle, idle time left out. */
function selfTimes({ nodes, samples, timeDeltas }: Profile): Map<string, number> {
  const places = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const times = new Map<string, number>();
  samples.forEach((id, i) => {
    const { functionName = '', lineNumber = -1 } = places.get(id) ?? {};
    if (functionName === '(idle)') return;
    const where = `${functionName || '(anonymous)'}${lineNumber > 0 ? `:${lineNumber + 1}` : ''}`;
    times.set(where, (times.get(where) ?? 0) + (timeDeltas[i] ?? 0));
  });
  return times;
}

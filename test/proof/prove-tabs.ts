import { buildPackage } from '../support/build-package.js';
import type { StormBrowser } from '../support/tab-storm/browser.js';
import { stormInChromium } from '../support/tab-storm/in-chromium.js';
import { stormInFirefox } from '../support/tab-storm/in-firefox.js';
import type { Loss } from '../support/tab-storm/losses.js';
import { complaintsOf } from '../support/tab-storm/report.js';
import { tabStorm } from '../support/tab-storm/storm.js';
import { requireTool } from '../tools/tools.js';

/** ms until the server has a new socket, in the median of all takeovers. */
const MEDIAN = 250;

/** A leader is lost 30 times, in the end by hanging. */
const lossesOf = (round: readonly Loss[]): Loss[] => [
  ...Array.from({ length: 27 }, (_, i) => round[i % round.length] as Loss),
  'hang',
  'hang',
  'hang',
];

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? Infinity;
const rounded = (ms: number): string => `${Math.round(ms)} ms`;

interface Stage {
  readonly name: string;
  readonly browser: StormBrowser;
  readonly losses: readonly Loss[];
  readonly packageFolder: string;
  readonly seed: number;
}

/** Ten tabs whose leader is lost every two seconds for a minute, under traffic. */
async function prove({ name, ...stage }: Stage, log: (text: string) => void): Promise<string[]> {
  const { losses } = stage;
  const report = await tabStorm({ ...stage, tabs: 10, every: 2_000, pause: 5_000, patience: 1_000 }, log);
  const { connections, overlaps, published, takeovers } = report;
  for (const loss of new Set(losses)) {
    const times = takeovers.filter((takeover) => takeover.loss === loss).map(({ ms }) => ms);
    log(
      `${name}, ${loss}: ${times.length} takeovers, median ${rounded(median(times))}, at most ${rounded(Math.max(...times))}`,
    );
  }
  const middle = median(takeovers.map(({ ms }) => ms));
  const orders = report.tabs.reduce((sum, { acked }) => sum + acked.length, 0);
  const heard = report.tabs.reduce((sum, tab) => sum + tab.heard.length, 0);
  log(`${name}: ${takeovers.length} takeovers, median ${rounded(middle)}`);
  log(`published: ${published}; heard, by ${report.tabs.length} tabs together: ${heard}; orders acked: ${orders}`);
  log(
    `connections: ${connections}; two at once: ${overlaps.length} times, at most ${rounded(Math.max(0, ...overlaps))}`,
  );
  const found = [
    ...complaintsOf(report),
    ...(middle > MEDIAN ? [`the median takeover took ${rounded(middle)}, more than ${MEDIAN} ms`] : []),
    ...(takeovers.length < losses.length ? [`${takeovers.length} takeovers after ${losses.length} losses`] : []),
  ];
  return found.map((complaint) => `${name}: ${complaint}`);
}

/** Answers what was found wrong. */
export async function proveTabs(seed: number, log: (text: string) => void): Promise<string[]> {
  const [chromium] = requireTool('chromium') ?? [];
  const [firefox] = requireTool('firefox') ?? [];
  if (chromium === undefined || firefox === undefined) return ['Chromium or Firefox is missing'];
  const packageFolder = await buildPackage('proof-tabs');
  const inChromium = { name: 'Chromium', losses: lossesOf(['close', 'kill', 'freeze']), packageFolder, seed };
  const inFirefox = { name: 'Firefox', losses: lossesOf(['close', 'kill']), packageFolder, seed };
  return [
    ...(await prove({ ...inChromium, browser: await stormInChromium(chromium) }, log)),
    ...(await prove({ ...inFirefox, browser: await stormInFirefox(firefox) }, log)),
  ];
}

import { buildPackage } from '../support/build-package.js';
import { complaintsOf, type Loss, tabStorm } from '../support/tab-storm.js';
import { requireTool } from '../tools/tools.js';

/** ms that the server may have no socket, in the median of all takeovers. */
const MEDIAN = 250;

const ROUND: readonly Loss[] = ['close', 'crash', 'freeze'];

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? Infinity;
const rounded = (ms: number): string => `${Math.round(ms)} ms`;

/** Ten tabs whose leader is lost every two seconds for a minute, under traffic; answers what was found wrong. */
export async function proveTabs(seed: number, log: (text: string) => void): Promise<string[]> {
  const [chromium] = requireTool('chromium') ?? [];
  if (chromium === undefined) return ['Chromium is missing'];
  const losses: Loss[] = [...Array.from({ length: 9 }, () => ROUND).flat(), 'hang', 'hang', 'hang'];
  const packageFolder = await buildPackage('proof-tabs');
  const report = await tabStorm({ chromium, packageFolder, seed, tabs: 10, losses, every: 2_000 }, log);
  for (const loss of [...ROUND, 'hang'] as const) {
    const times = report.takeovers.filter((takeover) => takeover.loss === loss).map(({ ms }) => ms);
    log(`${loss}: ${times.length} takeovers, median ${rounded(median(times))}, at most ${rounded(Math.max(...times))}`);
  }
  const middle = median(report.takeovers.map(({ ms }) => ms));
  const orders = report.tabs.reduce((sum, { acked }) => sum + acked.length, 0);
  const heard = report.tabs.reduce((sum, tab) => sum + tab.heard.length, 0);
  const { connections, overlaps, published, takeovers } = report;
  log(`all: ${takeovers.length} takeovers, median ${rounded(middle)}`);
  log(`published: ${published}; heard, by ${report.tabs.length} tabs together: ${heard}; orders acked: ${orders}`);
  log(
    `connections: ${connections}; two at once: ${overlaps.length} times, at most ${rounded(Math.max(0, ...overlaps))}`,
  );
  return [
    ...complaintsOf(report),
    ...(middle > MEDIAN ? [`the median takeover took ${rounded(middle)}, more than ${MEDIAN} ms`] : []),
    ...(takeovers.length < losses.length ? [`${takeovers.length} takeovers after ${losses.length} losses`] : []),
  ];
}

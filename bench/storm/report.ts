import { writeFile } from 'node:fs/promises';
import { renderChart } from './chart.js';
import type { Stampede } from './herd.js';
import { renderTable } from './table.js';

const folder = new URL('../', import.meta.url);

/** Writes `bench/STORM.md` and `bench/storm.svg`. */
export async function writeReport(stampedes: readonly Stampede[]): Promise<void> {
  const [first] = stampedes;
  if (first === undefined) return;
  const { clients, away, seed } = first.options;
  const page = `# A herd comes back

Written by \`npm run storm\` (seed ${seed}). ${clients.toLocaleString('en-US')} real client objects of each library on a virtual clock, connected and healthy; all are dropped in the same instant, and the server refuses everybody for ${away / 1_000} s. Settings are the defaults of each library where nothing else is said; \`bench/storm/members.ts\` has them all. Times count from the moment at which the server is back.

${renderTable(stampedes)}

![Attempts to connect in each 100 ms, one plot for each client](storm.svg)

"Told when to come": just before the drop the server said \`goaway { retryAfter: 30_000, within: 10_000 }\`.
A window of 100 ms may begin anywhere, not only on a grid. Time, chance and network are virtual, so the same seed gives the same figures on every machine.
`;
  await writeFile(new URL('STORM.md', folder), page);
  await writeFile(new URL('storm.svg', folder), renderChart(stampedes));
}

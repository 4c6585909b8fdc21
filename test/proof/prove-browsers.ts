import { readFile, writeFile } from 'node:fs/promises';
import { renderRows } from '../../bench/support/table.js';
import { buildPackage } from '../support/build-package.js';
import { type Figures, median } from '../support/lifecycle/ordeal.js';
import { type Row, rows } from '../support/lifecycle/rows.js';
import { startRemoteHost } from '../support/remote-host.js';
import { requireTool } from '../tools/tools.js';

const DOCUMENT = new URL('../../docs/BROWSERS.md', import.meta.url);
/** What a return may take longer than a bare WebSocket does, in ms. */
const MOST_LATER = 300;
/** So many at a time: mostly they wait, and the figures are to be those of a machine that is not busy. */
const AT_ONCE = 4;

interface Run {
  readonly row: Row;
  readonly figures: Figures;
}

/** Every state that a browser puts a page into, at full length: about ten minutes. Writes docs/BROWSERS.md. */
export async function proveBrowsers(log: (text: string) => void): Promise<string[]> {
  const [chromium = ''] = requireTool('chromium') ?? [];
  const [firefox = ''] = requireTool('firefox') ?? [];
  const host = await startRemoteHost(await buildPackage('proof-browsers'));
  const left = rows.map((row, place) => ({ row, place }));
  const runs: Run[] = [];
  const found: string[] = [];
  const work = async (): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const { row, place } = next;
      try {
        runs[place] = { row, figures: await row.run({ host: host.url, chromium, firefox }, row.long, false) };
        log(cellsOf(runs[place]).join(' | '));
        found.push(...complaints(runs[place]));
      } catch (error) {
        found.push(`${titleOf(row)}: ${error}`);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  await host.close();
  // What is missing would be taken for what holds.
  if (runs.filter(Boolean).length === rows.length) await write(runs);
  return found;
}

const titleOf = ({ name, browser }: Row): string => `${name} (${browser})`;

function complaints({ row, figures }: Run): string[] {
  const { lost, repeated, falseReconnects, troubles, back, bare } = figures;
  const later = median(back) - median(bare);
  return [
    ...(lost > 0 ? [`${lost} lost`] : []),
    ...(repeated > 0 ? [`${repeated} repeated`] : []),
    ...(falseReconnects > 0 ? [`${falseReconnects} reconnects without need`] : []),
    ...(later > MOST_LATER ? [`back ${Math.round(later)} ms later than a bare WebSocket`] : []),
    ...troubles.map(String),
  ].map((text) => `${titleOf(row)}: ${text}`);
}

function cellsOf({ row, figures }: Run): string[] {
  const { rounds, lost, repeated, reconnects, falseReconnects, back, bare } = figures;
  const [longest, usual] = [Math.max(...row.long), Math.min(...row.long)].map((ms) => `${ms / 1_000}`);
  const times = longest === usual ? `${rounds} × ${usual} s` : `${longest} s, ${rounds - 1} × ${usual} s`;
  const ms = (values: readonly number[]): string => `${Math.round(median(values))}`;
  const worst = `${Math.round(Math.max(...back))}`;
  const counts = [lost, repeated, reconnects, falseReconnects].map(String);
  return [row.name, row.browser, times, ...counts, ms(back), worst, ms(bare)];
}

/** Puts the table into the document, in the place of the last one. */
async function write(runs: readonly Run[]): Promise<void> {
  const head = [
    'What happens to the page',
    'in',
    'rounds',
    'lost',
    'repeated',
    'links replaced',
    'without need',
    'back',
    'worst',
    'bare',
  ];
  const table = renderRows(head, runs.map(cellsOf));
  const text = await readFile(DOCUMENT, 'utf8');
  await writeFile(DOCUMENT, text.replace(/(<!-- figures -->\n)[\s\S]*(<!-- end -->)/, `$1\n${table}\n\n$2`));
}

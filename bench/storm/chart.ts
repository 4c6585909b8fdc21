import { thousands } from '../support/table.js';
import { figuresOf, WINDOW_MS } from './figures.js';
import type { Stampede } from './herd.js';
import { titleOf } from './table.js';

const WIDTH = 860;
const LEFT = 60;
const RIGHT = 20;
const PLOT_HEIGHT = 70;
const ROW_HEIGHT = 112;
const TOP = 62;
const FOOT = 40;
/** s after the drop. */
const END = 65;
const TICK = 5;
const DECADES = [1, 10, 100, 1_000, 10_000];
const INK = '#24292f';
const FAINT = '#d0d7de';
const OURS = '#0969da';
const THEIRS = '#6e7781';

/** Attempts to connect in each 100 ms, one plot for each herd on the same scales, as an SVG. */
export function renderChart(stampedes: readonly Stampede[]): string {
  const first = stampedes[0];
  if (first === undefined) throw new RangeError('storm: a chart needs at least one herd');
  const { clients, away } = first.options;
  const height = TOP + stampedes.length * ROW_HEIGHT + FOOT;
  const title = `${thousands(clients)} clients dropped at once, the server away for ${away / 1_000} s`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" font-family="system-ui, sans-serif" font-size="12" fill="${INK}">`,
    `<title>${title}</title>`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    `<text x="${LEFT}" y="24" font-size="16" font-weight="600">${title}</text>`,
    `<text x="${LEFT}" y="42" fill="${THEIRS}">attempts to connect in each 100 ms, logarithmic; the line marks when the server is back</text>`,
    ...stampedes.flatMap((stampede, row) => plot(stampede, TOP + row * ROW_HEIGHT)),
    `<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${height - 10}" text-anchor="middle">seconds after the drop</text>`,
    '</svg>',
    '',
  ].join('\n');
}

function plot(stampede: Stampede, top: number): string[] {
  const base = top + 22 + PLOT_HEIGHT;
  const y = (count: number): number => base - (Math.log10(count) / 4) * (PLOT_HEIGHT - 4) - 4;
  const isOurs = stampede.name === 'ReliableSocket';
  const back = x(stampede.options.away / 1_000);
  const { worst, worstOnceBack } = figuresOf(stampede);
  const most = `at most ${thousands(worst)} in 100 ms, ${thousands(worstOnceBack)} once the server is back`;
  return [
    `<text x="${LEFT}" y="${top + 14}" font-weight="600">${titleOf(stampede)}</text>`,
    `<text x="${WIDTH - RIGHT}" y="${top + 14}" text-anchor="end" fill="${THEIRS}">${most}</text>`,
    ...DECADES.flatMap((count) => [
      line(LEFT, y(count), WIDTH - RIGHT, y(count), FAINT),
      ...(count === 1 || count === 100 || count === 10_000
        ? [
            `<text x="${LEFT - 6}" y="${y(count) + 4}" text-anchor="end" fill="${THEIRS}" font-size="10">${thousands(count)}</text>`,
          ]
        : []),
    ]),
    `<path d="${bars(stampede.attempts, base, y)}" fill="${isOurs ? OURS : THEIRS}"/>`,
    `<line x1="${back}" y1="${top + 20}" x2="${back}" y2="${base}" stroke="#cf222e" stroke-width="1.5"/>`,
    ...Array.from({ length: END / TICK + 1 }, (_, at) => at * TICK).map(
      (second) =>
        `<text x="${x(second)}" y="${base + 13}" text-anchor="middle" fill="${THEIRS}" font-size="10">${second}</text>`,
    ),
  ];
}

/** One bar for each window, all in one path. */
function bars(attempts: readonly number[], base: number, y: (count: number) => number): string {
  const counts = new Map<number, number>();
  for (const at of attempts) {
    const window = Math.floor(at / WINDOW_MS);
    if (window * WINDOW_MS < END * 1_000) counts.set(window, (counts.get(window) ?? 0) + 1);
  }
  const width = x(WINDOW_MS / 1_000) - x(0);
  return [...counts]
    .sort(([a], [b]) => a - b)
    .map(([window, count]) => {
      const left = x((window * WINDOW_MS) / 1_000).toFixed(2);
      return `M${left} ${base}V${y(count).toFixed(1)}h${width.toFixed(2)}V${base}z`;
    })
    .join('');
}

const x = (second: number): number => LEFT + (second / END) * (WIDTH - LEFT - RIGHT);

const line = (x1: number, y1: number, x2: number, y2: number, stroke: string): string =>
  `<line x1="${x1}" y1="${y1.toFixed(1)}" x2="${x2}" y2="${y2.toFixed(1)}" stroke="${stroke}" stroke-width="0.5"/>`;

import { untold } from './match.js';
import type { Result, Run } from './run.js';
import { sum } from './verdict.js';

const HEAD = [
  'contestant',
  'in: lost',
  'repeated',
  'out of order',
  'out: lost',
  'of these not told',
  'repeated',
  'out of order',
  'faults that hit',
  'reconnects',
  'down, s',
  'drained after, s',
];

/** A run as a table in Markdown, padded so that it reads well as plain text too. */
export function renderTable({ results }: Run): string {
  return renderRows(HEAD, results.map(row));
}

export function renderRows(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((cells) => cells[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    // Words to the left, numbers to the right.
    `| ${cells.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join(' | ')} |`;
  const rule = `|${widths.map((width, at) => (at === 0 ? `:${'-'.repeat(width + 1)}` : `${'-'.repeat(width + 1)}:`)).join('|')}|`;
  return [line(head), rule, ...rows.map(line)].join('\n');
}

function row(result: Result): string[] {
  const { contestant, client, proxy, out, in: inbound, down, drained } = result;
  return [
    contestant.name,
    ...[inbound.lost, inbound.repeated, inbound.outOfOrder].map(thousands),
    ...[out.lost, untold(result).length, out.repeated, out.outOfOrder].map(thousands),
    `${sum(proxy.hits)} of ${sum(proxy.faults)}`,
    thousands(client.reconnects),
    seconds(down),
    seconds(drained),
  ];
}

export const thousands = (count: number): string => count.toLocaleString('en-US');
export const seconds = (ms: number): string => (ms / 1_000).toFixed(1);

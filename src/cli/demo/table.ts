import { faultKinds } from '../../testing/index.js';
import type { Contest } from './contest.js';
import type { Side } from './side.js';
import type { Tally } from './tally.js';

const HEAD = [
  'client',
  'direction',
  'sent',
  'received',
  'lost',
  'repeated',
  'out of order',
  'reconnects',
  'longest gap',
];

/** The result as lines of text. */
export function renderTable({ naive, reliable }: Contest): string {
  const rows = [HEAD, ...[naive, reliable].flatMap((side) => [row(side, 'out', side.out), row(side, 'in', side.in)])];
  const widths = HEAD.map((_, column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0)));
  const lines = rows.map((cells) =>
    cells
      // Words to the left, numbers to the right.
      .map((cell, column) => (column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  '),
  );
  lines.splice(1, 0, widths.map((width) => '-'.repeat(width)).join('  '));
  return lines.join('\n');
}

/** How often each kind of fault met a living link, as one line for each client. */
export function renderFaults({ naive, reliable }: Contest): string {
  return [naive, reliable]
    .map(({ client, proxy }) => {
      const counts = faultKinds.map((kind) => `${kind} ${proxy.hits[kind]} of ${proxy.faults[kind]}`);
      return `faults that hit a live link, ${client.name}: ${counts.join(', ')}`;
    })
    .join('\n');
}

function row({ client }: Side, direction: string, tally: Tally): string[] {
  return [
    client.name,
    direction,
    ...[tally.sent, tally.received, tally.missing, tally.repeated, tally.outOfOrder, client.reconnects].map(thousands),
    `${thousands(Math.round(tally.longestGap))} ms`,
  ];
}

function thousands(count: number): string {
  return count.toLocaleString('en-US');
}

import { renderRows, seconds, thousands } from '../support/table.js';
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

/** A run as a table, one row for each contestant. */
export function renderTable({ results }: Run): string {
  return renderRows(HEAD, results.map(row));
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

import type { ChromiumRow } from '../chromium/measure.js';
import type { LinkRow } from '../node/links.js';
import type { MessageRow } from '../node/messages.js';
import type { OfflineRow } from '../node/offline.js';
import type { SizeRow } from '../sizes.js';
import { type Case, cases } from '../subjects/cases.js';
import { renderRows, thousands } from '../support/table.js';

interface CpuRow {
  readonly case: Case;
  readonly name: string;
  readonly microseconds: number;
  readonly ratio: number;
}

/** A column for each case, a row for each client. */
function renderCpu(rows: readonly CpuRow[]): string {
  const names = [...new Set(rows.map(({ name }) => name))];
  return renderRows(
    ['CPU per message, to a bare WebSocket', ...cases],
    names.map((name) => [
      name,
      ...cases.map((which) => {
        const row = rows.find((one) => one.case === which && one.name === name);
        return row === undefined ? '' : `${row.ratio.toFixed(2)} (${row.microseconds.toFixed(1)} us)`;
      }),
    ]),
  );
}

export function renderNode(rows: readonly MessageRow[], speed: MessageRow['speed']): string {
  return renderCpu(rows.filter((row) => row.speed === speed));
}

export function renderChromium(rows: readonly ChromiumRow[]): string {
  return renderCpu(rows);
}

export function renderLinks(rows: readonly LinkRow[]): string {
  const bare = rows.find(({ name }) => name === 'bare');
  return renderRows(
    ['', 'round trip, us', 'to bare', 'heap per idle client, bytes', 'to bare'],
    rows.map(({ name, roundTrip, heap }) => [
      name,
      (roundTrip * 1_000).toFixed(0),
      ratio(roundTrip, bare?.roundTrip),
      thousands(Math.round(heap)),
      ratio(heap, bare?.heap),
    ]),
  );
}

export function renderOffline(rows: readonly OfflineRow[]): string {
  return renderRows(
    ['', 'CPU, ms', 'heap afterwards, MB'],
    rows.map(({ name, cpu, heap }) => [name, thousands(Math.round(cpu)), (heap / 1e6).toFixed(1)]),
  );
}

export function renderSizes(rows: readonly SizeRow[]): string {
  return renderRows(
    ['', 'minified, bytes', 'gzip, bytes'],
    rows.map(({ name, minified, gzip }) => [name, thousands(minified), thousands(gzip)]),
  );
}

function ratio(value: number, bare: number | undefined): string {
  return bare === undefined ? '' : (value / bare).toFixed(2);
}

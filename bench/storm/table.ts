import { renderRows, seconds, thousands } from '../support/table.js';
import { figuresOf } from './figures.js';
import type { Stampede } from './herd.js';

const HEAD = [
  'client',
  'attempts',
  'most in 100 ms',
  'most in 100 ms once the server is back',
  'half are back after, s',
  'all are back after, s',
];

/** Times count from the moment at which the server is back. */
export function renderTable(stampedes: readonly Stampede[]): string {
  return renderRows(HEAD, stampedes.map(row));
}

export function titleOf({ name, options: { goaway } }: Stampede): string {
  return goaway === undefined ? name : `${name}, told when to come`;
}

function row(stampede: Stampede): string[] {
  const figures = figuresOf(stampede);
  return [
    titleOf(stampede),
    ...[figures.attempts, figures.worst, figures.worstOnceBack].map(thousands),
    seconds(figures.medianReturn),
    figures.neverBack > 0 ? `${thousands(figures.neverBack)} never` : seconds(figures.lastReturn),
  ];
}

import { type Sides, sideNames } from '../api.js';
import { byId, setText } from './dom.js';
import type { Ledger } from './ledger.js';
import type { Side } from './side.js';
import { thousands } from './words.js';

const directions = ['in', 'out'] as const;

const rows: readonly (readonly [label: string, read: (ledger: Ledger) => number])[] = [
  ['Sent', ({ tally }) => tally.sent],
  ['Received', ({ tally }) => tally.received],
  ['Waiting', ({ fates }) => fates.underWay],
  ['Lost in silence', ({ fates }) => fates.lost],
  ['Lost, but told', ({ fates }) => fates.told],
  ['Repeated', ({ tally }) => tally.repeated],
  ['Out of order', ({ tally }) => tally.outOfOrder],
];

/** The table with every number. Each cell says what it counts, as in `data-count="naive in Sent"`. */
export class Counters {
  readonly #cells: { readonly cell: HTMLElement; readonly read: () => number; readonly isBad: boolean }[] = [];

  constructor(sides: Sides<Side>) {
    const body = byId('counters');
    for (const [label, read] of rows) {
      const row = body.appendChild(document.createElement('tr'));
      const head = row.appendChild(document.createElement('th'));
      head.scope = 'row';
      head.textContent = label;
      for (const name of sideNames) {
        for (const direction of directions) {
          const cell = row.appendChild(document.createElement('td'));
          cell.dataset.count = `${name} ${direction} ${label}`;
          const isBad = ['Lost in silence', 'Repeated', 'Out of order'].includes(label);
          this.#cells.push({ cell, read: () => read(sides[name][direction]), isBad });
        }
      }
    }
  }

  show(): void {
    for (const { cell, read, isBad } of this.#cells) {
      const count = read();
      setText(cell, thousands(count));
      cell.dataset.mood = isBad && count > 0 ? 'bad' : '';
    }
  }
}

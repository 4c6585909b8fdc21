import { byId, setText } from '../../page/dom.js';
import { thousands } from '../../page/words.js';
import type { Member, Room } from './room.js';
import { nameOf } from './words.js';

const rows: readonly (readonly [label: string, read: (member: Member) => number])[] = [
  ['Sent', ({ client }) => client.sent],
  ['Received', ({ listener }) => listener.total('received')],
  ['Waiting', ({ listener }) => listener.fates.underWay],
  ['Lost in silence', ({ listener }) => listener.fates.lost],
  ['Lost, but told', ({ listener }) => listener.fates.told],
  ['Gaps told', ({ listener }) => listener.gaps],
  ['Repeated', ({ listener }) => listener.total('repeated')],
  ['Out of order', ({ listener }) => listener.total('outOfOrder')],
];

/** The table with every number. Each cell says what it counts, as in `data-count="0 Sent"`. */
export class Counters {
  readonly #cells: { readonly cell: HTMLElement; readonly read: () => number; readonly isBad: boolean }[] = [];

  constructor({ members }: Room) {
    const head = byId('clients');
    head.append(document.createElement('td'));
    members.forEach((_, at) => {
      const name = head.appendChild(document.createElement('th'));
      name.scope = 'col';
      name.textContent = nameOf(at);
    });
    for (const [label, read] of rows) {
      const row = byId('counters').appendChild(document.createElement('tr'));
      const title = row.appendChild(document.createElement('th'));
      title.scope = 'row';
      title.textContent = label;
      members.forEach((member, at) => {
        const cell = row.appendChild(document.createElement('td'));
        cell.dataset.count = `${at} ${label}`;
        this.#cells.push({
          cell,
          read: () => read(member),
          isBad: ['Lost in silence', 'Out of order'].includes(label),
        });
      });
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

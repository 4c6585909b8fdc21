import type { SideName } from '../api.js';
import { byId, setText } from './dom.js';
import type { Side } from './side.js';
import { Strip } from './strip.js';
import { displayNames, footnote, linkMood, linkText, type Snapshot, thousands } from './words.js';

/** How one client fares: its losses, its link, and what arrived over time. */
export class Card {
  readonly #name: SideName;
  readonly #strips: readonly Strip[];

  constructor(name: SideName, side: Side) {
    this.#name = name;
    this.#strips = [
      new Strip(byId(`${name}-in`), `${displayNames[name]}, from the server`, side.in),
      new Strip(byId(`${name}-out`), `${displayNames[name]}, to the server`, side.out),
    ];
  }

  show(snapshot: Snapshot, now: number): void {
    const { lost } = snapshot.fates;
    const number = byId(`${this.#name}-lost`);
    setText(number, thousands(lost));
    number.dataset.mood = lost > 0 ? 'bad' : 'good';
    const link = byId(`${this.#name}-link`);
    setText(link, linkText(snapshot, now));
    link.dataset.mood = linkMood(snapshot);
    setText(byId(`${this.#name}-note`), footnote(this.#name, snapshot));
  }

  turn(): void {
    for (const strip of this.#strips) strip.turn();
  }

  draw(): void {
    for (const strip of this.#strips) strip.draw();
  }
}

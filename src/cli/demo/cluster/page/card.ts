import { byId, setText } from '../../page/dom.js';
import { Strip } from '../../page/strip.js';
import { thousands } from '../../page/words.js';
import type { Listener } from './listener.js';
import { footnote, linkText, nameOf, type Snapshot } from './words.js';

/** How one client fares: where it is, what it lost, and what it heard over time. */
export class Card {
  readonly #card: HTMLElement;
  readonly #strip: Strip;

  constructor(member: number, listener: Listener) {
    const template = byId('card') as HTMLTemplateElement; // the page has it as one
    const copy = document.importNode(template.content, true);
    const card = copy.querySelector('article');
    if (card === null) throw new Error('the template has no card');
    this.#card = card;
    card.id = `client-${member}`;
    setText(this.#part('h2'), nameOf(member));
    byId('cards').append(card);
    this.#strip = new Strip(this.#part('.strip'), `${nameOf(member)}, from all four`, listener);
  }

  show(snapshot: Snapshot, now: number): void {
    const number = this.#part('strong');
    setText(number, thousands(snapshot.fates.lost));
    number.dataset.mood = snapshot.fates.lost > 0 ? 'bad' : 'good';
    const link = this.#part('.link');
    setText(link, linkText(snapshot, now));
    link.dataset.mood = snapshot.link.status === 'open' ? 'good' : 'down';
    setText(this.#part('.note'), footnote(snapshot));
  }

  turn(): void {
    this.#strip.turn();
  }

  draw(): void {
    this.#strip.draw();
  }

  #part(selector: string): HTMLElement {
    const found = this.#card.querySelector<HTMLElement>(selector);
    if (found === null) throw new Error(`the card has no ${selector}`);
    return found;
  }
}

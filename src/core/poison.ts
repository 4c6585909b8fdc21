import type { Entry } from './io.js';

/** How a connection ended, as far as it says something about the messages on it. */
export interface Death {
  /** The peer ended it, and had been there: it opened, and a frame or a real close frame came. */
  readonly byHealthyPeer: boolean;
  readonly code: number;
}

/** What is being tried on this connection. */
type Trial =
  | { readonly name: 'none' }
  /** Everything goes but the suspect: does the link live? */
  | { readonly name: 'without'; readonly suspect: Entry }
  /** The link lives; now only the suspect goes: does it die? */
  | { readonly name: 'alone'; readonly suspect: Entry };

const KILLS = 3;
const CONVICTIONS = 2;
const TOO_BIG = 1009;

/**
 * Finds the message that makes the server close, by experiment and never by guess.
 *
 * Three deaths with a message unproved make it a suspect. The next link goes without it; when that one lives, the
 * suspect is sent alone. Only died-alone after lived-without, twice in a row, convicts. A death without the suspect
 * speaks for it: the network, or another message, kills links here.
 */
export class Poison {
  #trial: Trial = { name: 'none' };
  #largestFirst = false;

  /** A trial is on: its verdict needs a proof of receipt soon. */
  get trying(): boolean {
    return this.#trial.name !== 'none';
  }

  linkOpened(waiting: Iterable<Entry>): void {
    let suspect: Entry | undefined;
    for (const entry of waiting) {
      if (entry.kills >= KILLS && (!suspect || this.#before(entry, suspect))) suspect = entry;
    }
    this.#trial = suspect ? { name: 'without', suspect } : { name: 'none' };
  }

  holds(entry: Entry): boolean {
    const trial = this.#trial;
    if (trial.name === 'none') return false;
    return (trial.name === 'without') === (trial.suspect === entry);
  }

  /** The link lives without the suspect: a proof came, or it has been stable. True if the suspect may go now. */
  lived(): boolean {
    if (this.#trial.name !== 'without') return false;
    this.#trial = { name: 'alone', suspect: this.#trial.suspect };
    return true;
  }

  /** The message was received, or ended otherwise: it kills nobody. True if that ends a trial. */
  cleared(entry: Entry): boolean {
    entry.kills = entry.convictions = 0;
    if (this.#trial.name === 'none' || this.#trial.suspect !== entry) return false;
    this.#trial = { name: 'none' };
    return true;
  }

  /** True if this entry is the suspect, written alone and not yet proved. */
  isAlone(entry: Entry): boolean {
    return this.#trial.name === 'alone' && this.#trial.suspect === entry;
  }

  /** The link died while these were written and unproved. Answers the message that is convicted. */
  linkDied(death: Death, unproved: Iterable<Entry>): Entry | undefined {
    const trial = this.#trial;
    this.#trial = { name: 'none' };
    if (!death.byHealthyPeer) return undefined;
    this.#largestFirst = death.code === TOO_BIG;
    let convicted: Entry | undefined;
    let alone = false;
    for (const entry of unproved) {
      entry.kills++;
      if (trial.name === 'alone' && trial.suspect === entry) {
        alone = true;
        if (++entry.convictions >= CONVICTIONS) convicted = entry;
      }
    }
    if (trial.name !== 'none' && !alone) {
      trial.suspect.tests++;
      trial.suspect.convictions = 0;
    }
    return convicted;
  }

  /** Who was tried least goes first, so that one loud innocent does not hide the culprit for ever. */
  #before(a: Entry, b: Entry): boolean {
    if (a.tests !== b.tests) return a.tests < b.tests;
    return this.#largestFirst && a.bytes > b.bytes;
  }
}

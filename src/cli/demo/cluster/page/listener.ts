import { type Fates, Ledger } from '../../page/ledger.js';
import type { Stream } from '../../page/strip.js';
import { CLIENTS } from '../api.js';

/** A message of the room: who sent it, and which of theirs it is. */
export interface Place {
  readonly from: number;
  readonly n: number;
}

/** What one client has heard of the room: of each sender a ledger, since only their messages have an order. */
export class Listener implements Stream {
  readonly ledgers: readonly Ledger[] = Array.from({ length: CLIENTS }, () => new Ledger());
  /** How often the application was told of a loss. */
  gaps = 0;
  readonly #said: readonly Place[];

  /** @param said All messages of the room, in the order in which they were sent. */
  constructor(said: readonly Place[]) {
    this.#said = said;
  }

  get sent(): number {
    return this.#said.length;
  }

  hear({ from, n }: Place): void {
    this.ledgers[from]?.arrive(n);
  }

  /** Whoever sent them, messages are missing, and the application is told. */
  gap(): void {
    this.gaps += 1;
    for (const ledger of this.ledgers) ledger.gap();
  }

  /** Of all messages so far. */
  get fates(): Fates {
    const all = { arrived: 0, underWay: 0, lost: 0, told: 0 };
    for (const { fates } of this.ledgers) {
      all.arrived += fates.arrived;
      all.underWay += fates.underWay;
      all.lost += fates.lost;
      all.told += fates.told;
    }
    return all;
  }

  fatesOf(from: number, to: number): Fates {
    const fates = { arrived: 0, underWay: 0, lost: 0, told: 0 };
    for (const { from: sender, n } of this.#said.slice(from, to)) fates[this.ledgers[sender]?.fateOf(n) ?? 'lost'] += 1;
    return fates;
  }

  /** Over all senders. */
  total(count: 'received' | 'repeated' | 'outOfOrder'): number {
    return this.ledgers.reduce((sum, { tally }) => sum + tally[count], 0);
  }
}

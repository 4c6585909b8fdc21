import { COUNTS_EVERY_MS, FLOOD_MESSAGES, type ServerCounts } from '../api.js';
import { Ledger } from './ledger.js';
import type { PageClient } from './link.js';

/** The page says something so often. */
const NOTE_MS = 100;

/** One client with its two directions. */
export class Side {
  /** From the server to the page. */
  readonly in: Ledger = new Ledger();
  /** From the page to the server. */
  readonly out: Ledger = new Ledger();
  /** How often the application was told of a loss. */
  gaps = 0;
  /** When something came from the server last, by `Date.now()`. */
  heardAt: number = Date.now();
  readonly client: PageClient;
  #sending: ReturnType<typeof setInterval> | undefined;

  /** @param create Makes the client; its callbacks are to feed this side. */
  constructor(create: (side: Side) => PageClient) {
    this.client = create(this);
  }

  hear(number: number): void {
    this.heardAt = Date.now();
    this.in.arrive(number);
  }

  gap(): void {
    this.gaps += 1;
    this.in.gap();
  }

  /** What the server says that it has sent, and that has arrived there. */
  learn({ sent, arrived }: ServerCounts): void {
    this.in.sentUpTo(sent);
    for (const [first, last] of arrived) {
      for (let n = first; n <= last; n += 1) this.out.arrive(n);
    }
  }

  flood(): void {
    for (let count = 0; count < FLOOD_MESSAGES; count += 1) this.#say();
  }

  /** Says no more until `resume`; so it begins. */
  pause(): void {
    clearInterval(this.#sending);
    this.#sending = undefined;
  }

  resume(): void {
    this.pause();
    this.heardAt = Date.now();
    this.#sending = setInterval(() => this.#say(), NOTE_MS);
  }

  /** For how long nothing has come from a server that talks, in ms. */
  get silence(): number {
    if (this.#sending === undefined) return 0;
    return Math.max(0, Date.now() - this.heardAt - COUNTS_EVERY_MS);
  }

  #say(): void {
    this.client.send(this.out.tally.next());
  }
}

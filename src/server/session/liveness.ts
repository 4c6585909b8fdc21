import type { Turn } from './turn.js';

/**
 * Whether anything is heard from the client. It is asked after half of the silence that is allowed: a hidden page may not
 * ping by itself, but it answers. Who is late, since the process was busy or asleep, asks first and judges later.
 */
export class Liveness {
  readonly #turn: Turn;
  readonly #silence: number;
  #heardAt: number;
  #askedAt: number | undefined;

  constructor(turn: Turn, silence: number) {
    this.#turn = turn;
    this.#silence = silence;
    this.#heardAt = turn.now;
  }

  get due(): number {
    const half = this.#silence / 2;
    return (this.#askedAt === undefined ? this.#heardAt : Math.max(this.#askedAt, this.#heardAt + half)) + half;
  }

  heard(): void {
    this.#heardAt = this.#turn.now;
    this.#askedAt = undefined;
  }

  check(): 'ping' | 'dead' | undefined {
    if (this.#turn.now < this.due) return undefined;
    if (this.#askedAt !== undefined) return 'dead';
    this.#askedAt = this.#turn.now;
    return 'ping';
  }
}

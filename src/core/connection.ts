import type { State } from './io.js';

type Status = State['status'];

/** Which status may follow which. Leaving `closed` or `idle` takes a call of the user's. */
const NEXT: Record<Status, readonly Status[]> = {
  idle: ['connecting', 'closed'],
  connecting: ['connecting', 'open', 'waiting', 'suspended', 'closing', 'closed'],
  open: ['connecting', 'waiting', 'suspended', 'closing', 'closed'],
  waiting: ['connecting', 'waiting', 'suspended', 'closing', 'closed'],
  suspended: ['connecting', 'waiting', 'closing', 'closed'],
  closing: ['connecting', 'closed'],
  closed: ['connecting', 'closed'],
};

/** The only place where the status changes. Each snapshot is a new frozen object, so that it can be compared by identity. */
export class Connection {
  #state: State = Object.freeze({ status: 'idle' });

  get state(): State {
    return this.#state;
  }

  to(state: State): State {
    if (!NEXT[this.#state.status].includes(state.status)) {
      throw new Error(`connection: ${this.#state.status} can not become ${state.status}`);
    }
    this.#state = Object.freeze(state);
    return this.#state;
  }
}

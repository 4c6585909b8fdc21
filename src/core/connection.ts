import type { State } from './io.js';

/** Which status may follow which, as words; `connecting` and `closed` may follow any. */
const NEXT: Record<State['status'], string> = {
  idle: '',
  connecting: 'open waiting suspended closing',
  open: 'waiting suspended closing',
  waiting: 'waiting suspended closing',
  suspended: 'waiting',
  closing: '',
  closed: '',
};

/** Up to four words with blanks between them: a set of words, which takes the room of one string. */
export type Words<W extends string> = W | `${W} ${W}` | `${W} ${W} ${W}` | `${W} ${W} ${W} ${W}`;

/** A status, with whatever else its owner keeps of a state. */
export interface Connection<S extends Pick<State, 'status'> = State> {
  state: S;
  /** Changes the status, the only place where that happens. Each snapshot is a new frozen object. */
  to(state: S): S;
}

export const createConnection = <S extends Pick<State, 'status'> = State>(): Connection<S> => {
  const connection: Connection<S> = {
    // Safe: each owner's states begin with this one, which carries nothing.
    state: Object.freeze({ status: 'idle' }) as S,
    to(state) {
      const from = connection.state.status;
      if (!`connecting closed ${NEXT[from]}`.includes(state.status))
        throw new Error(`${from} can not become ${state.status}`);
      connection.state = Object.freeze(state);
      return state;
    },
  };
  return connection;
};

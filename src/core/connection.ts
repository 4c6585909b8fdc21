import type { State } from './io.js';

/** Which status may follow which, as words. */
const NEXT: Record<State['status'], string> = {
  idle: 'connecting closed',
  connecting: 'connecting open waiting suspended closing closed',
  open: 'connecting waiting suspended closing closed',
  waiting: 'connecting waiting suspended closing closed',
  suspended: 'connecting waiting closed',
  closing: 'connecting closed',
  closed: 'connecting closed',
};

export interface Connection {
  state: State;
  /** Changes the status, the only place where that happens. Each snapshot is a new frozen object. */
  to(state: State): State;
}

export const createConnection = (): Connection => {
  const connection: Connection = {
    state: Object.freeze({ status: 'idle' }),
    to(state) {
      const from = connection.state.status;
      if (!NEXT[from].includes(state.status)) throw new Error(`${from} can not become ${state.status}`);
      connection.state = Object.freeze(state);
      return state;
    },
  };
  return connection;
};

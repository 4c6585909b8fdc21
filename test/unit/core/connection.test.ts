import { describe, expect, it } from 'vitest';
import { createConnection } from '../../../src/core/connection.js';
import type { State } from '../../../src/core/io.js';

const states: { readonly [S in State['status']]: State } = {
  idle: { status: 'idle' },
  connecting: { status: 'connecting', attempt: 1 },
  open: { status: 'open', since: 1, resumed: false },
  waiting: { status: 'waiting', attempt: 2, retryAt: 1, reason: '1006' },
  suspended: { status: 'suspended', why: 'freeze' },
  closing: { status: 'closing' },
  closed: { status: 'closed', reason: 'called' },
};
const all = Object.keys(states) as State['status'][];
/** How to come into each status from `idle`. */
const paths: { readonly [S in State['status']]: readonly State['status'][] } = {
  idle: [],
  connecting: ['connecting'],
  open: ['connecting', 'open'],
  waiting: ['connecting', 'waiting'],
  suspended: ['connecting', 'suspended'],
  closing: ['connecting', 'closing'],
  closed: ['closed'],
};
const legal = new Set(
  `idle>connecting idle>closed
  connecting>connecting connecting>open connecting>waiting connecting>suspended connecting>closing connecting>closed
  open>connecting open>waiting open>suspended open>closing open>closed
  waiting>connecting waiting>waiting waiting>suspended waiting>closing waiting>closed
  suspended>connecting suspended>waiting suspended>closed
  closing>connecting closing>closed
  closed>connecting closed>closed`.split(/\s+/),
);

describe('createConnection', () => {
  it('is idle at first', () => {
    expect(createConnection().state).toEqual({ status: 'idle' });
  });

  for (const from of all) {
    for (const to of all) {
      const may = legal.has(`${from}>${to}`);
      it(`${may ? 'lets' : 'does not let'} ${from} become ${to}`, () => {
        const connection = createConnection();
        for (const step of paths[from]) connection.to({ ...states[step] });
        const change = (): State => connection.to({ ...states[to] });
        if (may) {
          expect(change()).toEqual(states[to]);
          expect(connection.state).toEqual(states[to]);
        } else {
          expect(change).toThrow(`${from} can not become ${to}`);
          expect(connection.state.status).toBe(from);
        }
      });
    }
  }

  it('gives a new frozen snapshot for each change', () => {
    const connection = createConnection();
    expect(Object.isFrozen(connection.state)).toBe(true);
    const first = connection.to({ status: 'connecting', attempt: 1 });
    const second = connection.to({ status: 'connecting', attempt: 1 });
    expect(Object.isFrozen(second)).toBe(true);
    expect(second).not.toBe(first);
    expect(connection.state).toBe(second);
  });
});

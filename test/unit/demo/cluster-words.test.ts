import { describe, expect, it } from 'vitest';
import type { Status } from '../../../src/cli/demo/cluster/api.js';
import { Listener, type Place } from '../../../src/cli/demo/cluster/page/listener.js';
import { explanation, headline, type Snapshot } from '../../../src/cli/demo/cluster/page/words.js';

const FINE: Snapshot = {
  link: { status: 'open' },
  place: 'A',
  fates: { arrived: 9, underWay: 0, lost: 0, told: 0 },
  gaps: 0,
  repeated: 0,
};
const UP: Status = { nodes: { A: 'up', B: 'up' }, redis: 'up', places: ['A', 'A', 'B', 'B'] };
const LOST: Snapshot = { ...FINE, fates: { ...FINE.fates, lost: 2 } };
const TOLD: Snapshot = { ...FINE, fates: { ...FINE.fates, told: 3 }, gaps: 1 };
const AWAY: Snapshot = { ...FINE, link: { status: 'connecting' }, place: null };

describe('what the page of the cluster says', () => {
  it.each<[all: Snapshot[], told: string]>([
    [[FINE, FINE], 'There was no gap to tell.'],
    [[TOLD, FINE], '1 gap told so far.'],
    [[TOLD, TOLD], 'Each client was told exactly one gap.'],
  ])('on top: nothing lost, and what was told (%#)', (all, told) => {
    expect(headline(all, 1_200)).toEqual(['Of 1,200 messages to four clients, none is lost in silence.', told]);
  });

  it('on top: a loss in silence, if there is one', () => {
    expect(headline([FINE, LOST], 9)[0]).toBe('Of 9 messages to four clients, 2 are lost in silence.');
  });

  it.each<[what: string, all: Snapshot[], status: Status, wanted: string]>([
    [
      'a dead node',
      [FINE, AWAY],
      { ...UP, nodes: { A: 'down', B: 'up' }, places: ['B', null] },
      'Node A is down. 1 client',
    ],
    ['a node that leaves', [FINE], { ...UP, nodes: { A: 'down', B: 'up' } }, 'Node A restarts as planned'],
    ['no node', [AWAY], { ...UP, nodes: { A: 'down', B: 'down' }, places: [] }, 'Both nodes are down'],
    ['no Redis', [AWAY], { ...UP, redis: 'down' }, 'Redis is down'],
    ['links cut', [AWAY, FINE], UP, '1 client without a link'],
    ['a gap', [TOLD, FINE], UP, 'Redis forgot 3 messages'],
    ['nothing', [FINE], UP, 'Each client sends to the room'],
  ])('below: %s', (_what, all, status, wanted) => {
    expect(explanation(all, status, { paused: false })).toContain(wanted);
  });
});

describe('Listener', () => {
  it('keeps the order of each sender, and none between them', () => {
    const said: Place[] = [1, 2].flatMap((n) => [0, 1].map((from) => ({ from, n })));
    const listener = new Listener(said);
    for (const ledger of listener.ledgers.slice(0, 2)) ledger.sentUpTo(2);
    for (const place of [
      { from: 1, n: 1 },
      { from: 1, n: 2 },
      { from: 0, n: 2 },
    ])
      listener.hear(place);
    expect(listener.fates).toEqual({ arrived: 3, underWay: 0, lost: 1, told: 0 });
    expect(listener.fatesOf(0, 2)).toEqual({ arrived: 1, underWay: 0, lost: 1, told: 0 });
    expect(listener.total('outOfOrder')).toBe(0);
  });

  it('counts what is missing after a gap as told', () => {
    const listener = new Listener([1, 2, 3].map((n) => ({ from: 0, n })));
    listener.hear({ from: 0, n: 1 });
    listener.gap();
    listener.hear({ from: 0, n: 3 });
    expect([listener.fates.told, listener.fates.lost, listener.gaps]).toEqual([1, 0, 1]);
  });
});

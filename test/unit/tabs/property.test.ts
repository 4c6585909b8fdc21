import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import { TabWorld, type WorldTab } from '../../support/tab-world.js';

const tab = fc.nat({ max: 3 });
const action = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ act: fc.constant('read' as const), tab, count: fc.integer({ min: 1, max: 4 }) }),
  },
  { weight: 5, arbitrary: fc.record({ act: fc.constant('work' as const), tab, count: fc.nat({ max: 3 }) }) },
  {
    weight: 4,
    arbitrary: fc.record({ act: fc.constant('publish' as const), tab, count: fc.integer({ min: 1, max: 5 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ act: fc.constantFrom('order' as const, 'plain' as const), tab, count: fc.constant(1) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ act: fc.constant('wait' as const), tab, count: fc.integer({ min: 1, max: 8 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      act: fc.constantFrom('crash' as const, 'close' as const, 'freeze' as const, 'hang' as const, 'wake' as const),
      tab,
      count: fc.constant(1),
    }),
  },
);

/** Long ones: it takes many steps until tabs stand in different places. */
const scripts = fc.array(action, { minLength: 40, maxLength: 160, size: 'max' });

/** Whoever is gone is replaced, so that there are always four. */
const run = (world: TabWorld, script: readonly { act: string; tab: number; count: number }[]): void => {
  const seats: WorldTab[] = [world.open(), world.open(), world.open(), world.open()];
  for (const { act, tab: seat, count } of script) {
    const one = seats[seat] as WorldTab;
    if (act === 'read') world.read(one, count);
    else if (act === 'work') !one.hung && one.socket?.work(count);
    else if (act === 'publish') world.server.head += count;
    else if (act === 'order' || act === 'plain') !one.hung && one.present && world.send(one, act);
    else if (act === 'wait') world.pass(count * 100);
    else if (act === 'hang') one.hung = true;
    else if (act === 'freeze') one.hung || world.leave(one, 'freeze');
    else if (act === 'wake') {
      one.hung = false;
      world.comeBack(one);
    } else {
      if (act === 'crash') world.crash(one);
      else world.close(one);
      seats[seat] = world.open();
    }
  }
  for (const one of seats) {
    one.hung = false;
    world.comeBack(one);
  }
  world.settle();
};

describe('tabs that come, go, hang and crash at any moment', () => {
  test.prop([scripts, fc.constantFrom(2, 1_000)], { numRuns: 200 })(
    'end with one leader that has one socket',
    (script, keep) => {
      const world = new TabWorld(keep);
      run(world, script);
      expect(world.leaders).toHaveLength(1);
      expect(world.holder).toBe(world.leaders[0]);
      const socket = world.leaders[0]?.socket;
      expect(world.server.current.get(socket?.client ?? '')).toBe(socket);
      for (const one of world.tabs) if (one.alive) expect(one.states.at(-1)).toBe('open');
    },
  );

  test.prop([scripts, fc.constantFrom(2, 1_000)], { numRuns: 200 })(
    'hear each message once and in order, or are told what is missing',
    (script, keep) => {
      const world = new TabWorld(keep);
      run(world, script);
      for (const { heard, alive, name } of world.tabs) {
        const numbers = heard.map(Math.abs);
        const [first = 0] = numbers;
        // In order, once, without a hole: what is missing is there as a gap.
        expect({ name, numbers }).toEqual({ name, numbers: numbers.map((_, i) => first + i) });
        if (alive && numbers.length > 0) expect(numbers.at(-1)).toBe(world.server.head);
      }
    },
  );

  test.prop([scripts], { numRuns: 200 })('have each order processed once, and no plain message twice', (script) => {
    const world = new TabWorld();
    run(world, script);
    const { processed } = world.server;
    for (const one of world.tabs) {
      for (const [id, outcome] of one.outcomes) {
        const times = processed.filter((other) => other === id).length;
        if (outcome === 'acked') expect({ id, times }).toEqual({ id, times: 1 });
        else expect(times).toBeLessThanOrEqual(1);
      }
      if (one.alive) expect([...one.session.mail.own.keys()]).toEqual([]);
    }
    expect(new Set(processed).size).toBe(processed.length);
  });
});

import { describe, expect, it } from 'vitest';
import { TabWorld, type WorldTab, worldOf } from '../../support/tab-world.js';

/** A tab that gives a message to a leader that hangs, and then takes its place. */
const takeover = (meanwhile: (world: TabWorld, tab: WorldTab, id: string) => void = () => {}) => {
  const world = new TabWorld();
  const [old, tab] = [world.open(), world.open()];
  world.settle();
  expect(world.leaders).toEqual([old]);
  old.hung = true;
  const id = world.send(tab);
  expect(tab.session.mail.own.get(id)?.since).toBeDefined();
  meanwhile(world, tab, id);
  while (!tab.socket) {
    world.pass(300);
    world.read(tab);
  }
  return { world, old, tab, id };
};

describe('a leader that wakes up and does not know yet that another tab leads', () => {
  it.each(['cancelled', 'expired', 'dropped', 'unknown'] as const)(
    'can not say of a message that it is %s, since the other one may have written it',
    (outcome) => {
      const { world, old, tab, id } = takeover();
      old.hung = false;
      world.read(old, 1);
      expect(old.socket?.queued.map((entry) => entry.id)).toEqual([id]);
      old.socket?.told({ do: 'settled', id, outcome });
      world.read(tab);
      expect(tab.outcomes.size).toBe(0);
      world.settle();
      expect(tab.outcomes.get(id)).toBe('acked');
      expect(world.server.processed).toEqual([id]);
    },
  );

  it('can say that the server has it', () => {
    const { world, old, tab, id } = takeover();
    old.hung = false;
    world.read(old, 1);
    old.socket?.told({ do: 'settled', id, outcome: 'acked' });
    world.read(tab);
    expect(tab.outcomes.get(id)).toBe('acked');
  });
});

it('a message that was taken back by a tab which then goes is told by none of the others', () => {
  const world = new TabWorld();
  const [leader, tab, ...others] = [world.open(), world.open(), world.open(), world.open()];
  world.settle();
  const id = world.send(tab);
  world.input(tab, { type: 'cancel', id });
  world.close(tab);
  world.settle();
  expect(leader.socket?.calls).toEqual([`withdraw ${id}`]);
  for (const other of [leader, ...others]) expect(other.outcomes.size).toBe(0);
});

it('a message that was taken back from a leader that hangs is not written by the next one, and nobody knows its end', () => {
  const { tab, id } = takeover((world, sender, sent) => world.input(sender, { type: 'cancel', id: sent }));
  expect(tab.socket?.queued).toEqual([]);
  expect(tab.outcomes.get(id)).toBe('unknown');
});

it('a plain message that a tab left to its heir is not written again when the tab comes back to lead', () => {
  const { world, tabs } = worldOf(3);
  const [first, heir, sender] = tabs as [WorldTab, WorldTab, WorldTab];
  world.close(first);
  world.read(heir);
  // It has heard of the new leader, and has no answer yet.
  world.read(sender);
  const id = world.send(sender, 'plain');
  expect(sender.session.mail.own.get(id)?.since).toBeUndefined();
  world.leave(sender, 'freeze');
  world.read(heir);
  heir.socket?.work(0);
  expect(world.server.processed).toEqual([id]);
  world.crash(heir);
  world.comeBack(sender);
  world.settle();
  expect(world.server.processed).toEqual([id]);
  expect(sender.outcomes.get(id)).toBe('unknown');
});

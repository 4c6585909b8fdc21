import { describe, expect, it } from 'vitest';
import type { Message } from '../../../src/index.js';
import { TabWorld, type WorldTab, worldOf } from '../../support/tab-world.js';

const publish = (world: TabWorld, count: number): void => {
  world.server.head += count;
  world.settle();
};

describe('tabs that share a socket', () => {
  it('let the first one lead at once, and follow it', () => {
    const world = new TabWorld();
    const first = world.open();
    world.read(first);
    expect(first.socket).toBeDefined();
    const second = world.open();
    world.settle();
    publish(world, 3);
    expect(second.socket).toBeUndefined();
    expect(second.states.at(-1)).toBe('open');
    expect([first.heard, second.heard]).toEqual([
      [1, 2, 3],
      [1, 2, 3],
    ]);
  });

  it('have their calls from before there was a leader heard by the first one, as a wish to be connected', () => {
    const world = new TabWorld();
    const first = world.open();
    world.input(first, { type: 'call', call: 'reconnect' }, { type: 'call', call: 'connect' });
    expect(first.socket).toBeUndefined();
    world.settle();
    expect(first.socket?.calls).toEqual(['connect']);
    const second = world.open();
    world.input(second, { type: 'call', call: 'reconnect' });
    world.settle();
    expect(second.socket).toBeUndefined();
    expect(first.socket?.calls).toEqual(['connect', 'connect']);
    world.input(second, { type: 'call', call: 'reconnect' });
    world.settle();
    expect(first.socket?.calls).toEqual(['connect', 'connect', 'reconnect']);
  });

  it('go on under the same client with a higher conn when the leader crashes', () => {
    const { world, tabs } = worldOf(3);
    publish(world, 2);
    const old = tabs[0]?.socket;
    world.crash(tabs[0] as WorldTab);
    publish(world, 2);
    const [heir] = world.leaders;
    expect(heir?.socket?.client).toBe(old?.client);
    expect(heir?.socket?.conn).toBeGreaterThan(old?.conn ?? Infinity);
    expect(heir?.socket?.continuation?.welcomed).toBe(true);
    expect(tabs[1]?.heard).toEqual([1, 2, 3, 4]);
    expect(tabs[2]?.heard).toEqual([1, 2, 3, 4]);
  });

  it('join a new leader in the turn in which they hear of it', () => {
    const { world, tabs } = worldOf(2);
    const tab = tabs[1] as WorldTab;
    world.input(tab, { type: 'heard', said: { term: '~', news: [], from: 'another' } });
    expect(world.words.at(-1)).toMatchObject({ say: 'join', last: '~', from: tab.name });
  });

  it('let go of the socket as soon as they hear of a newer leader', () => {
    const { world, tabs } = worldOf(1);
    const tab = tabs[0] as WorldTab;
    world.input(tab, { type: 'heard', said: { term: '~', news: [], from: 'another' } });
    expect(tab.socket).toBeUndefined();
    expect(tab.states.at(-1)).toBe('suspended');
  });

  it('do not lead once they have gone, although the lock comes', () => {
    const { world, tabs } = worldOf(2);
    const tab = tabs[1] as WorldTab;
    world.leave(tab, 'freeze');
    world.input(tab, { type: 'locked', alone: true });
    expect(tab.socket).toBeUndefined();
  });

  it('are suspended while there is no leader', () => {
    const { world, tabs } = worldOf(2);
    world.close(tabs[0] as WorldTab);
    world.read(tabs[1] as WorldTab, 1);
    expect(tabs[1]?.states.at(-1)).toBe('suspended');
    world.settle();
    expect(tabs[1]?.states.at(-1)).toBe('open');
  });

  it('take the lock also from a leader that hung before they came', () => {
    const { world, tabs } = worldOf(1);
    (tabs[0] as WorldTab).hung = true;
    const late = world.open();
    world.settle();
    expect(world.holder).toBe(late);
    expect(late.socket).toBeDefined();
  });

  it('take the lock from a leader that hangs, which then follows', () => {
    const { world, tabs } = worldOf(3);
    const [first] = tabs as [WorldTab, WorldTab, WorldTab];
    first.hung = true;
    publish(world, 2);
    expect(world.leaders.filter(({ hung }) => !hung)).toHaveLength(1);
    expect(world.holder).not.toBe(first);
    first.hung = false;
    world.settle();
    expect(first.socket).toBeUndefined();
    expect(first.heard).toEqual([1, 2]);
    expect(world.leaders).toHaveLength(1);
  });

  it('take the lock also from one that hangs as soon as it has taken it', () => {
    const { world, tabs } = worldOf(4);
    const [first] = tabs as [WorldTab, WorldTab, WorldTab, WorldTab];
    first.hung = true;
    const next = (): WorldTab | undefined => tabs.find((tab) => tab !== first && world.holder === tab);
    while (!next()) world.pass(100);
    const [heir] = [next()] as [WorldTab];
    heir.hung = true;
    publish(world, 2);
    expect(world.leaders.filter(({ hung }) => !hung)).toHaveLength(1);
    expect(world.holder).not.toBe(heir);
  });

  it('let nobody lead who has not asked the others where the streams stand', () => {
    const { world, tabs } = worldOf(2);
    const [first, second] = tabs as [WorldTab, WorldTab];
    publish(world, 2);
    const third = world.open();
    // It hears that there is a conversation, and then there is no leader any more who could answer it.
    first.inbox.length = 0;
    first.socket?.live('open');
    world.read(third);
    world.crash(first);
    world.server.head += 2;
    world.holder = third;
    world.input(third, { type: 'locked', alone: false });
    world.settle();
    expect(world.leaders).toEqual([third]);
    expect(second.heard).toEqual([1, 2, 3, 4]);
  });

  it('let nobody tell the others of a conversation that it has not joined', () => {
    const { world, tabs } = worldOf(1);
    const [first] = tabs as [WorldTab];
    const second = world.open();
    first.inbox.length = 0;
    first.socket?.live('open');
    world.read(second);
    expect(second.session.life()).toBeDefined();
    const said = world.words.length;
    world.input(second, { type: 'heard', said: { say: 'who', from: 'a new one' } });
    world.pass(2_000);
    const joins = world.words.slice(said).filter((word) => 'say' in word && word.say === 'join');
    expect(joins).toMatchObject([{ from: second.name, life: undefined }]);
  });

  it('leave a leader in peace that answers', () => {
    const { world, tabs } = worldOf(3);
    world.settle();
    world.settle();
    expect(world.leaders).toEqual([tabs[0]]);
  });
});

describe('a tab that was away', () => {
  it('hears what it has missed', () => {
    const { world, tabs } = worldOf(2);
    publish(world, 1);
    world.leave(tabs[1] as WorldTab, 'freeze');
    publish(world, 3);
    expect(tabs[1]?.states.at(-1)).toBe('suspended');
    world.comeBack(tabs[1] as WorldTab);
    world.settle();
    expect(tabs[1]?.heard).toEqual([1, 2, 3, 4]);
  });

  it('is told by one gap what nobody has kept', () => {
    const { world, tabs } = worldOf(2, 2);
    publish(world, 1);
    world.leave(tabs[1] as WorldTab, 'pagehide');
    publish(world, 5);
    world.comeBack(tabs[1] as WorldTab);
    world.settle();
    expect(tabs[1]?.news.filter((news) => news.do === 'step' && news.gap)).toMatchObject([
      { gap: { from: 1, to: 4, reason: 'tab-behind' } },
    ]);
    expect(tabs[1]?.heard).toEqual([1, -2, -3, -4, 5, 6]);
  });

  it('is told as missing nothing that it has heard, though the next leader has not', () => {
    const { world, tabs } = worldOf(3);
    const [first, second, third] = tabs as [WorldTab, WorldTab, WorldTab];
    world.server.head = 2;
    first.socket?.work(2);
    world.read(third);
    second.inbox.length = 0;
    world.crash(first);
    world.read(second);
    const gap = { channel: undefined, from: 0, to: 4, reason: 'reset', epoch: 'e' };
    second.socket?.told({ do: 'step', channel: undefined, to: { seq: 4, epoch: 'e' }, gap });
    world.settle();
    expect([second.heard, third.heard]).toEqual([
      [-1, -2, -3, -4],
      [1, 2, -3, -4],
    ]);
  });

  it('hears how its messages ended meanwhile', () => {
    const { world, tabs } = worldOf(2);
    const id = world.send(tabs[1] as WorldTab);
    world.leave(tabs[1] as WorldTab, 'freeze');
    world.settle();
    expect(tabs[1]?.outcomes.get(id)).toBeUndefined();
    world.comeBack(tabs[1] as WorldTab);
    world.settle();
    expect(tabs[1]?.outcomes.get(id)).toBe('acked');
    expect(world.server.processed).toEqual([id]);
  });
});

describe('what a tab sends', () => {
  it('waits until there is a leader, and keeps its order', () => {
    const world = new TabWorld();
    const tab = world.open();
    const ids = [world.send(tab), world.send(tab), world.send(tab)];
    expect([...tab.session.mail.own.keys()]).toEqual(ids);
    world.settle();
    expect(world.server.processed).toEqual(ids);
  });

  it('is finished by the leader when the tab has gone', () => {
    const { world, tabs } = worldOf(2);
    const id = world.send(tabs[1] as WorldTab);
    world.close(tabs[1] as WorldTab);
    world.settle();
    expect(world.server.processed).toEqual([id]);
  });

  it('is finished by the next leader when both are gone', () => {
    const { world, tabs } = worldOf(3);
    const id = world.send(tabs[1] as WorldTab);
    world.close(tabs[1] as WorldTab);
    for (const tab of tabs) world.read(tab);
    world.crash(tabs[0] as WorldTab);
    world.settle();
    expect(world.server.processed).toEqual([id]);
  });

  it('is unknown if nothing proves it and a leader that crashed may have written it', () => {
    const { world, tabs } = worldOf(2);
    const id = world.send(tabs[1] as WorldTab, 'plain');
    for (const tab of tabs) world.read(tab);
    world.crash(tabs[0] as WorldTab);
    world.settle();
    expect(tabs[1]?.outcomes.get(id)).toBe('unknown');
    expect(world.server.processed).toEqual([]);
  });

  it('is sent by the next leader if the last one says that it was not written', () => {
    const { world, tabs } = worldOf(2);
    const id = world.send(tabs[1] as WorldTab, 'plain');
    for (const tab of tabs) world.read(tab);
    world.close(tabs[0] as WorldTab);
    world.settle();
    expect(tabs[1]?.outcomes.get(id)).toBe('sent');
    expect(world.server.processed).toEqual([id]);
  });

  it('is unknown if nobody could tell the next leader who the conversation was', () => {
    const { world, tabs } = worldOf(2);
    const [first, second] = tabs as [WorldTab, WorldTab];
    const id = world.send(second);
    for (const tab of tabs) world.read(tab);
    first.socket?.work(0);
    // Its word of the ending is not heard any more, and who knows of it hangs.
    second.inbox.length = 0;
    second.hung = true;
    const third = world.open();
    world.crash(first);
    world.holder = third;
    world.input(third, { type: 'locked', alone: false });
    world.pass(300);
    expect(third.socket?.client).not.toBe(first.socket?.client);
    second.hung = false;
    world.settle();
    expect(second.outcomes.get(id)).toBe('unknown');
    expect(second.news.at(-1)).toMatchObject({ name: 'undelivered', event: { id, reason: 'another-client' } });
    expect(world.server.processed).toEqual([id]);
  });

  it('is rejected when too much is under way, and after close', () => {
    const world = new TabWorld();
    const tab = world.open();
    for (let i = 0; i < 100; i++) world.send(tab);
    const id = world.send(tab);
    expect(tab.outcomes.get(id)).toBe('rejected');
    world.settle();
    world.leave(tab, 'called');
    expect(tab.outcomes.get(world.send(tab))).toBe('closed');
  });

  it('is cancelled if no leader had it, else the leader is asked', () => {
    const world = new TabWorld();
    const tab = world.open();
    const early = world.send(tab);
    world.input(tab, { type: 'cancel', id: early });
    expect(tab.outcomes.get(early)).toBe('cancelled');
    world.read(tab);
    const late = world.send(tab);
    world.input(tab, { type: 'cancel', id: late });
    expect(tab.outcomes.get(late)).toBeUndefined();
    expect(tab.socket?.calls).toEqual([`withdraw ${late}`]);
  });
});

describe('channels', () => {
  const want = (world: TabWorld, tab: WorldTab | undefined, type: 'subscribe' | 'unsubscribe'): void => {
    world.input(tab as WorldTab, { type, channel: 'room' });
    world.settle();
  };

  it.each(['e', undefined])(
    'are asked for without hearing anything again after another numbering, from epoch %s',
    (epoch) => {
      const { world, tabs } = worldOf(2);
      const [leader, tab] = tabs as [WorldTab, WorldTab];
      const say = (seq: number, epoch: string | undefined): void =>
        leader.socket?.told({
          do: 'step',
          channel: undefined,
          to: { seq, epoch },
          message: { type: 'm', n: seq } as Message,
        });
      say(8, epoch);
      say(9, epoch);
      say(2, epoch && 'f');
      say(3, epoch && 'f');
      world.settle();
      const heard = [8, 9, 2, 3];
      expect(tab.heard).toEqual(heard);
      want(world, tab, 'subscribe');
      expect(tab.heard).toEqual(heard);
    },
  );

  it('bring nothing again from the next leader after another epoch', () => {
    const { world, tabs } = worldOf(3);
    const [leader, , tab] = tabs as [WorldTab, WorldTab, WorldTab];
    for (const [seq, epoch] of [
      [8, 'e'],
      [9, 'e'],
      [2, 'f'],
      [3, 'f'],
    ] as const) {
      const message = { type: 'm', n: seq } as Message;
      leader.socket?.told({ do: 'step', channel: undefined, to: { seq, epoch }, message });
    }
    world.settle();
    world.crash(leader);
    world.settle();
    expect(world.leaders).toEqual([tabs[1]]);
    expect(tab.heard).toEqual([8, 9, 2, 3]);
  });

  it('are subscribed as long as any tab wants them', () => {
    const { world, tabs } = worldOf(3);
    const { channels } = tabs[0]?.socket ?? { channels: new Set() };
    want(world, tabs[1], 'subscribe');
    want(world, tabs[2], 'subscribe');
    expect([...channels]).toEqual(['room']);
    want(world, tabs[1], 'unsubscribe');
    expect([...channels]).toEqual(['room']);
    want(world, tabs[2], 'unsubscribe');
    expect([...channels]).toEqual([]);
  });

  it('are released when the tab that wanted them crashes', () => {
    const { world, tabs } = worldOf(2);
    want(world, tabs[1], 'subscribe');
    world.crash(tabs[1] as WorldTab);
    world.settle();
    expect([...(tabs[0]?.socket?.channels ?? ['none'])]).toEqual([]);
  });

  it('are subscribed by the next leader', () => {
    const { world, tabs } = worldOf(3);
    want(world, tabs[2], 'subscribe');
    world.crash(tabs[0] as WorldTab);
    world.settle();
    expect([...(world.leaders[0]?.socket?.channels ?? [])]).toEqual(['room']);
  });
});

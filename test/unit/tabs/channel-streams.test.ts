import { describe, expect, it } from 'vitest';
import { type TabWorld, type WorldTab, worldOf } from '../../support/tab-world.js';

const want = (
  world: TabWorld,
  tab: WorldTab | undefined,
  type: 'subscribe' | 'unsubscribe',
  channel = 'room',
): void => {
  world.input(tab as WorldTab, { type, channel });
  world.settle();
};
/** The leader's socket is told where the room goes on from. */
const begin = (world: TabWorld, seq: number): void => {
  world.leaders[0]?.socket?.told({ do: 'step', channel: 'room', to: { seq, epoch: 'r' } });
  world.settle();
};
const say = (world: TabWorld, ...numbers: number[]): void => {
  for (const n of numbers) {
    const message = { type: 'talk', n };
    world.leaders[0]?.socket?.told({ do: 'step', channel: 'room', to: { seq: n, epoch: 'r' }, message });
  }
  world.settle();
};

describe('a channel that nobody wants for a while', () => {
  it('is heard once by the tab that comes back to it, whatever that tab subscribes to later', () => {
    const { world, tabs } = worldOf(2);
    want(world, tabs[1], 'subscribe');
    say(world, 1, 2);
    want(world, tabs[1], 'unsubscribe');
    want(world, tabs[1], 'subscribe');
    begin(world, 5);
    say(world, 6, 7);
    // With this it joins once more, and is told what it has missed.
    want(world, tabs[1], 'subscribe', 'another');
    say(world, 8);
    expect(tabs[1]?.heard).toEqual([1, 2, 6, 7, 8]);
  });

  it('has a gap for the tab that was away and never left it', () => {
    const { world, tabs } = worldOf(2);
    want(world, tabs[1], 'subscribe');
    say(world, 1, 2);
    world.leave(tabs[1] as WorldTab, 'freeze');
    world.settle();
    expect([...(tabs[0]?.socket?.channels ?? ['none'])]).toEqual([]);
    world.comeBack(tabs[1] as WorldTab);
    world.settle();
    begin(world, 5);
    say(world, 6);
    expect(tabs[1]?.heard).toEqual([1, 2, -3, -4, -5, 6]);
  });

  it('begins anew under a leader that did not hear how it was left', () => {
    const { world, tabs } = worldOf(3);
    want(world, tabs[1], 'subscribe');
    say(world, 1, 2);
    world.leave(tabs[2] as WorldTab, 'freeze');
    want(world, tabs[1], 'unsubscribe');
    world.comeBack(tabs[2] as WorldTab);
    world.settle();
    for (const tab of [tabs[1], tabs[0]]) world.close(tab as WorldTab);
    world.settle();
    expect(world.leaders).toEqual([tabs[2]]);
    expect(tabs[2]?.socket?.continuation?.cursors.map(({ channel }) => channel)).not.toContain('room');
  });

  it('has a gap for the tab that subscribes while the last one leaves, if it has heard something before', () => {
    const { world, tabs } = worldOf(3);
    want(world, tabs[1], 'subscribe');
    say(world, 1);
    // The leader hears of them in this order, and says the second message before.
    world.input(tabs[1] as WorldTab, { type: 'unsubscribe', channel: 'room' });
    world.input(tabs[2] as WorldTab, { type: 'subscribe', channel: 'room' });
    const message = { type: 'talk', n: 2 };
    tabs[2]?.heard.splice(0);
    tabs[0]?.socket?.told({ do: 'step', channel: 'room', to: { seq: 2, epoch: 'r' }, message });
    world.settle();
    begin(world, 4);
    say(world, 5);
    expect(tabs[2]?.heard).toEqual([2, -3, -4, 5]);
  });

  it('is left by another user with a gap of its own, and what follows comes once', () => {
    const { world, tabs } = worldOf(2);
    want(world, tabs[1], 'subscribe');
    say(world, 1, 2);
    const gap = { channel: 'room', from: 2, to: undefined, reason: 'subject', epoch: undefined };
    tabs[0]?.socket?.told({ do: 'step', channel: 'room', to: { seq: undefined, epoch: undefined }, gap });
    begin(world, 1);
    say(world, 2, 3);
    want(world, tabs[1], 'subscribe', 'another');
    expect(tabs[1]?.news.flatMap((news) => (news.do === 'step' && news.gap ? [news.gap] : []))).toEqual([gap]);
    expect(tabs[1]?.heard).toEqual([1, 2, 2, 3]);
  });
});

describe('subscriptions that a tab changes in one task', () => {
  const said = (world: TabWorld, tab: WorldTab): string[] =>
    world.words.splice(0).flatMap((word) => ('say' in word && word.from === tab.name ? [word.say] : []));

  it('are told in one word, however many, and before what is sent to them', () => {
    const { world, tabs } = worldOf(2);
    const tab = tabs[1] as WorldTab;
    const rooms = Array.from({ length: 100 }, (_, i) => ({ type: 'subscribe', channel: `room ${i}` }) as const);
    said(world, tab);
    world.input(tab, ...rooms);
    expect(said(world, tab)).toEqual(['join']);
    world.settle();
    expect(world.leaders[0]?.socket?.channels.size).toBe(100);

    said(world, tab);
    const entry = { id: 'a', message: { type: 'talk' }, channel: 'new', createdAt: 1, ttl: undefined, request: false };
    world.input(tab, { type: 'subscribe', channel: 'new' }, { type: 'send', entry: { ...entry, since: undefined } });
    expect(said(world, tab)).toEqual(['join', 'give']);
  });

  it('are told twice where one is left and asked for again, as one that was refused is', () => {
    const { world, tabs } = worldOf(2);
    const tab = tabs[1] as WorldTab;
    want(world, tab, 'subscribe');
    said(world, tab);
    world.input(tab, { type: 'unsubscribe', channel: 'room' }, { type: 'subscribe', channel: 'room' });
    expect(said(world, tab)).toEqual(['join', 'join']);
  });
});

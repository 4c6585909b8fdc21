import { describe, expect, it } from 'vitest';
import { createAlarm } from '../../src/alarm.js';

/** Timers that know how many of them, each set by the one before it, led to them: from five on browsers hold them back. */
const create = (deadlines: readonly number[]) => {
  const timers: { readonly run: () => void; readonly at: number; readonly depth: number; cleared?: true }[] = [];
  let now = 0;
  let depth = 0;
  const rest = [...deadlines];
  const environment = {
    setTimer(run: () => void, ms: number) {
      const timer = { run, at: now + ms, depth: depth + 1 };
      timers.push(timer);
      return timer;
    },
    clearTimer(timer: unknown) {
      (timer as { cleared?: true }).cleared = true;
    },
    now: () => now,
    instanceId: () => '',
    random: () => 0,
    webSocket: () => undefined,
  };
  const decide = createAlarm(environment, () => decide(rest.shift() ?? Infinity, now, false));
  const alarm = (at: number, time: number, isByNetwork: boolean): void => {
    now = time;
    decide(at, now, isByNetwork);
  };
  const live = () => timers.filter(({ cleared }) => !cleared);
  return {
    alarm,
    /** When the timers that are set are due, and how deep each is. */
    set: () => live().map(({ at, depth }) => [at, depth]),
    count: () => timers.length,
    ring(at: number) {
      now = at;
      for (const timer of live().filter((one) => one.at <= at)) {
        timers.splice(timers.indexOf(timer), 1);
        ({ depth } = timer);
        timer.run();
        depth = 0;
      }
    },
  };
};

describe('createAlarm', () => {
  it('leaves a timer that is early, and finds out when it rings', () => {
    const { alarm, set, ring } = create([300]);
    alarm(100, 0, false);
    alarm(300, 50, false);
    expect(set()).toEqual([[100, 1]]);
    ring(100);
    expect(set()).toEqual([[300, 2]]);
  });

  it('does not touch a timer that has the time already, up to that time itself', () => {
    const { alarm, count } = create([]);
    alarm(100, 0, false);
    alarm(100, 50, false);
    alarm(100, 100, false);
    expect(count()).toBe(1);
  });

  it('moves a timer to an earlier time, away, and from the past', () => {
    const { alarm, set } = create([]);
    alarm(100, 0, false);
    alarm(90, 10, false);
    expect(set()).toEqual([[90, 1]]);
    alarm(400, 95, false);
    expect(set()).toEqual([[400, 1]]);
    alarm(Infinity, 95, false);
    expect(set()).toEqual([]);
  });

  it('sets it anew at what comes from the network, once, so that no line of timers grows in which each was set by the last', () => {
    const { alarm, set, ring, count } = create([200, 300]);
    alarm(100, 0, true);
    ring(100);
    expect(set()).toEqual([[200, 2]]);
    // A send may be made by a timer, so it is no help.
    alarm(250, 110, false);
    expect(set()).toEqual([[200, 2]]);
    alarm(250, 120, true);
    expect(set()).toEqual([[250, 1]]);
    const before = count();
    alarm(260, 130, true);
    alarm(270, 140, false);
    expect(count()).toBe(before);
  });
});

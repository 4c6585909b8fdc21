import { describe, expect, it } from 'vitest';
import { seededRandom, settlePromises, VirtualClock } from '../../../src/testing/index.js';

function make() {
  const clock = new VirtualClock(0);
  const log: string[] = [];
  const at = (ms: number, name: string) => clock.setTimer(() => log.push(`${name}@${clock.now()}`), ms);
  return { clock, log, at };
}

describe('VirtualClock', () => {
  it('stands still by itself', async () => {
    const { clock, log, at } = make();
    at(0, 'a');
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(clock.now()).toBe(0);
    expect(log).toEqual([]);
  });

  it('runs due timers in the order of their times, each at its own time', () => {
    const { clock, log, at } = make();
    at(30, 'c');
    at(10, 'a');
    at(20, 'b');
    at(31, 'later');
    clock.advance(30);
    expect(log).toEqual(['a@10', 'b@20', 'c@30']);
    expect(clock.now()).toBe(30);
  });

  it('runs timers of one time in the order in which they were set', () => {
    const { clock, log, at } = make();
    for (const name of ['a', 'b', 'c', 'd', 'e']) at(10, name);
    clock.advance(10);
    expect(log.join()).toBe('a@10,b@10,c@10,d@10,e@10');
  });

  it('runs timers that are set on the way if they fall due', () => {
    const { clock, log, at } = make();
    clock.setTimer(() => {
      at(5, 'within');
      at(50, 'beyond');
    }, 10);
    clock.advance(20);
    expect(log).toEqual(['within@15']);
    expect(clock.nextTimerAt).toBe(60);
  });

  it('takes a delay that is negative or no number as 0', () => {
    const { clock, log, at } = make();
    at(-5, 'negative');
    at(Number.NaN, 'nan');
    clock.advance(0);
    expect(log).toEqual(['negative@0', 'nan@0']);
  });

  it('clears timers, also from within another one, and minds no unknown handle', () => {
    const { clock, log, at } = make();
    const first = at(10, 'first');
    const later = at(20, 'later');
    clock.clearTimer(first);
    clock.clearTimer(first);
    clock.clearTimer(undefined);
    clock.clearTimer(7);
    clock.clearTimer(new VirtualClock(0).setTimer(() => {}, 10));
    clock.setTimer(() => clock.clearTimer(later), 15);
    at(30, 'last');
    clock.clearTimer(first);
    clock.advance(100);
    expect(log).toEqual(['last@30']);
    expect(clock.pending).toBe(0);
    expect(clock.nextTimerAt).toBeUndefined();
  });

  it('runs nothing during a jump, and the overdue timers late on the next advance', () => {
    const { clock, log, at } = make();
    at(20, 'b');
    at(10, 'a');
    at(1_500, 'c');
    clock.jump(1_000);
    expect(log).toEqual([]);
    expect(clock.now()).toBe(1_000);
    expect(clock.nextTimerAt).toBe(10);
    clock.advance(0);
    expect(log).toEqual(['a@1000', 'b@1000']);
    clock.advance(500);
    expect(log.at(-1)).toBe('c@1500');
  });

  it('shifts the time that is read, both ways, and lets the timers keep their wait', () => {
    const { clock, log, at } = make();
    at(100, 'a');
    clock.shift(5_000);
    clock.advance(99);
    expect(log).toEqual([]);
    clock.advance(1);
    expect(log).toEqual(['a@5100']);
    at(10, 'b');
    clock.shift(-4_000);
    expect(clock.nextTimerAt).toBe(1_110);
    clock.advance(10);
    expect(log.at(-1)).toBe('b@1110');
  });

  it('lets promise callbacks run before, between and after the timers of advanceAsync', async () => {
    const { clock, log, at } = make();
    void Promise.resolve().then(() => at(5, 'set by a promise before'));
    clock.setTimer(async () => {
      // A chain as long as one likes.
      for (let i = 0; i < 50; i += 1) await undefined;
      at(5, 'set by a promise between');
    }, 10);
    let after = false;
    clock.setTimer(() => void Promise.resolve().then(() => (after = true)), 20);
    await clock.advanceAsync(20);
    expect(log).toEqual(['set by a promise before@5', 'set by a promise between@15']);
    expect(after).toBe(true);
    expect(clock.now()).toBe(20);
  });

  it('stays at the timer that throws, and goes on from there', () => {
    const { clock, log, at } = make();
    clock.setTimer(() => {
      throw new Error('thrown');
    }, 10);
    at(20, 'a');
    expect(() => clock.advance(50)).toThrow('thrown');
    expect(clock.now()).toBe(10);
    clock.advance(10);
    expect(log).toEqual(['a@20']);
  });

  it('refuses to go back or to nowhere', () => {
    const { clock } = make();
    for (const ms of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => clock.advance(ms)).toThrow(RangeError);
      expect(() => clock.jump(ms)).toThrow(RangeError);
    }
    expect(() => clock.shift(Number.NaN)).toThrow(RangeError);
  });

  it('ends a loop of timers at 0 ms with an error', () => {
    const { clock } = make();
    const again = (): void => void clock.setTimer(again, 0);
    again();
    expect(() => clock.advance(1)).toThrow('without end');
  });

  it('agrees with a plain sort, whatever is set and cleared', () => {
    for (let seed = 1; seed <= 50; seed += 1) {
      const random = seededRandom(seed);
      const { clock, log, at } = make();
      const waiting = new Map<string, { handle: unknown; due: number }>();
      for (let n = 0; n < 300; n += 1) {
        const due = Math.floor(random() * 100);
        waiting.set(`${n}`, { handle: at(due, `${n}`), due });
        if (random() < 0.4) {
          const names = [...waiting.keys()];
          const name = names[Math.floor(random() * names.length)]!;
          clock.clearTimer(waiting.get(name)!.handle);
          // A second time changes nothing.
          clock.clearTimer(waiting.get(name)!.handle);
          waiting.delete(name);
        }
      }
      clock.advance(100);
      const sorted = [...waiting].sort(([, a], [, b]) => a.due - b.due);
      expect(log).toEqual(sorted.map(([name, { due }]) => `${name}@${due}`));
    }
  });

  it('carries 10,000 clients with two timers each through ten minutes', () => {
    const clock = new VirtualClock();
    const random = seededRandom(1);
    let beats = 0;
    for (let n = 0; n < 10_000; n += 1) {
      let guard: unknown;
      const beat = (): void => {
        beats += 1;
        clock.clearTimer(guard);
        guard = clock.setTimer(() => {}, 40_000);
        clock.setTimer(beat, 30_000);
      };
      clock.setTimer(beat, random() * 30_000);
    }
    const began = performance.now();
    clock.advance(600_000);
    expect(beats).toBeGreaterThan(190_000);
    // A list that is sorted or searched on each step needs minutes.
    expect(performance.now() - began).toBeLessThan(5_000);
  });
});

describe('settlePromises', () => {
  it('waits for a chain of any length, and for no timer', async () => {
    const log: string[] = [];
    void (async () => {
      for (let i = 0; i < 1_000; i += 1) await undefined;
      log.push('chain');
    })();
    const timer = setTimeout(() => log.push('timer'), 1_000);
    await settlePromises();
    clearTimeout(timer);
    expect(log).toEqual(['chain']);
  });
});

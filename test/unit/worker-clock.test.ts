import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type WorkerClockOptions, workerClock } from '../../src/worker-clock/index.js';

/** A worker that the test plays. */
class ScriptedWorker {
  static readonly made: ScriptedWorker[] = [];
  readonly got: unknown[] = [];
  onmessage: ((event: { data: number }) => void) | null = null;
  onerror: ((event: { message?: string; type: string }) => void) | null = null;

  constructor(readonly url: string) {
    ScriptedWorker.made.push(this);
  }
  postMessage(message: unknown): void {
    this.got.push(message);
  }
}

const only = (): ScriptedWorker => {
  expect(ScriptedWorker.made).toHaveLength(1);
  return ScriptedWorker.made[0] as ScriptedWorker;
};

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('Worker', ScriptedWorker);
});
afterEach(() => {
  ScriptedWorker.made.length = 0;
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('workerClock', () => {
  it('makes one worker, and that with the first timer', () => {
    const { setTimer } = workerClock();
    expect(ScriptedWorker.made).toEqual([]);
    setTimer(() => {}, 100);
    setTimer(() => {}, 200);
    expect(only().url).toMatch(/^blob:/);
    expect(only().got).toEqual([
      [1, 100],
      [2, 200],
    ]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('rings once when the worker says so, and not for a timer that was taken away', () => {
    const { setTimer, clearTimer } = workerClock();
    const rang: string[] = [];
    setTimer(() => rang.push('first'), 100);
    const second = setTimer(() => rang.push('second'), 100);
    clearTimer(second);
    const worker = only();
    expect(worker.got.at(-1)).toEqual([2]);
    for (const id of [0, 1, 1, 2]) worker.onmessage?.({ data: id });
    expect(rang).toEqual(['first']);
    // One that is over is no matter for the worker.
    clearTimer(1);
    expect(worker.got).toHaveLength(3);
  });

  it('waits for a very long time as long as timers can', () => {
    workerClock().setTimer(() => {}, 1e15);
    expect(only().got).toEqual([[1, 2 ** 31 - 1]]);
  });

  it.each([
    ['has none', undefined],
    [
      'refuses it at once',
      class {
        constructor() {
          throw new Error('SecurityError');
        }
      },
    ],
  ])('uses the timers of the page where the runtime %s, and tells it once', (_, Worker) => {
    vi.stubGlobal('Worker', Worker);
    const onFallback = vi.fn();
    const { setTimer, clearTimer } = workerClock({ onFallback });
    const rang: string[] = [];
    setTimer(() => rang.push('first'), 100);
    clearTimer(setTimer(() => rang.push('second'), 100));
    vi.advanceTimersByTime(99);
    expect(rang).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(rang).toEqual(['first']);
    expect(onFallback).toHaveBeenCalledExactlyOnceWith(expect.any(Error));
  });

  it.each([
    [5, 'options is 5, wanted object'],
    [null, 'options is undefined, wanted object'],
    [{ onFallback: 'log' }, 'onFallback is "log", wanted function or undefined'],
    [{ onfallback() {} }, 'onfallback is no option, wanted one of onFallback'],
  ])('throws for %o', (options, told) => {
    // Safe: what is wrong with it is the test.
    const make = () => workerClock(options as WorkerClockOptions);
    expect(make).toThrow(expect.objectContaining({ code: 'bad-option', message: `workerClock: ${told}` }));
  });

  it('loses no timer when the refusal comes later', () => {
    const onFallback = vi.fn();
    const { setTimer, clearTimer } = workerClock({ onFallback });
    const rang: string[] = [];
    setTimer(() => rang.push('first'), 100);
    const second = setTimer(() => rang.push('second'), 100);
    vi.advanceTimersByTime(60);
    only().onerror?.({ type: 'error' });
    expect(onFallback).toHaveBeenCalledExactlyOnceWith('error');
    clearTimer(second);
    setTimer(() => rang.push('third'), 10);
    vi.advanceTimersByTime(39);
    expect(rang).toEqual(['third']);
    vi.advanceTimersByTime(1);
    expect(rang).toEqual(['third', 'first']);
    expect(ScriptedWorker.made).toHaveLength(1);
  });
});

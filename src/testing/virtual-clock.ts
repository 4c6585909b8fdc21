import { FUNCTION, must, NUMBER } from './checks.js';
import { type Timer, TimerHeap } from './timer-heap.js';

/** Only timers that set each other at 0 ms for ever can be so many at one instant. */
const MOST_TIMERS_AT_ONE_INSTANT = 1_000_000;

/**
 * A clock that stands still until the test moves it, with the timers that hang
 * on it. Give `now`, `setTimer` and `clearTimer` to the client's `environment`
 * (`virtualEnvironment()` does it), and hours pass in microseconds.
 *
 * It touches no global: `Date` and `setTimeout` stay as they are.
 */
export class VirtualClock {
  #heap = new TimerHeap();
  #time: number;
  /** What `shift()` added to the time that is read, but not to the timers. */
  #shift = 0;
  #made = 0;

  /** @param start The time at which the clock stands first, in ms. @default 1_000_000_000_000 */
  constructor(start: number = 1_000_000_000_000) {
    must('VirtualClock: start', start, NUMBER);
    this.#time = start;
  }

  /** The time now, in ms. Bound, so that it can be handed on as it is. */
  readonly now = (): number => this.#time + this.#shift;

  /** When the next timer is due, in the time that `now()` tells. It lies in the past after `jump()`. */
  get nextTimerAt(): number | undefined {
    const first = this.#heap.first;
    return first === undefined ? undefined : first.at + this.#shift;
  }

  /** How many timers wait. */
  get pending(): number {
    return this.#heap.size;
  }

  /** Runs `run` once, `ms` from now, when the test has moved the clock so far. Bound. */
  readonly setTimer = (run: () => void, ms: number): unknown => {
    must('VirtualClock: setTimer: run', run, FUNCTION);
    // As with the real timers, what is no number or lies in the past is due at once.
    const delay = ms > 0 ? ms : 0;
    this.#made += 1;
    const timer: Timer = { at: this.#time + delay, order: this.#made, run, place: -1 };
    this.#heap.add(timer);
    return timer;
  };

  /** Forgets a timer. One that ran, was cleared or never existed is left alone. Bound. */
  readonly clearTimer = (handle: unknown): void => {
    if (isTimer(handle)) this.#heap.remove(handle);
  };

  /**
   * Moves the clock by `ms` and runs each timer on the way at its own time, in
   * order; those for the same time in the order in which they were set. A timer
   * that is overdue (see `jump`) runs late, at the time it is now.
   *
   * Promise callbacks do not run in between; see `advanceAsync`. When a timer
   * throws, the clock stays where it is.
   */
  advance(ms: number): void {
    const end = this.#end(ms);
    const guard = new LoopGuard();
    for (let timer = this.#take(end); timer !== undefined; timer = this.#take(end)) {
      guard.count(this.#time);
      timer.run();
    }
    this.#time = Math.max(this.#time, end);
  }

  /**
   * As `advance`, but lets all promise callbacks run before the first timer,
   * after each one, and at the end.
   */
  async advanceAsync(ms: number): Promise<void> {
    const end = this.#end(ms);
    const guard = new LoopGuard();
    await settlePromises();
    for (let timer = this.#take(end); timer !== undefined; timer = this.#take(end)) {
      guard.count(this.#time);
      timer.run();
      await settlePromises();
    }
    this.#time = Math.max(this.#time, end);
  }

  /**
   * Time passes, but nothing runs: a laptop asleep, a frozen tab. Timers that
   * came due are overdue and run at the next `advance`, even `advance(0)`.
   */
  jump(ms: number): void {
    this.#time = this.#end(ms);
  }

  /**
   * Only the time that is read changes; the timers keep the wait that they had.
   * A wall clock that was set (`ms` may be negative), or a machine on which the
   * timers stood still during sleep.
   */
  shift(ms: number): void {
    if (!Number.isFinite(ms)) throw new RangeError(`VirtualClock: can not shift by ${ms} ms`);
    this.#shift += ms;
  }

  #end(ms: number): number {
    if (!(ms >= 0 && ms < Infinity)) throw new RangeError(`VirtualClock: can not move by ${ms} ms`);
    return this.#time + ms;
  }

  /** Takes the next timer that is due by `end`, and moves the clock to its time. */
  #take(end: number): Timer | undefined {
    const timer = this.#heap.first;
    if (timer === undefined || timer.at > end) return undefined;
    this.#heap.remove(timer);
    this.#time = Math.max(this.#time, timer.at);
    return timer;
  }
}

class LoopGuard {
  #instant = NaN;
  #timers = 0;

  count(instant: number): void {
    this.#timers = instant === this.#instant ? this.#timers + 1 : 1;
    this.#instant = instant;
    if (this.#timers > MOST_TIMERS_AT_ONE_INSTANT) {
      throw new Error('VirtualClock: timers set each other at 0 ms without end');
    }
  }
}

function isTimer(handle: unknown): handle is Timer {
  return typeof handle === 'object' && handle !== null && 'place' in handle && 'order' in handle;
}

// Taken at import, so that a test which fakes the global timers later still gets through.
const nextTask: (run: () => void) => unknown =
  typeof setImmediate === 'function' ? setImmediate : (run) => setTimeout(run, 0);

/** Waits until every promise callback that can run has run. Takes real time, but none of the virtual. */
export function settlePromises(): Promise<void> {
  return new Promise((resolve) => {
    nextTask(resolve);
  });
}

/** One timer that waits. What a clock hands out as its handle. */
export interface Timer {
  /** When it is due, in the clock's milliseconds. */
  readonly at: number;
  /** Counts the timers in the order of their making, to break ties. */
  readonly order: number;
  readonly run: () => void;
  /** Place in the heap, -1 once it ran or was cleared. */
  place: number;
}

/**
 * The timers that wait, soonest first, as a binary heap: 10,000 clients with a
 * timer each must not make every step of the clock a walk over 10,000 entries.
 */
export class TimerHeap {
  #timers: Timer[] = [];

  get size(): number {
    return this.#timers.length;
  }

  /** The timer that is due next, still in the heap. */
  get first(): Timer | undefined {
    return this.#timers[0];
  }

  add(timer: Timer): void {
    this.#timers.push(timer);
    this.#rise(timer, this.#timers.length - 1);
  }

  /** Takes a timer out. One that is out already is left alone. */
  remove(timer: Timer): void {
    const place = timer.place;
    if (this.#timers[place] !== timer) return;
    timer.place = -1;
    const last = this.#timers.pop();
    if (last === undefined || last === timer) return;
    // The last one fills the hole, and may belong above or below it.
    this.#rise(last, place);
    this.#sink(last, last.place);
  }

  #rise(timer: Timer, from: number): void {
    let place = from;
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = this.#timers[above];
      if (parent === undefined || !isSooner(timer, parent)) break;
      this.#put(parent, place);
      place = above;
    }
    this.#put(timer, place);
  }

  #sink(timer: Timer, from: number): void {
    let place = from;
    for (;;) {
      let below = 2 * place + 1;
      let child = this.#timers[below];
      const other = this.#timers[below + 1];
      if (child !== undefined && other !== undefined && isSooner(other, child)) {
        child = other;
        below += 1;
      }
      if (child === undefined || !isSooner(child, timer)) break;
      this.#put(child, place);
      place = below;
    }
    this.#put(timer, place);
  }

  #put(timer: Timer, place: number): void {
    this.#timers[place] = timer;
    timer.place = place;
  }
}

function isSooner(a: Timer, b: Timer): boolean {
  return a.at === b.at ? a.order < b.order : a.at < b.at;
}

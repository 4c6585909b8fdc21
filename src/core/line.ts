import type { Entry, Line } from './io.js';

/**
 * Messages in a row. Each knows its neighbours, so that one can leave from the middle at a fixed cost, and no gap stays
 * behind for others to step over.
 */
export class LinkedLine implements Line {
  size = 0;
  first: Entry | undefined;
  #last: Entry | undefined;

  add(entry: Entry, before?: Entry): void {
    const previous = before ? before.previous : this.#last;
    entry.line = this;
    entry.previous = previous;
    entry.next = before;
    if (previous) previous.next = entry;
    else this.first = entry;
    if (before) before.previous = entry;
    else this.#last = entry;
    this.size++;
  }

  remove(entry: Entry): void {
    const { previous, next } = entry;
    if (previous) previous.next = next;
    else this.first = next;
    if (next) next.previous = previous;
    else this.#last = previous;
    entry.line = entry.previous = entry.next = undefined;
    this.size--;
  }

  /**
   * The entry at hand may be removed while one goes through, and no other one. Not a generator: it would cost more
   * than what is done with most entries.
   */
  [Symbol.iterator](): Iterator<Entry> {
    let following = this.first;
    return {
      next() {
        const value = following;
        following = value?.next;
        return value ? { value } : { value, done: true };
      },
    };
  }
}

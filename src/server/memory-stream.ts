import type { Cursor, Entry, LogListener, Slice, SliceLimit } from './replay-log.js';

/** Bounds on the history of each stream. */
export interface HistoryBounds {
  readonly maxMessages: number;
  readonly maxBytes: number;
  readonly maxAge: number;
}

interface Kept extends Entry {
  readonly at: number;
}

/** One numbered stream with its history in memory. */
export interface MemoryStream {
  readonly epoch: string;
  readonly listeners: Set<LogListener>;
  head(): number;
  append(data: string): Entry;
  readAfter(cursor: Cursor | undefined, limit: SliceLimit): Slice;
  /** True if nothing is held any more. */
  isSpent(): boolean;
}

/** What an entry costs beside its text. */
const ENTRY_BYTES = 64;

export const createMemoryStream = (epoch: string, bounds: HistoryBounds): MemoryStream => {
  const listeners = new Set<LogListener>();
  let entries: (Kept | undefined)[] = [];
  /** The first of `entries` that is held: the places before it go when they are many, not one by one. */
  let first = 0;
  let bytes = 0;
  let head = 0;

  const trim = (): void => {
    const oldest = performance.now() - bounds.maxAge;
    for (let entry = entries[first]; entry !== undefined; entry = entries[first]) {
      const { length } = entries;
      if (length - first <= bounds.maxMessages && bytes <= bounds.maxBytes && entry.at >= oldest) break;
      bytes -= entry.data.length + ENTRY_BYTES;
      entries[first] = undefined;
      first += 1;
    }
    if (first < 1_000 || first < entries.length / 2) return;
    entries = entries.slice(first);
    first = 0;
  };

  return {
    epoch,
    listeners,
    head: () => head,
    append(data) {
      head += 1;
      const entry = { seq: head, data, at: performance.now() };
      entries.push(entry);
      bytes += data.length + ENTRY_BYTES;
      trim();
      return entry;
    },
    readAfter(cursor, limit) {
      trim();
      const floor = head - (entries.length - first);
      const foreign = cursor !== undefined && ((cursor.epoch ?? epoch) !== epoch || cursor.seq > head);
      const wanted = cursor === undefined ? head : foreign ? floor : cursor.seq;
      const from = Math.max(wanted, floor);
      const found: Entry[] = [];
      let size = 0;
      for (let at = first + from - floor; at < entries.length && found.length < limit.messages; at += 1) {
        const entry = entries[at];
        if (entry === undefined || (found.length > 0 && size + entry.data.length > limit.bytes)) break;
        found.push(entry);
        size += entry.data.length;
      }
      return { epoch, from, head, gone: foreign || from > wanted, entries: found };
    },
    isSpent() {
      trim();
      return first === entries.length;
    },
  };
};

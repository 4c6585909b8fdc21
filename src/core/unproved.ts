import type { Entry } from './io.js';

/**
 * What was written without an ack and nothing has proved yet: a ring, so that it is never a reason to refuse a send.
 * The oldest are forgotten past the bounds, and only counted.
 */
export interface Unproved {
  push(entry: Entry): void;
  /** Everything written up to this mark was received: takes it out, and answers it. */
  proven(mark: number): Entry[];
  /** The connection died: all that nobody proved, in order, and how many were forgotten. */
  takeAll(): { readonly entries: Entry[]; readonly forgotten: number };
}

export const createUnproved = (maxMessages: number, maxBytes: number): Unproved => {
  /** In the order of writing; those before `first` have left. */
  let entries: (Entry | undefined)[] = [];
  let first = 0;
  let bytes = 0;
  let forgotten = 0;
  const takeFirst = (): void => {
    bytes -= entries[first]?.bytes ?? 0;
    entries[first++] = undefined;
    if (first < 1_000 || first * 2 < entries.length) return;
    entries = entries.slice(first);
    first = 0;
  };
  return {
    push(entry) {
      entries.push(entry);
      bytes += entry.bytes;
      while (entries.length - first > maxMessages || bytes > maxBytes) {
        takeFirst();
        forgotten++;
      }
    },
    proven(mark) {
      const proven: Entry[] = [];
      for (let entry = entries[first]; entry && entry.mark <= mark; entry = entries[first]) {
        proven.push(entry);
        takeFirst();
      }
      return proven;
    },
    takeAll() {
      const taken = { entries: entries.slice(first) as Entry[], forgotten }; // safe: only the first ones are undefined
      entries = [];
      first = bytes = forgotten = 0;
      return taken;
    },
  };
};

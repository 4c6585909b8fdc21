import type { Entry, Line } from './io.js';

/**
 * What was written without an ack and nothing has proved yet: a ring, so that it is never a reason to refuse a send.
 * The oldest are forgotten past the bounds, and only counted until a proof covers them.
 */
export interface Unproved {
  push(entry: Entry): void;
  /** Everything written up to this mark was received: takes it out, and returns it. */
  proven(mark: number): Entry[];
  /** The connection died: all that nobody proved, in order, and how many were forgotten. */
  takeAll(): { readonly entries: Entry[]; readonly forgotten: number };
}

/** @param line holds them, in the order of writing */
export const createUnproved = (maxMessages: number, maxBytes: number, line: Line): Unproved => {
  let bytes = 0;
  let forgotten = 0;
  /** The mark of the newest one that was forgotten. */
  let forgottenMark = 0;
  const take = (entry: Entry): void => {
    line.remove(entry);
    bytes -= entry.bytes;
  };
  const unproved: Unproved = {
    push(entry) {
      line.add(entry);
      bytes += entry.bytes;
      while (line.first && (line.size > maxMessages || bytes > maxBytes)) {
        forgottenMark = line.first.mark;
        take(line.first);
        forgotten++;
      }
    },
    proven(mark) {
      const proven: Entry[] = [];
      if (mark >= forgottenMark) forgotten = 0;
      for (const entry of line) {
        if (entry.mark > mark) break;
        take(entry);
        proven.push(entry);
      }
      return proven;
    },
    takeAll() {
      // The count is read first: to take everything sets it back.
      return { forgotten, entries: unproved.proven(Infinity) };
    },
  };
  return unproved;
};

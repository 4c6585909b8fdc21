import type { Entry, Line } from './io.js';

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

/** @param line keeps the order of writing */
export const createUnproved = (line: Line, maxMessages: number, maxBytes: number): Unproved => {
  let bytes = 0;
  let forgotten = 0;
  const takeWhile = (test: (entry: Entry) => boolean): Entry[] => {
    const taken: Entry[] = [];
    for (let { first } = line; first && test(first); { first } = line) {
      line.remove(first);
      bytes -= first.bytes;
      taken.push(first);
    }
    return taken;
  };
  return {
    push(entry) {
      line.add(entry);
      bytes += entry.bytes;
      if (line.size > maxMessages || bytes > maxBytes) {
        forgotten += takeWhile(() => line.size > maxMessages || bytes > maxBytes).length;
      }
    },
    proven: (mark) => takeWhile((entry) => entry.mark <= mark),
    takeAll() {
      const taken = { entries: takeWhile(() => true), forgotten };
      forgotten = 0;
      return taken;
    },
  };
};

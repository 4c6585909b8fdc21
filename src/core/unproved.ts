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

/** @param entries in the order of writing, and who is the oldest of them */
export const createUnproved = (
  { items, oldest }: { readonly items: Set<Entry>; oldest(): Entry | undefined },
  maxMessages: number,
  maxBytes: number,
): Unproved => {
  let bytes = 0;
  let forgotten = 0;
  const take = (entry: Entry | undefined): void => {
    if (entry && items.delete(entry)) bytes -= entry.bytes;
  };
  return {
    push(entry) {
      items.add(entry);
      bytes += entry.bytes;
      while (items.size > maxMessages || bytes > maxBytes) {
        take(oldest());
        forgotten++;
      }
    },
    proven(mark) {
      const proven: Entry[] = [];
      for (const entry of items) {
        if (entry.mark > mark) break;
        take(entry);
        proven.push(entry);
      }
      return proven;
    },
    takeAll() {
      const taken = { entries: [...items], forgotten };
      items.clear();
      bytes = forgotten = 0;
      return taken;
    },
  };
};

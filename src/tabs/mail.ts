import type { Entry } from './words.js';

/** What was sent and has no ending yet: by this tab, and by tabs that have left. */
export interface Mail extends Iterable<Entry> {
  /** Of this tab, in the order of sending. */
  readonly own: ReadonlyMap<string, Entry>;
  /** Takes a copy, unless there are too many. */
  add(entry: Entry): Entry | undefined;
  /** A tab has left this behind. Answers the copy to be finished, if it is for this tab to finish it. */
  inherit(entry: Entry, isHeir: boolean): Entry | undefined;
  find(id: string): Entry | undefined;
  remove(id: string): void;
}

export const createMail = (maxMessages: number): Mail => {
  const own = new Map<string, Entry>();
  const orphans = new Map<string, Entry>();
  return {
    own,
    add({ ...entry }) {
      if (own.size >= maxMessages) return undefined;
      own.set(entry.id, entry);
      return entry;
    },
    inherit(entry, isHeir) {
      orphans.delete(entry.id);
      if (own.has(entry.id) || (entry.since === undefined && !isHeir)) return undefined;
      orphans.set(entry.id, entry);
      return entry;
    },
    find: (id) => own.get(id) ?? orphans.get(id),
    remove(id) {
      own.delete(id);
      orphans.delete(id);
    },
    *[Symbol.iterator]() {
      yield* orphans.values();
      yield* own.values();
    },
  };
};

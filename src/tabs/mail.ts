import type { Entry } from './words.js';

/** What was sent and has no ending yet: by this tab, and by tabs that have left. */
export interface Mail extends Iterable<Entry> {
  /** Of this tab, in the order of sending. */
  readonly own: ReadonlyMap<string, Entry>;
  /** Takes a copy, unless there are too many. */
  add(entry: Entry): Entry | undefined;
  /** A tab has left these behind: whoever leads finishes them. */
  inherit(entries: readonly Entry[]): void;
  /** What was inherited is with a leader, who may write it. */
  entrust(now: number): void;
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
    inherit(entries) {
      for (const entry of entries) if (!own.has(entry.id)) orphans.set(entry.id, entry);
    },
    entrust(now) {
      for (const entry of orphans.values()) entry.since ??= now;
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

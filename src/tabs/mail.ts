import type { Entry } from './words.js';

/** What was sent and has no ending yet: by this tab, and by tabs that have left. */
export interface Mail extends Iterable<Entry> {
  /** What this tab sent, in that order. */
  readonly own: ReadonlyMap<string, Entry>;
  /** Takes it, unless there are too many. */
  add(entry: Entry): Entry | undefined;
  /** A tab has left this behind. Returns the copy that this tab has to finish, if it has to. */
  inherit(entry: Entry, isHeir: boolean): Entry | undefined;
  /** A leader says that it never wrote these. */
  notWritten(ids: readonly string[]): void;
  find(id: string): Entry | undefined;
  /** True if it was of this tab. */
  remove(id: string): boolean;
}

/** Notes that from now on a leader has it, who is this `client` to the server. */
export const mayBeWritten = (entry: Entry, now: number, client: string | undefined): void => {
  entry.since ??= now;
  entry.client ??= client;
};

export const createMail = (maxMessages: number): Mail => {
  const own = new Map<string, Entry>();
  const orphans = new Map<string, Entry>();
  const find = (id: string): Entry | undefined => own.get(id) ?? orphans.get(id);
  return {
    own,
    add(entry) {
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
    notWritten(ids) {
      for (const entry of ids.map(find)) if (entry && !entry.left) entry.since = entry.client = undefined;
    },
    find,
    remove(id) {
      orphans.delete(id);
      return own.delete(id);
    },
    *[Symbol.iterator]() {
      yield* orphans.values();
      yield* own.values();
    },
  };
};

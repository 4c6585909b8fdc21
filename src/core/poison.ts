import type { Entry } from './io.js';

/** How a connection ended, as far as it says something about the messages on it. */
export interface Death {
  /** The peer ended it, and had been there: it opened, and a frame or a real close frame came. */
  readonly byHealthyPeer: boolean;
  readonly code: number;
}

/**
 * Finds the message that makes the server close, by experiment and never by guess.
 *
 * Three deaths with a message unproved make it a suspect. The next link goes without it; when that one lives, the
 * suspect is sent alone. Only died-alone after lived-without, twice in a row, convicts. A death without the suspect
 * speaks for it: the network, or another message, kills links here.
 */
export interface Poison {
  /** A trial is on: its verdict needs a proof of receipt soon. */
  trying(): boolean;
  linkOpened(waiting: Iterable<Entry>): void;
  /** True if this one must not be written now. */
  holds(entry: Entry): boolean;
  /** The link lives without the suspect: it has been stable, or (`byProof`) at least a proof came. */
  lived(byProof: boolean): void;
  /** The message was received, or ended otherwise: it kills nobody. */
  cleared(entry: Entry): void;
  /** The link died while these were written and unproved. Answers the message that is convicted. */
  linkDied(death: Death, unproved: Iterable<Entry>): Entry | undefined;
}

interface Evidence {
  kills: number;
  /** One of the links ended without a close frame. */
  abrupt: boolean;
  tests: number;
  convictions: number;
}

const KILLS = 3;
const CONVICTIONS = 2;
const TOO_BIG = 1009;
const ABNORMAL = 1006;

export const createPoison = (): Poison => {
  const records = new Map<Entry, Evidence>();
  let suspect: Entry | undefined;
  /** Everything goes but the suspect, or only the suspect goes. */
  let trial: 'without' | 'alone' = 'without';
  let largestFirst = false;
  return {
    trying: () => suspect !== undefined,
    linkOpened(waiting) {
      let chosen: Evidence | undefined;
      suspect = undefined;
      for (const entry of waiting) {
        const record = records.get(entry);
        if (!record || record.kills < KILLS) continue;
        // Who was tried least goes first, so that one loud innocent does not hide the culprit for ever.
        const larger = largestFirst && record.tests === chosen?.tests && entry.bytes > (suspect?.bytes ?? 0);
        if (chosen && record.tests >= chosen.tests && !larger) continue;
        suspect = entry;
        chosen = record;
      }
      trial = 'without';
    },
    holds: (entry) => suspect !== undefined && (trial === 'without') === (suspect === entry),
    lived(byProof) {
      // A link that broke without a word may be the network's doing, and then one round trip says little about it.
      if (byProof && suspect && records.get(suspect)?.abrupt) return;
      trial = 'alone';
    },
    cleared(entry) {
      records.delete(entry);
      if (suspect === entry) suspect = undefined;
    },
    linkDied({ byHealthyPeer, code }, unproved) {
      const tried = suspect;
      suspect = undefined;
      if (!byHealthyPeer) return undefined;
      largestFirst = code === TOO_BIG;
      let died = false;
      for (const entry of unproved) {
        const record = records.get(entry) ?? { kills: 0, abrupt: false, tests: 0, convictions: 0 };
        records.set(entry, record);
        record.kills++;
        record.abrupt ||= code === ABNORMAL;
        if (entry !== tried) continue;
        died = true;
        if (++record.convictions >= CONVICTIONS) return entry;
      }
      const record = tried && records.get(tried);
      if (record && !died) {
        record.tests++;
        record.convictions = 0;
      }
      return undefined;
    },
  };
};

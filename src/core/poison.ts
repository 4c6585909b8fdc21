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
 * Three deaths with a message unproved make it a suspect. The next link goes without the oldest suspect, and while links
 * die all the same, without one more each time. When one lives, the suspects are sent alone, one by one. Only died-alone
 * after lived-without, twice in a row, convicts. A death without the suspects speaks for them: the network, or another
 * message, kills links here.
 */
export interface Poison {
  /** A trial is on: its verdict needs a proof of receipt soon. */
  trying(): boolean;
  linkOpened(waiting: Iterable<Entry>): void;
  /** True if this one must not be written now. */
  holds(entry: Entry): boolean;
  /** The link lives without the suspects: it has been stable, or (`byProof`) at least a proof came. */
  lived(byProof: boolean): void;
  /** The message was received, or ended otherwise: it kills nobody. */
  cleared(entry: Entry): void;
  /** The link died while these were written and unproved. Answers the message that is convicted. */
  linkDied(death: Death, unproved: Iterable<Entry>): Entry | undefined;
}

interface Evidence {
  kills: number;
  convictions: number;
  /** One of the links ended without a close frame. */
  abrupt: boolean;
}

const KILLS = 3;
const CONVICTIONS = 2;
const TOO_BIG = 1009;
const ABNORMAL = 1006;

export const createPoison = (): Poison => {
  const evidence = new Map<Entry, Evidence>();
  /** Left out of links, in the order in which they were taken. */
  const held = new Set<Entry>();
  /** The one that goes alone; with `held` and without this the link goes without all of them. */
  let alone: Entry | undefined;
  let oneMore = true;
  let largestFirst = false;
  return {
    trying: () => held.size > 0,
    linkOpened(waiting) {
      let suspect: Entry | undefined;
      alone = undefined;
      for (const entry of waiting) {
        if ((evidence.get(entry)?.kills ?? 0) < KILLS || held.has(entry)) continue;
        if (!suspect || (largestFirst && entry.bytes > suspect.bytes)) suspect = entry;
      }
      if (suspect && (oneMore || !held.size)) held.add(suspect);
      oneMore = false;
    },
    holds: (entry) => (alone ? alone !== entry : held.has(entry)),
    lived(byProof) {
      // A link that broke without a word may be the network's doing, and then one round trip says little about it.
      const abrupt = [...held].some((entry) => evidence.get(entry)?.abrupt);
      if (!(byProof && abrupt)) [alone = alone] = held;
    },
    cleared(entry) {
      evidence.delete(entry);
      held.delete(entry);
      if (alone === entry) [alone] = held;
    },
    linkDied({ byHealthyPeer, code }, unproved) {
      if (!byHealthyPeer) return undefined;
      largestFirst = code === TOO_BIG;
      let diedAlone = false;
      for (const entry of unproved) {
        const found = evidence.get(entry) ?? { kills: 0, convictions: 0, abrupt: false };
        evidence.set(entry, found);
        found.kills++;
        found.abrupt ||= code === ABNORMAL;
        if (alone !== entry) continue;
        diedAlone = true;
        if (++found.convictions >= CONVICTIONS) return entry;
      }
      if (!diedAlone) for (const entry of held) Object.assign(evidence.get(entry) ?? {}, { convictions: 0 });
      oneMore = !alone;
      return undefined;
    },
  };
};

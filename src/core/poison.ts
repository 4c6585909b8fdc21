import type { Entry, Evidence, Turn } from './io.js';

/** How a connection ended, as far as it says something about the messages on it. */
export interface Death {
  /** The peer ended it, and had been there: it opened, and a frame or a real close frame came. */
  readonly byHealthyPeer: boolean;
  readonly code: number;
}

/**
 * What a close code says about the messages on the link: nothing if it names a reason of the server's own, less if there
 * was no close frame, for then it may have been the network.
 */
const WEIGHTS: Record<number, number> = { 1000: 0, 1001: 0, 1006: 1, 1012: 0, 1013: 0, 4401: 0, 4403: 0, 4429: 0 };
const USUAL_WEIGHT = 2;

/**
 * Finds the message that makes the server close, by experiment and never by guess.
 *
 * Three closes with a message unproved make it a suspect, or six links that broke without a close frame: a suspect loses
 * its place in the order, so the network must not make one lightly. The next link goes without the oldest suspect, and
 * while links die all the same, without one more each time. When one lives, the suspects are sent alone, one by one. Only
 * died-alone after lived-without, twice in a row, convicts. A death without the suspects speaks for them: the network, or
 * another message, kills links here.
 *
 * Links may die of anything, so that no innocent message is taken out on a bad network: a link lives when it was stable,
 * for one round trip says little; the suspect must kill in a fraction of the time that the link had lived without it; and
 * each link that died without it asks for one round more.
 */
export interface Poison {
  /** A trial is on: its verdict needs a proof of receipt soon. */
  trying(): boolean;
  linkOpened(waiting: Iterable<Entry>): void;
  /** True if this one must not be written now. */
  holds(entry: Entry): boolean;
  /** The link lives without the suspects: it has been stable. */
  lived(): void;
  /** The message was received, or ended otherwise: it kills nobody. */
  cleared(entry: Entry): void;
  /** The link died while these were written and unproved. Returns the message that is convicted. */
  linkDied(death: Death, unproved: Iterable<Entry>): Entry | undefined;
}

/** In weights: three closes with a close frame, or six without. */
const KILLS = 6;
const CONVICTIONS = 2;
const TOO_BIG = 1009;
/** A killer kills this much sooner than the link died without it. */
const SOONER = 16;

export const createPoison = (turn: Turn): Poison => {
  /** Left out of links, in the order in which they were taken. */
  const held = new Set<Entry>();
  /** The one that goes alone; with `held` and without this the link goes without all of them. */
  let alone: Entry | undefined;
  let openedAt = 0;
  /** A death after this says nothing about the one that is alone. */
  let tellingUntil = 0;
  /** Links died without those that are held, so the next one goes without one more. */
  let oneMore = true;
  let largestFirst = false;
  const tryNext = (): void => {
    [alone] = held;
    tellingUntil = turn.now + (turn.now - openedAt) / SOONER;
  };
  return {
    trying: () => held.size > 0,
    linkOpened(waiting) {
      let suspect: Entry | undefined;
      alone = undefined;
      openedAt = turn.now;
      for (const entry of waiting) {
        if ((entry.evidence?.kills ?? 0) < KILLS || held.has(entry)) continue;
        if (!suspect || (largestFirst && entry.bytes > suspect.bytes)) suspect = entry;
      }
      if (suspect && (oneMore || !held.size)) held.add(suspect);
      oneMore = false;
    },
    holds: (entry) => (alone ? alone !== entry : held.has(entry)),
    lived() {
      if (!alone) tryNext();
    },
    cleared(entry) {
      if (!entry.evidence) return;
      entry.evidence = undefined;
      held.delete(entry);
      if (alone === entry) tryNext();
    },
    linkDied({ byHealthyPeer, code }, unproved) {
      const weight = byHealthyPeer ? (WEIGHTS[code] ?? USUAL_WEIGHT) : 0;
      if (!weight) return undefined;
      largestFirst = code === TOO_BIG;
      let diedAlone = false;
      for (const entry of unproved) {
        entry.evidence ??= { kills: 0, convictions: 0, alibis: 0 };
        const found: Evidence = entry.evidence;
        found.kills += weight;
        if (alone !== entry || turn.now > tellingUntil) continue;
        diedAlone = true;
        if (++found.convictions >= CONVICTIONS + found.alibis) return entry;
      }
      oneMore = !alone;
      if (diedAlone) return undefined;
      for (const { evidence } of held) {
        if (!evidence) continue;
        evidence.convictions = 0;
        evidence.alibis++;
      }
      return undefined;
    },
  };
};

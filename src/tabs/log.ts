import type { Place } from '../index.js';
import type { Cursors, Step } from './words.js';

/** What this tab was given of each stream, with the last steps, which it gives as leader to tabs that are behind. */
export interface Log {
  readonly cursors: Cursors;
  cursor(channel: string | undefined): Place;
  /** `old`: this tab had it. `behind`: something before it is missing here. */
  judge(step: Step): Verdict;
  /** Goes on with it. Returns it as this tab is told: what is missing here begins where this tab stood. */
  take(step: Step): Step;
  /** The stream stands here; nothing was told on the way. */
  moveTo(channel: string | undefined, place: Place): void;
  /** What leads a tab from where it stands to where this one does: the steps that are kept, and a gap for those that are not. */
  missedBy(cursors: Cursors): Step[];
}

type Verdict = 'new' | 'old' | 'behind';

const NOWHERE: Place = { seq: undefined, epoch: undefined };

/** True unless both epochs are known and differ. */
const mayBeOne = (one: Place, other: Place): boolean =>
  one.epoch === other.epoch || one.epoch === undefined || other.epoch === undefined;

const isBefore = (own: Place, place: Place): boolean =>
  own.seq !== undefined && place.seq !== undefined && !(mayBeOne(own, place) && own.seq >= place.seq);

export const moves = ({ after, to }: Step): boolean => after.seq !== to.seq || after.epoch !== to.epoch;

/** The numbers begin anew, so that they do not tell what is old. */
const isLeap = ({ after, to }: Step): boolean =>
  after.seq !== undefined && to.seq !== undefined && (to.seq < after.seq || !mayBeOne(after, to));

/**
 * Where a step begins. A leader that had no cursor does not say so: then it is right before the step's own message, and a
 * tab that stands earlier has missed something.
 */
const startOf = ({ after, to, message }: Step): Place =>
  after.seq === undefined && to.seq !== undefined ? { ...to, seq: message ? to.seq - 1 : to.seq } : after;

const judge = (own: Place, step: Step): Verdict => {
  const { to } = step;
  if (!moves(step) || own.seq === undefined || to.seq === undefined) return 'new';
  const isComparable = !isLeap(step) || (to.epoch !== undefined && to.epoch === own.epoch);
  if (isComparable && !isBefore(own, to)) return 'old';
  return isBefore(own, startOf(step)) ? 'behind' : 'new';
};

/** @param keep how many steps are kept for tabs that are behind */
export const createLog = (keep: number): Log => {
  const cursors = new Map<string | undefined, Place>();
  let steps: Step[] = [];
  const cursor = (channel: string | undefined): Place => cursors.get(channel) ?? NOWHERE;
  /** It begins anew. To a tab that was away meanwhile that is a gap, and the others would be told all of it again. */
  const beginAnew = (channel: string | undefined): void => {
    steps = steps.filter((step) => step.channel !== channel);
  };
  const moveTo = (channel: string | undefined, place: Place): void => {
    if (place.seq !== undefined) return void cursors.set(channel, place);
    cursors.delete(channel);
    beginAnew(channel);
  };
  return {
    cursors,
    cursor,
    judge: (step) => judge(cursor(step.channel), step),
    take(step) {
      const { channel, to, gap } = step;
      const { seq } = cursor(channel);
      if (!moves(step)) return step;
      moveTo(channel, to);
      if (isLeap(step)) beginAnew(channel);
      if (to.seq !== undefined) steps.push(step);
      if (steps.length > keep) steps.shift();
      return gap && seq !== undefined ? { ...step, gap: { ...gap, from: seq } } : step;
    },
    moveTo,
    missedBy(theirs) {
      const places = new Map(theirs);
      const missed: Step[] = [];
      const add = (step: Step): void => {
        missed.push(step);
        places.set(step.channel, step.to);
      };
      /** Past what nobody has kept. A stream that one of the two does not know begins there, or anew. */
      const skipTo = (channel: string | undefined, to: Place): void => {
        const after = places.get(channel) ?? NOWHERE;
        const gap = { channel, from: after.seq, to: to.seq, reason: 'tab-behind', epoch: to.epoch };
        if (isBefore(after, to)) add({ do: 'step', channel, after, to, gap });
        else if (after.seq === undefined || to.seq === undefined) add({ do: 'step', channel, after, to });
      };
      for (const step of steps) {
        const place = places.get(step.channel);
        if (!place || judge(place, step) === 'old') continue;
        skipTo(step.channel, startOf(step));
        add(step);
      }
      for (const channel of new Set([...places.keys(), ...cursors.keys()])) skipTo(channel, cursor(channel));
      return missed;
    },
  };
};

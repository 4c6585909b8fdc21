import type { Place } from '../index.js';
import type { Cursors, Step } from './words.js';

/** What this tab was given of each stream, with the last steps, which it gives as leader to tabs that are behind. */
export interface Log {
  readonly cursors: Cursors;
  cursor(channel: string | undefined): Place;
  /** `old`: this tab had it. `behind`: something before it is missing here. */
  judge(step: Step): Verdict;
  /** True if this tab is before a place of the stream. */
  isBefore(channel: string | undefined, place: Place): boolean;
  take(step: Step): void;
  /** The stream stands here; nothing was told on the way. */
  moveTo(channel: string | undefined, place: Place): void;
  /** What a tab that stands there has not had, as far as it is kept. */
  missedBy(cursors: Cursors): Step[];
}

type Verdict = 'new' | 'old' | 'behind';

export const NOWHERE: Place = { seq: undefined, epoch: undefined };

/** True unless both epochs are known and differ. */
const mayBeOne = (one: Place, other: Place): boolean =>
  one.epoch === other.epoch || one.epoch === undefined || other.epoch === undefined;

const isBefore = (own: Place, place: Place): boolean =>
  own.seq !== undefined && place.seq !== undefined && !(mayBeOne(own, place) && own.seq >= place.seq);

const moves = ({ after, to }: Step): boolean => after.seq !== to.seq || after.epoch !== to.epoch;

/** The numbers begin anew, so that they do not tell what is old. */
const isLeap = ({ after, to }: Step): boolean =>
  after.seq !== undefined && to.seq !== undefined && (to.seq < after.seq || !mayBeOne(after, to));

/**
 * Where a step begins. A leader that had no cursor does not say so: then it is right before the step's own message, and a
 * tab that stands earlier has missed something.
 */
export const startOf = ({ after, to, message }: Step): Place =>
  after.seq === undefined && to.seq !== undefined ? { ...to, seq: message ? to.seq - 1 : to.seq } : after;

const judge = (own: Place, step: Step): Verdict => {
  const { to } = step;
  if (!moves(step) || own.seq === undefined || to.seq === undefined) return 'new';
  const sameNumbers = isLeap(step) ? to.epoch !== undefined && to.epoch === own.epoch : mayBeOne(own, to);
  if (sameNumbers && own.seq >= to.seq) return 'old';
  return isBefore(own, startOf(step)) ? 'behind' : 'new';
};

/** @param keep how many steps are kept for tabs that are behind */
export const createLog = (keep: number): Log => {
  const cursors = new Map<string | undefined, Place>();
  let steps: Step[] = [];
  const cursor = (channel: string | undefined): Place => cursors.get(channel) ?? NOWHERE;
  const moveTo = (channel: string | undefined, place: Place): void => {
    if (place.seq !== undefined) return void cursors.set(channel, place);
    cursors.delete(channel);
    // It begins anew. To a tab that was away meanwhile that is a gap, and the others would be told all of it again.
    steps = steps.filter((step) => step.channel !== channel);
  };
  return {
    cursors,
    cursor,
    judge: (step) => judge(cursor(step.channel), step),
    isBefore: (channel, place) => isBefore(cursor(channel), place),
    take(step) {
      if (!moves(step)) return;
      moveTo(step.channel, step.to);
      if (step.to.seq !== undefined) steps.push(step);
      if (steps.length > keep) steps.shift();
    },
    moveTo,
    missedBy(theirs) {
      const places = new Map(theirs);
      return steps.filter((step) => {
        const place = places.get(step.channel);
        if (!place || judge(place, step) === 'old') return false;
        places.set(step.channel, step.to);
        return true;
      });
    },
  };
};

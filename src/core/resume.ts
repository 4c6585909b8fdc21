import type { HeadFrame, Message } from '../protocol/frames.js';
import type { Cursor, Gap, Passage, Place, Turn } from './io.js';

export interface StreamOptions {
  readonly contiguous: boolean;
  /** The app fetches what a gap left out, and live messages wait for it. */
  readonly asksForGaps: boolean;
  /** How many messages may wait, for `subscribed`, for the first pong or for the app. */
  readonly maxWaiting: number;
}

/** The inbound side of one stream. */
export interface Stream {
  /** What the listeners were given: moves when the shell says so, and is what the next connection resumes from. */
  cursor(): Place;
  /** True while frames wait for `subscribed` or for a pong. Either may never come, so somebody has to set a deadline. */
  waits(): boolean;
  /** True if only a pong can tell whether the server kept its numbers. */
  doubts(): boolean;
  /** A new connection. With `untilMoved` all frames wait for the first `moveTo`. */
  open(untilMoved: boolean): void;
  /** The connection is gone. */
  close(): void;
  /** `welcome`, `subscribed` or `reset`: this connection continues from here. */
  moveTo(head: HeadFrame, reset?: string): void;
  accept(message: Message, seq: number | undefined): void;
  /** A pong came that was asked for after open; or, `late`, the wait was too long. */
  judge(late: boolean): void;
  /** The shell has carried out a passage. */
  passed(to: Place): void;
  /** The app has fetched its snapshot; with a cursor, what that includes is not delivered again. */
  filled(cursor: Cursor | undefined): void;
  /** Another user: nothing of the old stream counts any more. */
  forget(): void;
}

/** At least this many runs of seen numbers are remembered; older ones are forgotten, so that holes can not add up. */
const MAX_RUNS = 1_000;

/** Numbers kept as runs: a stream without holes takes no room, one with holes an entry for each of them. */
interface Seen {
  has(seq: number): boolean;
  add(seq: number): void;
}

const createSeen = (): Seen => {
  const runs: { readonly from: number; to: number }[] = [];
  let largest = -Infinity;
  return {
    has: (seq) => seq <= largest && runs.some(({ from, to }) => from <= seq && seq <= to),
    add(seq) {
      const run = runs.at(-1);
      if (seq > largest) largest = seq;
      if (run && seq === run.to + 1) run.to = seq;
      else if (runs.push({ from: seq, to: seq }) > 2 * MAX_RUNS) runs.splice(0, MAX_RUNS);
    },
  };
};

/**
 * Decides for each message whether it is delivered, a duplicate or behind a gap. `head` is what was received, and
 * decides; the cursor follows when the listeners have returned.
 */
export const createStream = (
  turn: Turn,
  channel: string | undefined,
  { contiguous: promised, asksForGaps, maxWaiting }: StreamOptions,
  from?: Cursor,
): Stream => {
  let cursor: Place = { seq: from?.seq, epoch: from?.epoch };
  let head = cursor;
  /** The cursor when this connection opened: at or below it, a number is a repetition. */
  let floor = -Infinity;
  let seen = createSeen();
  /** From where the server said that this connection goes on; NaN if it did not. */
  let told = NaN;
  /** The app's snapshot has everything up to here. */
  let covered = -Infinity;
  let contiguous = promised;
  /**
   * `held`: nothing counts before `subscribed`. `doubted`: no epoch tells whether the server kept its numbers, so what
   * is not new waits for the pong of a ping written at open. `live`: numbers are taken as they come.
   */
  let phase: 'closed' | 'held' | 'doubted' | 'live' = 'closed';
  let held: { readonly message: Message; readonly seq: number | undefined }[] = [];
  /** What comes while the app fills a gap; undefined when it fills none. */
  let behindGap: Passage[] | undefined;
  /** The numbering is no longer the one that the app was asked about, so the `seq` of its snapshot means nothing here. */
  let outdated = true;
  /** Where the cursor would be after the last step that had to be dropped while the app fills a gap. */
  let skippedTo: Place | undefined;

  const pass = (step: Passage): void => {
    if (!behindGap) {
      turn.tell(step);
      if (step.do === 'gap' && step.ask) {
        behindGap = [];
        outdated = false;
      }
      return;
    }
    if (behindGap.push(step) > maxWaiting) skippedTo = behindGap.shift()?.to;
  };

  /** The cursor moves without a step that the shell carries out. */
  const move = (to: Place): void => {
    cursor = to;
    turn.tell({ do: 'cursor', channel, to });
  };

  const gap = (reason: string, from: number | undefined, place = head, to = place.seq): void => {
    const missing: Gap = { channel, from, to, reason, epoch: place.epoch };
    pass({ do: 'gap', channel, gap: missing, ask: asksForGaps && reason !== 'out-of-order', to: place });
  };

  const deliver = (message: Message, numbered: boolean): void => {
    pass({ do: 'deliver', channel, message, to: head, numbered });
  };

  /** The numbering goes on, but later. */
  const skip = (reason: string, to: number | undefined, epoch = head.epoch): void => {
    const from = head.seq;
    head = { seq: to, epoch };
    gap(reason, from);
  };

  /** Another numbering begins. */
  const leap = (reason: string, to: number | undefined, epoch?: string): void => {
    floor = covered = told = -Infinity;
    seen = createSeen();
    outdated = true;
    skip(reason, to, epoch);
  };

  const count = (message: Message, seq: number): void => {
    if (seen.has(seq)) return;
    if (head.seq === undefined || seq > head.seq) {
      if (contiguous && head.seq !== undefined && seq > head.seq + 1) skip('missed', seq - 1);
    } else if (seq > floor) {
      if (seq <= covered) return;
      gap('out-of-order', seq - 1, head, seq);
    } else if (head.epoch === undefined) {
      leap('renumbered', seq - 1);
    } else {
      return;
    }
    seen.add(seq);
    if (seq > (head.seq ?? -Infinity)) head = { ...head, seq };
    deliver(message, true);
  };

  const hold = (message: Message, seq: number | undefined): void => {
    if (held.push({ message, seq }) > maxWaiting) stream.judge(true);
  };

  /** @param sure the server goes on with the numbers that the cursor knows; where it knows none there is nothing to doubt */
  const release = (sure: boolean): void => {
    phase = sure || floor === -Infinity ? 'live' : 'doubted';
    // Only now is the number of the cursor sure to be of that epoch. After a leap, the gap has told both.
    if (sure && floor > -Infinity && cursor.epoch === undefined && head.epoch !== undefined) {
      move({ seq: cursor.seq, epoch: head.epoch });
    }
    const waiting = held;
    held = [];
    for (const { message, seq } of waiting) {
      // A stream begins where the server says: what is older was under way to a subscription that was left on this
      // connection. Safe: no number is not less.
      if (floor > -Infinity || !((seq as number) <= told)) stream.accept(message, seq);
    }
  };

  const stream: Stream = {
    cursor: () => cursor,
    waits: () => phase === 'held' || phase === 'doubted',
    doubts: () => phase === 'doubted' && cursor.epoch === undefined,
    open(untilMoved) {
      head = cursor;
      floor = cursor.seq ?? -Infinity;
      told = NaN;
      covered = -Infinity;
      seen = createSeen();
      // Also of a connection that ended before it opened, and so was never closed here.
      held = [];
      contiguous = promised;
      phase = untilMoved ? 'held' : floor === -Infinity ? 'live' : 'doubted';
    },
    close() {
      phase = 'closed';
      // What is numbered comes again, for the cursor has not moved past it.
      behindGap = behindGap
        ?.filter((step) => (step.do === 'deliver' ? !step.numbered : step.gap.reason === 'subject'))
        .map((step) => ({ ...step, to: cursor }));
      skippedTo = undefined;
    },
    moveTo({ epoch, seq, contiguous: holeless = contiguous }, reset) {
      contiguous = holeless;
      told = seq ?? told;
      // While the stream is in doubt, an epoch that it has taken over here is not yet known to be that of the cursor.
      const known = epoch !== undefined && head.epoch === epoch && !stream.doubts();
      if (epoch !== undefined && head.epoch !== undefined && epoch !== head.epoch) {
        leap('epoch', seq, epoch);
      } else {
        const place = { seq: head.seq ?? seq, epoch: epoch ?? head.epoch };
        if (head.seq === undefined && cursor.seq === undefined) move(place);
        head = place;
        if (seq !== undefined && seq > (place.seq ?? seq)) skip(reset ?? 'missed', seq);
        else if (seq !== undefined && seq < (place.seq ?? seq) && reset && !known) leap(reset, seq);
      }
      if (stream.waits()) release(known);
    },
    accept(message, seq) {
      if (phase === 'held') {
        hold(message, seq);
      } else if (seq === undefined) {
        deliver(message, false);
      } else if (phase !== 'doubted' || (seq > floor && !held.length)) {
        count(message, seq);
      } else if (seen.has(seq)) {
        return;
      } else if (seq !== floor) {
        hold(message, seq);
      } else {
        // The server has come up to the cursor, so this is a replay: what waited is a repetition, unless it is newer.
        // Safe, as in `judge`.
        const replay = held as { readonly message: Message; readonly seq: number }[];
        held = [];
        told = NaN;
        for (const { seq: old } of replay) if (old <= seq) seen.add(old);
        seen.add(seq);
        for (const newer of replay) if (newer.seq > seq) stream.accept(newer.message, newer.seq);
      }
    },
    judge(late) {
      if (phase === 'held' && late) release(false);
      if (phase !== 'doubted') return;
      // A replay would have reached the cursor, so these numbers were given out anew.
      const [first] = held;
      // Safe: what has no number does not wait for a pong.
      if (first) leap('renumbered', (first.seq as number) - 1);
      // A server that says it goes on from before the cursor, and brings nothing from there, has lost numbers as well.
      else if (head.epoch !== undefined && head.seq === floor && told < floor) leap('renumbered', told);
      release(true);
    },
    passed(to) {
      // The gap of `forget` leads nowhere. By the time it is told the next user's stream may have a place already.
      if ((to.seq ?? to.epoch) !== undefined) cursor = to;
    },
    filled(snapshot) {
      const included = (outdated ? undefined : snapshot?.seq) ?? -Infinity;
      const waiting = behindGap ?? [];
      const lost = skippedTo;
      behindGap = skippedTo = undefined;
      covered = Math.max(covered, included);
      if (included > (cursor.seq ?? -Infinity)) {
        if (included > (head.seq ?? -Infinity)) head = { ...head, seq: included };
        move({ ...cursor, seq: included });
      }
      if (lost?.seq !== undefined && lost.seq > included) gap('overflow', cursor.seq, lost);
      for (const step of waiting) {
        if ((step.to.seq ?? 0) > included) pass(step);
        // A message without a number is not part of any snapshot, and leaves the cursor where it is by now.
        else if (step.do === 'deliver' && !step.numbered) pass({ ...step, to: cursor });
      }
    },
    forget() {
      head = { seq: cursor.seq, epoch: undefined };
      cursor = { seq: undefined, epoch: undefined };
      if (head.seq !== undefined) leap('subject', undefined);
    },
  };
  return stream;
};

import type { HeadFrame, Message } from '../protocol/frames.js';
import type { Cursor, Gap, Passage } from './io.js';

export interface StreamOptions {
  readonly contiguous: boolean;
  /** The app fetches what a gap left out, and live messages wait for it. */
  readonly asksForGaps: boolean;
  /** How many messages may wait, for `subscribed`, for the first pong or for the app. */
  readonly maxWaiting: number;
}

interface Position {
  seq: number | undefined;
  epoch: string | undefined;
  /** Counts numberings: a place in an older one never moves the cursor of a newer one. */
  generation: number;
}

/**
 * `held`: nothing counts before `subscribed`. `doubted`: no epoch tells whether the server kept its numbers, so what is
 * not new waits for the pong of a ping written at open. `live`: numbers are taken as they come.
 */
type Phase = 'closed' | 'held' | 'doubted' | 'live';

interface Waiting {
  readonly message: Message;
  readonly seq: number | undefined;
}

const MAX_RANGES = 1_000;

/**
 * The inbound side of one stream: decides for each message whether it is delivered, a duplicate or behind a gap.
 *
 * Two places are kept. `#head` is what was received, and decides. `cursor` is what the listeners were given, moves when
 * the shell says so, and is what the next connection resumes from.
 */
export class Stream {
  readonly channel: string | undefined;
  readonly #options: StreamOptions;
  #cursor: Position;
  #head: Position;
  /** The cursor when this connection opened: at or below it, a number is a repetition. */
  #floor: number | undefined;
  /** Numbers seen on this connection, as ranges [low, high, low, high, ...] in growing order. */
  #seen: number[] = [];
  #contiguous: boolean;
  #phase: Phase = 'closed';
  #held: Waiting[] = [];
  /** What comes while the app fills a gap; undefined when it fills none. */
  #behindGap: Passage[] | undefined;
  #skippedTo: number | undefined;

  constructor(channel: string | undefined, options: StreamOptions, from?: Cursor) {
    this.channel = channel;
    this.#options = options;
    this.#contiguous = options.contiguous;
    this.#cursor = { seq: from?.seq, epoch: from?.epoch, generation: 0 };
    this.#head = { ...this.#cursor };
  }

  get cursor(): { readonly seq: number | undefined; readonly epoch: string | undefined } {
    return this.#cursor;
  }

  /** True if the end of the wait has to be asked for: by a ping at open, or by a deadline. */
  get waits(): boolean {
    return this.#phase === 'held' || this.#phase === 'doubted';
  }

  /** True if only a pong can tell whether the server kept its numbers. */
  get doubts(): boolean {
    return this.#cursor.seq !== undefined && this.#cursor.epoch === undefined;
  }

  open(hold: boolean): void {
    this.#head = { ...this.#cursor };
    this.#floor = this.#cursor.seq;
    this.#seen = [];
    this.#contiguous = this.#options.contiguous;
    this.#phase = hold ? 'held' : this.#floor === undefined ? 'live' : 'doubted';
  }

  /** The connection is gone. What waited comes again, for the cursor has not moved past it; unnumbered messages stay. */
  close(): void {
    this.#phase = 'closed';
    this.#held = [];
    this.#behindGap = this.#behindGap?.filter((step) => step.do === 'deliver' && step.seq === undefined);
    this.#skippedTo = undefined;
  }

  /** `welcome`, `subscribed` or `reset`: this connection continues from here. */
  moveTo({ epoch, seq, contiguous }: HeadFrame, out: Passage[], reset?: string): void {
    const head = this.#head;
    this.#contiguous = contiguous ?? this.#contiguous;
    const known = epoch !== undefined && head.epoch === epoch;
    if (epoch !== undefined && head.epoch !== undefined && !known) {
      this.#leap('epoch', seq, epoch, out);
    } else {
      head.epoch ??= epoch;
      if (head.seq === undefined) this.#adopt(seq);
      else if (seq !== undefined && seq > head.seq) this.#skip(reset ?? 'missed', seq, out);
      else if (seq !== undefined && seq < head.seq && reset && !known) this.#leap(reset, seq, epoch, out);
    }
    if (!this.waits) {
      this.#shareEpoch();
      return;
    }
    const sure = known || this.#floor === undefined;
    if (this.#phase === 'doubted' && !sure) return;
    this.#phase = sure ? 'live' : 'doubted';
    this.#shareEpoch();
    this.#replayHeld(out);
  }

  accept(message: Message, seq: number | undefined, out: Passage[]): void {
    if (this.#phase === 'held') {
      this.#hold(message, seq, out);
    } else if (seq === undefined) {
      this.#deliver(message, seq, out);
    } else if (this.#phase === 'doubted' && (this.#held.length || seq <= (this.#floor ?? -Infinity))) {
      this.#doubt(message, seq, out);
    } else {
      this.#count(message, seq, out);
    }
  }

  /** A pong came that was asked for after open, or the wait was too long. */
  judge(out: Passage[], late = false): void {
    if (this.#phase === 'held' && late) {
      this.#phase = this.#floor === undefined ? 'live' : 'doubted';
      this.#replayHeld(out);
    }
    if (this.#phase !== 'doubted') return;
    this.#phase = 'live';
    // A replay would have reached the cursor. These numbers were given out anew.
    const first = this.#held[0]?.seq;
    if (first !== undefined) this.#leap('renumbered', first - 1, this.#head.epoch, out);
    this.#shareEpoch();
    this.#replayHeld(out);
  }

  /** The listeners returned from this message, or were told of this gap. */
  passed(step: Passage): void {
    const cursor = this.#cursor;
    if (step.generation < cursor.generation) return;
    if (step.do === 'gap') {
      if (step.gap.reason === 'out-of-order') return;
      this.#cursor = { seq: step.gap.to, epoch: step.gap.epoch, generation: step.generation };
    } else if (step.seq !== undefined) {
      if (step.generation > cursor.generation) cursor.seq = undefined;
      cursor.generation = step.generation;
      cursor.seq = Math.max(cursor.seq ?? step.seq, step.seq);
      this.#shareEpoch();
    }
  }

  /** The app has fetched its snapshot; with a cursor, what that includes is not delivered again. */
  filled(cursor: Cursor | undefined, out: Passage[]): void {
    const waiting = this.#behindGap ?? [];
    this.#behindGap = undefined;
    if (cursor && cursor.seq > (this.#cursor.seq ?? -Infinity)) {
      this.#cursor.seq = cursor.seq;
      if (cursor.seq > (this.#head.seq ?? -Infinity)) this.#head.seq = cursor.seq;
    }
    const included = cursor?.seq ?? -Infinity;
    if (this.#skippedTo !== undefined && this.#skippedTo > included) {
      const from = this.#cursor.seq;
      this.#gap({ from, to: this.#skippedTo, reason: 'overflow' }, out);
    }
    this.#skippedTo = undefined;
    for (const step of waiting) {
      if (step.do === 'gap' || step.seq === undefined || step.seq > included) this.#pass(step, out);
    }
  }

  /** Another user: nothing of the old stream counts any more. */
  forget(out: Passage[]): void {
    if (this.#cursor.seq !== undefined) this.#leap('subject', undefined, undefined, out);
    this.#cursor = { seq: undefined, epoch: undefined, generation: this.#head.generation };
    this.#head = { ...this.#cursor };
  }

  #count(message: Message, seq: number, out: Passage[]): void {
    const head = this.#head;
    if (head.seq === undefined || seq > head.seq) {
      if (this.#contiguous && head.seq !== undefined && seq > head.seq + 1) this.#skip('missed', seq - 1, out);
      head.seq = seq;
    } else if (this.#wasSeen(seq)) {
      return;
    } else if (this.#floor !== undefined && seq <= this.#floor) {
      if (head.epoch !== undefined) return;
      this.#leap('renumbered', seq - 1, undefined, out);
      head.seq = seq;
    } else {
      this.#gap({ from: seq - 1, to: seq, reason: 'out-of-order' }, out);
    }
    this.#see(seq);
    this.#deliver(message, seq, out);
  }

  /** On a connection without an epoch, what is not new is a replay if it reaches the cursor. */
  #doubt(message: Message, seq: number, out: Passage[]): void {
    if (this.#wasSeen(seq)) return;
    if (seq !== this.#floor) {
      this.#hold(message, seq, out);
      return;
    }
    for (const { seq: replayed } of this.#held) if (replayed !== undefined) this.#see(replayed);
    this.#see(seq);
    const held = this.#held;
    this.#held = [];
    for (const later of held)
      if (later.seq !== undefined && later.seq > seq) this.accept(later.message, later.seq, out);
  }

  #hold(message: Message, seq: number | undefined, out: Passage[]): void {
    this.#held.push({ message, seq });
    if (this.#held.length > this.#options.maxWaiting) this.judge(out, true);
  }

  #replayHeld(out: Passage[]): void {
    const held = this.#held;
    this.#held = [];
    for (const { message, seq } of held) this.accept(message, seq, out);
  }

  #adopt(seq: number | undefined): void {
    this.#head.seq = seq;
    this.#cursor.seq ??= seq;
  }

  /** An epoch is added to the cursor only when it is sure that the number belongs to it. */
  #shareEpoch(): void {
    if (this.#phase === 'live' && this.#cursor.generation === this.#head.generation) {
      this.#cursor.epoch = this.#head.epoch;
    }
  }

  /** Numbers of the same numbering are missing. */
  #skip(reason: string, to: number, out: Passage[]): void {
    const from = this.#head.seq;
    this.#head.seq = to;
    this.#gap({ from, to, reason }, out);
  }

  /** Another numbering begins. */
  #leap(reason: string, to: number | undefined, epoch: string | undefined, out: Passage[]): void {
    const from = this.#head.seq;
    this.#head = { seq: to, epoch, generation: this.#head.generation + 1 };
    this.#floor = undefined;
    this.#seen = [];
    this.#gap({ from, to, reason }, out);
  }

  #gap(gap: Pick<Gap, 'from' | 'to' | 'reason'>, out: Passage[]): void {
    const { channel } = this;
    const { epoch, generation } = this.#head;
    const ask = this.#options.asksForGaps && gap.reason !== 'out-of-order';
    this.#pass({ do: 'gap', channel, gap: { channel, ...gap, epoch }, ask, generation }, out);
  }

  #deliver(message: Message, seq: number | undefined, out: Passage[]): void {
    const { generation } = this.#head;
    this.#pass({ do: 'deliver', channel: this.channel, message, seq, generation }, out);
  }

  #pass(step: Passage, out: Passage[]): void {
    const waiting = this.#behindGap;
    if (waiting) {
      waiting.push(step);
      if (waiting.length <= this.#options.maxWaiting) return;
      const oldest = waiting.shift();
      if (oldest?.do === 'deliver') this.#skippedTo = oldest.seq ?? this.#skippedTo;
      if (oldest?.do === 'gap') this.#skippedTo = oldest.gap.to ?? this.#skippedTo;
      return;
    }
    out.push(step);
    if (step.do === 'gap' && step.ask) this.#behindGap = [];
  }

  #wasSeen(seq: number): boolean {
    const seen = this.#seen;
    for (let i = seen.length - 2; i >= 0; i -= 2) {
      if (seq >= (seen[i] as number)) return seq <= (seen[i + 1] as number);
    }
    return false;
  }

  #see(seq: number): void {
    const seen = this.#seen;
    let i = seen.length;
    while (i > 0 && (seen[i - 2] as number) > seq) i -= 2;
    if (i > 0 && seen[i - 1] === seq - 1) {
      seen[i - 1] = seq;
      if (seen[i] === seq + 1) seen.splice(i - 1, 2);
    } else if (seen[i] === seq + 1) seen[i] = seq;
    else seen.splice(i, 0, seq, seq);
    // Numbers with holes (shared by several streams) would grow the list for ever: the oldest are forgotten.
    if (seen.length > 2 * MAX_RANGES) seen.splice(0, 2);
  }
}

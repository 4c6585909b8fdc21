import type { Cursor } from '../replay-log.js';
import { epochName, logCursor } from './epoch.js';
import type { Limits, Live, Reading, Refusal, Right } from './io.js';
import { isName } from './names.js';
import type { Outlet } from './outlet.js';
import type { Turn } from './turn.js';

/** Where a stream goes on, as `welcome` and `subscribed` tell it. */
export interface Place {
  readonly epoch: string;
  readonly seq: number;
  readonly contiguous: true;
  readonly recovered?: number;
}

interface Followed {
  readonly channel: string | undefined;
  readonly ticket: number;
  readonly cursor: Cursor | undefined;
  /** Tells the client where it goes on. Undefined once it was told. */
  announce: ((place: Place) => void) | undefined;
  /** Of its `subscribe`, so that a refusal can name it. */
  readonly ref: number;
  /** `asking`: has it a right? `due`: a slice has to be read. `reading`: one is being read. */
  phase: 'asking' | 'due' | 'reading' | 'live';
  /** The number of the last message that was written here. */
  position: number;
  /** As the log names it. */
  epoch: string;
  /** The newest message that came while a slice was read: live ones can not follow before it is reached. */
  newest: Pick<Live, 'seq' | 'epoch'> | undefined;
  /** More may have been appended since the slice was asked for than was told here. */
  missed: boolean;
}

/** At most this many slices of one connection are read at a time, so that their memory is bounded; others wait. */
const MOST_READING = 16;

const at = (channel: string | undefined): { readonly channel?: string } => (channel === undefined ? {} : { channel });

const isBehind = ({ newest, missed, epoch, position }: Followed): boolean =>
  missed || (newest !== undefined && (newest.epoch !== epoch || newest.seq > position));

/**
 * The streams that one connection follows: first the replay of each, then live messages. Most connections follow the
 * default stream alone and wait for nothing: then there is no collection at all.
 */
export class Streams {
  readonly #turn: Turn;
  readonly #outlet: Outlet;
  readonly #limits: Limits;
  #main: Followed | undefined;
  #channels: Map<string, Followed> | undefined;
  /** Streams about which the surroundings were asked something, by the ticket of the question. */
  #asked: Map<number, Followed> | undefined;
  #due: Set<Followed> | undefined;
  #tickets = 0;
  #reading = 0;

  constructor(turn: Turn, outlet: Outlet, limits: Limits) {
    this.#turn = turn;
    this.#outlet = outlet;
    this.#limits = limits;
  }

  has(channel: string | undefined): boolean {
    return this.#find(channel) !== undefined;
  }

  /** Whether messages of the client may go to a channel: to the default stream everybody may send. */
  rightTo(channel: string | undefined): Right {
    if (channel === undefined) return 'granted';
    const stream = this.#find(channel);
    if (stream === undefined) return 'unknown';
    return stream.phase === 'asking' ? 'asked' : 'granted';
  }

  /** Begins with the default stream, to which everybody has a right. */
  begin(cursor: Cursor | undefined, announce: (place: Place) => void): void {
    this.#follow(this.#add(undefined, 0, cursor, announce));
  }

  /** Asks for the right, then begins. A second one for the same channel replaces the first. */
  ask(channel: string, ref: number, cursor: Cursor | undefined): void {
    const { nameLength, channels } = this.#limits;
    if (!isName(channel, this.#limits)) {
      return this.#refuse(channel, ref, { code: 'bad-channel', message: `wanted at most ${nameLength} characters` });
    }
    if ((this.#channels?.size ?? 0) >= channels && !this.has(channel)) {
      const message = `wanted at most ${channels} channels`;
      return this.#refuse(channel, ref, { code: 'too-many-channels', message });
    }
    const announce = (place: Place): void => this.#outlet.frame({ kind: 'subscribed', channel, ref, ...place });
    const stream = this.#add(channel, ref, cursor, announce);
    this.#ask(stream);
    this.#turn.tell({ do: 'authorize', channel, ticket: stream.ticket });
  }

  authorized(ticket: number, verdict: true | Refusal): void {
    const stream = this.#answered(ticket);
    if (stream === undefined) return;
    if (verdict === true) return this.#follow(stream);
    const { channel, ref } = stream;
    this.leave(channel);
    // Only of a channel is it asked whether there is a right to it.
    if (channel !== undefined) this.#refuse(channel, ref, verdict);
  }

  slice(ticket: number, slice: Reading): void {
    this.#reading -= 1;
    const stream = this.#answered(ticket);
    if (stream !== undefined) {
      this.#place(stream, slice);
      for (const { seq, batch } of slice.entries) {
        // The rest is read again when there is room: the log is the buffer.
        if (this.#outlet.isFull) break;
        this.#outlet.messages(batch);
        stream.position = seq;
      }
      if (stream.position >= slice.head && !isBehind(stream)) stream.phase = 'live';
      else this.#setDue(stream);
    }
    this.resume();
  }

  live(channel: string | undefined, live: Live): void {
    const stream = this.#find(channel);
    if (stream === undefined) return;
    if (stream.phase !== 'live') {
      stream.newest = live;
      return;
    }
    const known = live.epoch === stream.epoch;
    if (known && live.seq <= stream.position) return;
    if (known && live.seq === stream.position + 1 && !this.#outlet.isFull) {
      this.#outlet.messages(live.batch);
      stream.position = live.seq;
    } else {
      this.#setDue(stream);
      this.resume();
    }
  }

  missed(channel: string | undefined): void {
    const stream = this.#find(channel);
    if (stream === undefined) return;
    stream.missed = true;
    if (stream.phase !== 'live') return;
    this.#setDue(stream);
    this.resume();
  }

  /** Reads what is due, if there is room for more. */
  resume(): void {
    for (const stream of this.#due ?? []) {
      if (this.#reading >= MOST_READING) return;
      const isAnnounced = stream.announce === undefined;
      // Where a stream stands is told at once, however slowly the client reads.
      if (isAnnounced && this.#outlet.isFull) continue;
      this.#undue(stream);
      this.#ask(stream);
      this.#reading += 1;
      stream.phase = 'reading';
      stream.newest = undefined;
      stream.missed = false;
      const { channel, ticket, position, epoch } = stream;
      const cursor = isAnnounced ? { seq: position, epoch } : logCursor(stream.cursor);
      this.#turn.tell({ do: 'read', channel, ticket, cursor });
    }
  }

  leave(channel: string | undefined): void {
    const stream = this.#find(channel);
    if (stream === undefined) return;
    if (channel === undefined) this.#main = undefined;
    else this.#channels?.delete(channel);
    this.#answered(stream.ticket);
    this.#undue(stream);
    if (stream.phase !== 'asking') this.#turn.tell({ do: 'unfollow', channel });
  }

  leaveAll(): void {
    this.leave(undefined);
    for (const channel of [...(this.#channels?.keys() ?? [])]) this.leave(channel);
    this.#channels = undefined;
  }

  #find(channel: string | undefined): Followed | undefined {
    return channel === undefined ? this.#main : this.#channels?.get(channel);
  }

  #add(
    channel: string | undefined,
    ref: number,
    cursor: Cursor | undefined,
    announce: (place: Place) => void,
  ): Followed {
    this.leave(channel);
    this.#tickets += 1;
    const stream: Followed = {
      channel,
      ref,
      cursor,
      announce,
      ticket: this.#tickets,
      phase: 'asking',
      position: 0,
      epoch: '',
      newest: undefined,
      missed: false,
    };
    if (channel === undefined) this.#main = stream;
    else {
      this.#channels ??= new Map();
      this.#channels.set(channel, stream);
    }
    return stream;
  }

  #ask(stream: Followed): void {
    this.#asked ??= new Map();
    this.#asked.set(stream.ticket, stream);
  }

  /** The stream that waited for this answer, if it still does. */
  #answered(ticket: number): Followed | undefined {
    const stream = this.#asked?.get(ticket);
    this.#asked?.delete(ticket);
    if (this.#asked?.size === 0) this.#asked = undefined;
    return stream;
  }

  #follow(stream: Followed): void {
    this.#turn.tell({ do: 'follow', channel: stream.channel });
    this.#setDue(stream);
    this.resume();
  }

  #setDue(stream: Followed): void {
    stream.phase = 'due';
    this.#due ??= new Set();
    this.#due.add(stream);
  }

  #undue(stream: Followed): void {
    this.#due?.delete(stream);
    if (this.#due?.size === 0) this.#due = undefined;
  }

  /** Tells the client from where it goes on: the first time, or because what it should get next is gone. */
  #place(stream: Followed, slice: Reading): void {
    const { cursor, announce } = stream;
    if (announce !== undefined) {
      const recovered = cursor && { recovered: slice.head - slice.from };
      stream.announce = undefined;
      announce({ epoch: epochName(cursor, slice), seq: slice.from, contiguous: true, ...recovered });
      const ahead = cursor !== undefined && cursor.epoch === undefined && cursor.seq > slice.head;
      if (ahead) this.#reset(stream, slice.epoch, slice.from, 'numbers-lost');
    } else if (slice.gone) {
      const same = slice.epoch === stream.epoch;
      const epoch = same ? epochName(cursor, slice) : slice.epoch;
      this.#reset(stream, epoch, slice.from, same ? 'trimmed' : 'epoch');
    }
    stream.epoch = slice.epoch;
    stream.position = slice.from;
  }

  #refuse(channel: string, ref: number, refusal: Refusal): void {
    this.#outlet.frame({ kind: 'unsubscribed', channel, ref, ...refusal });
  }

  #reset({ channel }: Followed, epoch: string, seq: number, reason: string): void {
    this.#outlet.frame({ kind: 'reset', ...at(channel), epoch, seq, reason });
  }
}

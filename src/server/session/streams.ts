import type { Cursor } from '../replay-log.js';
import { epochName, logCursor } from './epoch.js';
import type { Live, Reading, Refusal, Turn } from './io.js';
import type { Outlet } from './outlet.js';

/** Where a stream goes on, as `welcome` and `subscribed` tell it. */
export interface Place {
  readonly epoch: string;
  readonly seq: number;
  readonly contiguous: true;
  readonly recovered?: number;
}

/** How the client hears what became of its wish to follow a stream. */
export interface Told {
  announce(place: Place): void;
  refuse(refusal: Refusal): void;
}

interface Followed extends Told {
  readonly channel: string | undefined;
  readonly ticket: number;
  readonly cursor: Cursor | undefined;
  /** `asking`: has it a right? `due`: a slice has to be read. `reading`: one is being read. */
  phase: 'asking' | 'due' | 'reading' | 'live';
  announced: boolean;
  /** The number of the last message that was written here. */
  position: number;
  /** As the log names it. */
  epoch: string;
  /** The newest message that came while a slice was read: live ones can not follow before it is reached. */
  newest: Pick<Live, 'seq' | 'epoch'> | undefined;
  /** Since the slice was asked for there may have been more than is known of. */
  missed: boolean;
}

/** So many slices of one connection are read at a time: the others wait, so that their memory is bounded. */
const MOST_READING = 16;

/** The streams that one connection follows: first the replay of each, then live messages. */
export interface Streams {
  /** Without the default stream. */
  channels(): number;
  has(channel: string | undefined): boolean;
  /** Asks for the right, then begins. A second one for the same channel replaces the first. */
  ask(channel: string, cursor: Cursor | undefined, told: Told): void;
  /** Begins with the default stream, to which everybody has a right. */
  begin(cursor: Cursor | undefined, announce: (place: Place) => void): void;
  authorized(ticket: number, verdict: true | Refusal): void;
  slice(ticket: number, slice: Reading): void;
  live(channel: string | undefined, live: Live): void;
  missed(channel: string | undefined): void;
  /** There is room for more. */
  resume(): void;
  leave(channel: string | undefined): void;
  leaveAll(): void;
}

export const createStreams = (turn: Turn, outlet: Outlet): Streams => {
  const followed = new Map<string | undefined, Followed>();
  const byTicket = new Map<number, Followed>();
  const due = new Set<Followed>();
  let tickets = 0;
  let reading = 0;

  const readNext = (): void => {
    for (const stream of due) {
      if (reading >= MOST_READING) return;
      // Where a stream stands is told at once, however slowly the client reads.
      if (stream.announced && outlet.isFull()) continue;
      due.delete(stream);
      reading += 1;
      stream.phase = 'reading';
      stream.newest = undefined;
      stream.missed = false;
      const { channel, ticket, position, epoch } = stream;
      const cursor = stream.announced ? { seq: position, epoch } : logCursor(stream.cursor);
      turn.tell({ do: 'read', channel, ticket, cursor });
    }
  };
  const setDue = (stream: Followed): void => {
    stream.phase = 'due';
    due.add(stream);
  };
  const leave = (channel: string | undefined): void => {
    const stream = followed.get(channel);
    if (stream === undefined) return;
    followed.delete(channel);
    byTicket.delete(stream.ticket);
    due.delete(stream);
    if (stream.phase !== 'asking') turn.tell({ do: 'unfollow', channel });
  };
  const add = (channel: string | undefined, cursor: Cursor | undefined, told: Told): Followed => {
    leave(channel);
    tickets += 1;
    const stream: Followed = {
      ...told,
      channel,
      cursor,
      ticket: tickets,
      phase: 'asking',
      announced: false,
      position: 0,
      epoch: '',
      newest: undefined,
      missed: false,
    };
    followed.set(channel, stream);
    byTicket.set(tickets, stream);
    return stream;
  };
  const follow = (stream: Followed): void => {
    turn.tell({ do: 'follow', channel: stream.channel });
    setDue(stream);
    readNext();
  };
  const reset = ({ channel }: Followed, epoch: string, seq: number, reason: string): void =>
    outlet.frame({ kind: 'reset', ...(channel !== undefined && { channel }), epoch, seq, reason });
  /** Tells the client from where it goes on: the first time, or because what it should get next is gone. */
  const place = (stream: Followed, slice: Reading): void => {
    const { cursor } = stream;
    if (!stream.announced) {
      const recovered = cursor && { recovered: slice.head - slice.from };
      stream.announced = true;
      stream.announce({ epoch: epochName(cursor, slice), seq: slice.from, contiguous: true, ...recovered });
      const ahead = cursor !== undefined && cursor.epoch === undefined && cursor.seq > slice.head;
      if (ahead) reset(stream, slice.epoch, slice.from, 'numbers-lost');
    } else if (slice.gone) {
      const same = slice.epoch === stream.epoch;
      reset(stream, same ? epochName(cursor, slice) : slice.epoch, slice.from, same ? 'trimmed' : 'epoch');
    }
    stream.epoch = slice.epoch;
    stream.position = slice.from;
  };
  const isBehind = ({ newest, missed, epoch, position }: Followed): boolean =>
    missed || (newest !== undefined && (newest.epoch !== epoch || newest.seq > position));

  return {
    channels: () => followed.size - (followed.has(undefined) ? 1 : 0),
    has: (channel) => followed.has(channel),
    ask(channel, cursor, told) {
      const { ticket } = add(channel, cursor, told);
      turn.tell({ do: 'authorize', channel, ticket });
    },
    begin(cursor, announce) {
      follow(add(undefined, cursor, { announce, refuse: () => {} }));
    },
    authorized(ticket, verdict) {
      const stream = byTicket.get(ticket);
      if (stream?.phase !== 'asking') return;
      if (verdict === true) return follow(stream);
      leave(stream.channel);
      stream.refuse(verdict);
    },
    slice(ticket, slice) {
      reading -= 1;
      const stream = byTicket.get(ticket);
      if (stream !== undefined) {
        place(stream, slice);
        for (const { seq, frame } of slice.entries) {
          // The rest is read again when there is room: the log is the buffer.
          if (outlet.isFull()) break;
          outlet.message(frame);
          stream.position = seq;
        }
        if (stream.position >= slice.head && !isBehind(stream)) stream.phase = 'live';
        else setDue(stream);
      }
      readNext();
    },
    live(channel, live) {
      const stream = followed.get(channel);
      if (stream === undefined) return;
      if (stream.phase !== 'live') {
        stream.newest = live;
        return;
      }
      const known = live.epoch === stream.epoch;
      if (known && live.seq <= stream.position) return;
      if (known && live.seq === stream.position + 1 && !outlet.isFull()) {
        outlet.message(live.frame);
        stream.position = live.seq;
      } else {
        setDue(stream);
        readNext();
      }
    },
    missed(channel) {
      const stream = followed.get(channel);
      if (stream === undefined) return;
      stream.missed = true;
      if (stream.phase !== 'live') return;
      setDue(stream);
      readNext();
    },
    resume: readNext,
    leave,
    leaveAll() {
      for (const channel of [...followed.keys()]) leave(channel);
    },
  };
};

import type { ServerFrame, ServerProtocol } from '../../protocol/server-frames.js';
import type { Limits, Turn } from './io.js';

/** Messages of the log stop at this share of the bound: what is left is for answers, which no log can give again. */
const MESSAGE_SHARE = 1 / 4;

/** Kept free below the bound for the last frame. */
const RESERVE = 256;

/** The one way out of a session: it knows how much waits to be read by the client. */
export interface Outlet {
  /** Writes a control frame. */
  frame(frame: ServerFrame): void;
  /** Writes the last frame, for which room was kept. */
  last(frame: ServerFrame): void;
  /** Writes a message of the log. */
  message(frame: Uint8Array): void;
  /** True while no message should be written: `flushed` ends it. */
  isFull(): boolean;
  /** A write that asked for it has left the process. True if messages may go on. */
  flushed(): boolean;
  /** The client reads too slowly, or not at all. */
  isStuck(): boolean;
  /** When nothing left for too long. */
  due(): number;
}

export const createOutlet = (turn: Turn, protocol: ServerProtocol, limits: Limits): Outlet => {
  const mark = limits.bufferedBytes * MESSAGE_SHARE;
  /** Writes above the mark that have not left yet. */
  let waiting = 0;
  let due = Infinity;
  let overflown = false;

  const write = (data: string | Uint8Array, bytes: number): void => {
    if (overflown) return;
    turn.buffered += bytes;
    if (turn.buffered > limits.bufferedBytes - RESERVE) {
      overflown = true;
      return;
    }
    const flushed = waiting > 0 || turn.buffered >= mark;
    if (flushed) {
      if (waiting === 0) due = turn.now + limits.stalled;
      waiting += 1;
    }
    turn.tell({ do: 'write', data, flushed });
  };

  return {
    frame(frame) {
      const text = protocol.encode(frame);
      // In UTF-8 at least this many; the exact number is told with the next turn.
      write(text, text.length);
    },
    last: (frame) => turn.tell({ do: 'write', data: protocol.encode(frame), flushed: false }),
    message: (frame) => write(frame, frame.length),
    isFull: () => waiting > 0 || overflown,
    flushed() {
      waiting -= 1;
      due = waiting > 0 ? turn.now + limits.stalled : Infinity;
      return waiting === 0;
    },
    isStuck: () => overflown || turn.now >= due,
    due: () => due,
  };
};

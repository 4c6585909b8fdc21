import type { ServerFrame, ServerProtocol } from '../../protocol/server-frames.js';
import type { Batch } from '../batch.js';
import type { Limits } from './io.js';
import type { Turn } from './turn.js';

/** Messages of the log stop at this share of the bound: what is left is for answers, which no log can give again. */
const MESSAGE_SHARE = 1 / 4;

/** Kept free below the bound for the last frame. */
const RESERVE = 256;

/** The one way out of a session: it knows how much waits to be read by the client. */
export class Outlet {
  readonly #turn: Turn;
  readonly #protocol: ServerProtocol;
  readonly #limits: Limits;
  /** Writes above the mark that have not left yet. */
  #waiting = 0;
  #due = Infinity;
  /** Bytes of a write that leaves no room below the bound: they do not count. Who is cut off for one gets it again, for ever. */
  #oversize = 0;
  #overflown = false;
  #unsendable = false;

  constructor(turn: Turn, protocol: ServerProtocol, limits: Limits) {
    this.#turn = turn;
    this.#protocol = protocol;
    this.#limits = limits;
  }

  /** True while no message should be written: `flushed` ends it. */
  get isFull(): boolean {
    return this.#waiting > 0 || this.#overflown;
  }

  /** The client reads too slowly, or not at all. */
  get isStuck(): boolean {
    return this.#overflown || this.#turn.now >= this.#due;
  }

  /** True once a frame could not be made: what the client wants echoed is nested too deeply, say. */
  get isUnsendable(): boolean {
    return this.#unsendable;
  }

  /** When nothing left for too long. */
  get due(): number {
    return this.#due;
  }

  /** Writes a control frame. */
  frame(frame: ServerFrame): void {
    let text: string;
    try {
      text = this.#protocol.encode(frame);
    } catch {
      this.#unsendable = true;
      return;
    }
    // In UTF-8 at least this many; the exact number is told with the next turn.
    this.#write(text, text.length);
  }

  /** Writes the last frame, for which room was kept. */
  last(frame: ServerFrame): void {
    this.#turn.tell({ do: 'write', data: this.#protocol.encode(frame), flushed: false });
  }

  /** Writes messages of the log. */
  messages(batch: Batch): void {
    this.#write(batch, batch.bytes);
  }

  /** A write that asked for it has left the process. True if messages may go on. */
  flushed(): boolean {
    this.#waiting -= 1;
    this.#due = this.#waiting > 0 ? this.#turn.now + this.#limits.stalled : Infinity;
    return this.#waiting === 0;
  }

  #write(data: string | Batch, bytes: number): void {
    if (this.#overflown) return;
    const { bufferedBytes, stalled } = this.#limits;
    const mark = bufferedBytes * MESSAGE_SHARE;
    const isLow = this.#turn.buffered < mark;
    this.#turn.buffered += bytes;
    if (isLow) this.#oversize = this.#turn.buffered > bufferedBytes - mark ? bytes : 0;
    if (this.#turn.buffered - this.#oversize > bufferedBytes - RESERVE) {
      this.#overflown = true;
      return;
    }
    const flushed = this.#waiting > 0 || this.#turn.buffered >= mark;
    if (flushed) {
      if (this.#waiting === 0) this.#due = this.#turn.now + stalled;
      this.#waiting += 1;
    }
    this.#turn.tell({ do: 'write', data, flushed });
  }
}

import type { Socket } from 'node:net';
import { FrameTracker } from './frame-tracker.js';

/** More than this is not read ahead, so that a sender feels a slow link. */
const MOST_HELD_BYTES = 1_048_576;

/** How a direction is at the moment, for all connections alike. Times are those of `performance.now()`. */
export interface Weather {
  latency: number;
  latencyUntil: number;
  bytesPerSecond: number;
  throttledUntil: number;
}

export const calmWeather = (): Weather => ({
  latency: 0,
  latencyUntil: 0,
  bytesPerSecond: Infinity,
  throttledUntil: 0,
});

/** Bytes on their way, or the end of the stream behind them. */
type Held = { due: number; bytes: Buffer } | { due: number; end: 'fin' | 'rst' };

/** One direction of one connection: holds, slows and cuts what flows from `source` to `sink`. */
export class FaultLane {
  readonly tracker: FrameTracker = new FrameTracker();
  readonly #source: Socket;
  readonly #sink: Socket;
  readonly #weather: Weather;
  readonly #held: Held[] = [];
  #heldBytes = 0;
  #frozenUntil = 0;
  /** Throttled: when the bytes written so far are paid for. */
  #paidUntil = 0;
  #sinkFull = false;
  #stopped = false;
  #cut: { random: () => number; make: (part: Buffer) => void } | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(source: Socket, sink: Socket, weather: Weather) {
    this.#source = source;
    this.#sink = sink;
    this.#weather = weather;
    source.on('data', (bytes: Buffer) => this.#hold({ due: 0, bytes }));
    source.on('end', () => this.#hold({ due: 0, end: 'fin' }));
    source.on('error', () => {
      // A reader that takes nothing would never let the reset through.
      if (this.#sinkFull && !this.frozen) reset(sink);
      else this.#hold({ due: 0, end: 'rst' });
    });
    sink.on('drain', () => {
      this.#sinkFull = false;
      this.#pump();
    });
  }

  get frozen(): boolean {
    return this.#frozenUntil > performance.now();
  }

  /** No byte passes until then; what comes meanwhile stays in the sender's and the system's buffers. */
  freeze(until: number): void {
    this.#frozenUntil = Math.max(this.#frozenUntil, until);
    this.#pump();
  }

  /**
   * The next bytes that leave are to be cut inside of a frame.
   * @param random Chooses the place.
   * @param make Called with the part that may still be written.
   */
  cut(random: () => number, make: (part: Buffer) => void): void {
    this.#cut = { random, make };
  }

  /** Takes back `freeze` and `cut`, and looks at the weather anew. */
  calm(): void {
    this.#frozenUntil = 0;
    this.#paidUntil = 0;
    this.#cut = undefined;
    this.#pump();
  }

  /** Nothing passes any more and no timer is left; what still comes is read and thrown away. */
  stop(): void {
    this.#stopped = true;
    this.#held.length = 0;
    clearTimeout(this.#timer);
    this.#source.resume();
  }

  #hold(held: Held): void {
    if (this.#stopped) return;
    if ('bytes' in held) this.#heldBytes += held.bytes.length;
    const { latency, latencyUntil } = this.#weather;
    const now = performance.now();
    if (latencyUntil > now) held.due = now + latency;
    // What is due sooner than the one before waits for it: TCP keeps the order, also when a delay ends.
    this.#held.push(held);
    this.#pump();
  }

  /** Lets through what may go now, and comes back for the rest. */
  #pump(): void {
    clearTimeout(this.#timer);
    let wait = 0;
    // Passing something can stop the lane: a cut, or the end.
    while (wait === 0 && !this.#sinkFull && !this.#stopped) {
      const now = performance.now();
      const next = this.#held[0];
      if (this.#frozenUntil > now) wait = this.#frozenUntil - now;
      else if (next === undefined) break;
      else wait = Math.max(0, next.due - now, this.#paidUntil - now);
      if (wait === 0 && next !== undefined) this.#pass(next, now);
    }
    if (this.#stopped) return;
    if (wait > 0 && wait < Infinity) this.#timer = setTimeout(() => this.#pump(), Math.ceil(wait));
    if (this.frozen || this.#heldBytes > MOST_HELD_BYTES) this.#source.pause();
    else this.#source.resume();
  }

  #pass(next: Held, now: number): void {
    if ('end' in next) {
      this.#held.length = 0;
      if (next.end === 'fin') this.#sink.end();
      else reset(this.#sink);
      return;
    }
    const part = next.bytes.subarray(0, this.#allowance(now));
    if (part.length === next.bytes.length) this.#held.shift();
    else next.bytes = next.bytes.subarray(part.length);
    this.#heldBytes -= part.length;
    const frameEnds = this.tracker.read(part);
    const cut = this.#cut;
    const place = cut === undefined ? undefined : placeOfCut(part.length, frameEnds, cut.random);
    if (cut === undefined || place === undefined) this.#sinkFull = !this.#sink.write(part);
    else cut.make(part.subarray(0, place));
  }

  /** How many bytes may be written now, and notes when they are paid for. */
  #allowance(now: number): number {
    const { bytesPerSecond, throttledUntil } = this.#weather;
    if (throttledUntil <= now) return Infinity;
    // Twenty slices a second: smooth enough, and few timers.
    const slice = Math.max(1, Math.floor(bytesPerSecond / 20));
    this.#paidUntil = now + (slice / bytesPerSecond) * 1_000;
    return slice;
  }
}

/** Sends a RST. Node can not do that to a socket whose FIN is still going out: it would say EINVAL and never close it. */
export function reset(socket: Socket): void {
  if (socket.writableEnded && !socket.writableFinished) socket.destroy();
  else socket.resetAndDestroy();
}

/** A place inside of the chunk at which no frame ends, or undefined if there is none. */
function placeOfCut(length: number, frameEnds: ReadonlySet<number>, random: () => number): number | undefined {
  const first = 1 + Math.floor(random() * (length - 1));
  for (let tried = 0; tried < length - 1; tried += 1) {
    const place = 1 + ((first - 1 + tried) % (length - 1));
    if (!frameEnds.has(place)) return place;
  }
  return undefined;
}

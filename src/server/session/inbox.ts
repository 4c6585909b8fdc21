import type { Answer } from '../replay-log.js';
import type { Received, Right, SessionOptions } from './io.js';
import type { Outlet } from './outlet.js';
import type { Turn } from './turn.js';

/** More than this is not read from the connection: what waits is bounded, and the client feels it. */
const MOST_WAITING = 1_000;

interface Waiting {
  readonly received: Received;
  readonly right: Right;
}

const NOBODY: readonly Waiting[] = [];

/** Messages of one client on their way to the handler, in order. */
export class Inbox {
  readonly #turn: Turn;
  readonly #outlet: Outlet;
  readonly #options: SessionOptions;
  #waiting: Waiting[] | undefined;
  /** The first of `#waiting` that was not begun: taking them one by one from the front would move all the others. */
  #next = 0;
  #bytes = 0;
  #running = 0;
  /** How many came since the last pong: the client surely does not count on them. */
  #unproved = 0;

  constructor(turn: Turn, outlet: Outlet, options: SessionOptions) {
    this.#turn = turn;
    this.#outlet = outlet;
    this.#options = options;
  }

  /** True if no message waits or is being handled. */
  get isIdle(): boolean {
    return this.#running === 0 && this.#waiting === undefined;
  }

  /** True if no more should be read. */
  get isFull(): boolean {
    const { length } = this.#waiting ?? NOBODY;
    return length - this.#next >= MOST_WAITING || this.#bytes >= this.#options.limits.bufferedBytes;
  }

  add(received: Received, right: Right): void {
    this.#waiting ??= [];
    this.#waiting.push({ received, right });
    this.#bytes += received.bytes;
    this.#unproved += 1;
    this.#begin();
  }

  answered(messageId: string | undefined, answer: Answer | undefined): void {
    this.#running -= 1;
    if (messageId !== undefined && answer !== undefined) {
      if ('nack' in answer) this.#outlet.frame({ kind: 'nack', messageId, ...answer.nack });
      else this.#outlet.frame({ kind: 'ack', messageId, ...(answer.data !== undefined && { data: answer.data }) });
    }
    this.#begin();
  }

  /** Tells the client that all so far have come. */
  pong(t: unknown): void {
    this.#unproved = 0;
    this.#outlet.frame({ kind: 'pong', ...(t !== undefined && { t }) });
  }

  /** Forgets what the handler has not begun, but for what a pong has proved: that may never come again. */
  forget(): void {
    const waiting = (this.#waiting ?? NOBODY).slice(this.#next);
    const proved = waiting.slice(0, Math.max(waiting.length - this.#unproved, 0));
    this.#waiting = undefined;
    this.#next = 0;
    this.#bytes = 0;
    for (const { received, right } of proved) this.add(received, right);
    this.#unproved = 0;
  }

  #begin(): void {
    const waiting = this.#waiting ?? NOBODY;
    while (this.#running < this.#options.concurrency) {
      const first = waiting[this.#next];
      if (first === undefined) break;
      this.#next += 1;
      this.#running += 1;
      this.#bytes -= first.received.bytes;
      this.#turn.tell({ do: 'handle', ...first });
    }
    if (this.#next === waiting.length) this.#waiting = undefined;
    else if (this.#next >= MOST_WAITING) this.#waiting = waiting.slice(this.#next);
    else return;
    this.#next = 0;
  }
}

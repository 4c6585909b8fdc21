import type { Encoded, NackFrame } from '../protocol/frames.js';
import type { Ending, Entry, OutcomeName, Turn } from './io.js';
import { Pace } from './pace.js';
import { type Death, Poison } from './poison.js';
import { type QueueBounds, SendQueue } from './send-queue.js';
import { Unproved } from './unproved.js';

export interface OutboundOptions extends QueueBounds {
  readonly highWaterMark: number;
  readonly flushRate: number;
}

/** Messages per turn: enough for any link, few enough that other work of the page gets its share. */
const PER_TURN = 1_000;
/** ms until a full socket buffer is looked at again; no event tells when it has drained. */
const DRAIN_POLL = 16;
/** Endings that the sender asked for, or that are good news, are not told as `undelivered`. */
const SILENT: ReadonlySet<OutcomeName> = new Set(['acked', 'sent', 'replaced', 'kept']);

const ending = (outcome: OutcomeName, reason: string): Ending => ({ outcome, reason });

/** All that goes out: from `send` to the proof of receipt, across any number of connections. */
export class Outbound {
  readonly queue: SendQueue;
  readonly #unproved: Unproved;
  readonly #pace: Pace;
  readonly #poison: Poison = new Poison();
  readonly #options: OutboundOptions;
  #gate: 'shut' | 'open' = 'shut';
  /** Application messages written on this connection. */
  #mark = 0;
  #provenMark = 0;
  #turnMessages = 0;
  #turnBytes = 0;
  /** ms for which the server surely remembers ids. */
  #idsKept = Infinity;
  #watched = false;
  /** For `stats()`: what was written without proof, and too much to remember. */
  forgotten = 0;
  /** For `stats()`: what was ever written. */
  readonly written: { messages: number; bytes: number } = { messages: 0, bytes: 0 };
  /** What was written since it was last asked for, and how soon that wants a proof. */
  #wrote: 'ordinary' | 'soon' | 'now' | undefined;
  /** When writing can go on; Infinity if nothing waits for time alone. */
  flushAt: number = Infinity;

  constructor(options: OutboundOptions) {
    this.#options = options;
    this.queue = new SendQueue(options);
    this.#unproved = new Unproved(options.maxMessages, options.maxBytes);
    this.#pace = new Pace(options.flushRate);
  }

  get mark(): number {
    return this.#mark;
  }

  /** True if everything was written and proved: `close({ drain })` waits for it. */
  get isEmpty(): boolean {
    return this.queue.size === 0;
  }

  /** A proof decides over a suspect: it is asked for at once. */
  get needsProofNow(): boolean {
    return this.#poison.trying;
  }

  /** Somebody waits until there is room: see `tellReady`. */
  watchReady(): void {
    this.#watched = true;
  }

  /** Tells once when less than half of every bound is taken. */
  tellReady(turn: Turn): void {
    if (!this.#watched) return;
    if (this.queue.isHalfFull || this.queue.bytes + turn.bufferedAmount >= this.#options.highWaterMark / 2) {
      if (this.#gate === 'open') this.flushAt = Math.min(this.flushAt, turn.now + DRAIN_POLL);
      return;
    }
    this.#watched = false;
    turn.out.push({ do: 'ready' });
  }

  takeWrote(): 'ordinary' | 'soon' | 'now' | undefined {
    const wrote = this.#wrote;
    this.#wrote = undefined;
    return wrote;
  }

  /** What an earlier life of the app left in its store goes before everything else. */
  restore(entries: readonly Entry[], turn: Turn): void {
    for (const entry of entries) this.queue.restore(entry);
    this.flush(turn);
  }

  send(entry: Entry, turn: Turn): void {
    const { kind } = entry.policy;
    const direct = !acks(entry) && !this.queue.hasWaiting;
    if ((direct || kind === 'drop' || kind === 'reject') && this.#mayWrite(turn) && !this.#poison.holds(entry)) {
      this.#write(entry, turn);
      return;
    }
    if (kind === 'drop' || kind === 'reject') {
      entry.status = kind === 'drop' ? 'dropped' : 'rejected';
      this.settle(entry, ending(entry.status, 'not-writable'), turn);
      return;
    }
    const { status, replaced, evicted } = this.queue.offer(entry);
    entry.status = status;
    if (replaced) this.settle(replaced, ending('replaced', 'newer-value'), turn);
    for (const old of evicted) this.settle(old, ending('dropped', 'queue-full'), turn);
    if (status === 'dropped' || status === 'rejected') this.settle(entry, ending(status, 'queue-full'), turn);
    else if (this.flushAt > turn.now) this.flush(turn);
  }

  /** The conversation is over. */
  refuse(entry: Entry, turn: Turn): void {
    entry.status = 'rejected';
    this.settle(entry, ending('closed', 'closed'), turn);
  }

  /** A new turn of the event loop: the budget for writing starts anew. */
  newTurn(): void {
    this.#turnMessages = this.#turnBytes = 0;
  }

  /** The connection takes messages: authenticated, subscribed, welcomed. */
  open(turn: Turn): void {
    for (const entry of [...this.queue]) {
      const age = turn.now - (entry.firstWrittenAt ?? turn.now);
      if (acks(entry) && age > this.#idsKept) this.settle(entry, ending('unknown', 'ids-expired'), turn);
    }
    this.#gate = 'open';
    this.#mark = this.#provenMark = 0;
    this.#poison.linkOpened(this.queue);
    this.flush(turn);
  }

  /** A restart is near: what is new waits for the next connection. */
  hold(): void {
    this.#gate = 'shut';
    this.flushAt = Infinity;
  }

  terms(idsKept: number | undefined, rate: number | undefined): void {
    this.#idsKept = idsKept ?? this.#idsKept;
    if (rate) this.#pace.serve(rate);
  }

  slowDown(): void {
    this.#pace.halve();
  }

  flush(turn: Turn): void {
    this.flushAt = Infinity;
    const { highWaterMark } = this.#options;
    const blocked = (entry: Entry): boolean => {
      if (entry.notBefore <= turn.now) return this.#poison.holds(entry);
      this.flushAt = Math.min(this.flushAt, entry.notBefore);
      return true;
    };
    while (this.#gate === 'open') {
      const entry = this.queue.next(blocked);
      if (!entry) return;
      const full = this.#turnMessages > 0 && this.#turnBytes + entry.bytes > highWaterMark;
      if (full || this.#turnMessages >= PER_TURN) {
        this.flushAt = turn.now;
        return;
      }
      const wait = turn.bufferedAmount >= highWaterMark ? DRAIN_POLL : this.#pace.wait(turn.now);
      if (wait > 0) {
        this.flushAt = Math.min(this.flushAt, turn.now + wait);
        return;
      }
      this.#write(entry, turn);
    }
  }

  acked(id: string, data: unknown, turn: Turn): void {
    const entry = this.queue.find(id);
    if (entry && entry.firstWrittenAt !== undefined) {
      this.settle(entry, { outcome: 'acked', reason: 'ack', by: 'ack', data }, turn);
    }
  }

  nacked({ messageId = '', code, message, retry }: NackFrame, turn: Turn): void {
    const entry = this.queue.find(messageId);
    if (!entry || entry.firstWrittenAt === undefined) return;
    if (!retry) {
      // A server that lost its memory of the first try can not know either.
      const outcome = code === 'unknown' ? 'unknown' : 'refused';
      this.settle(entry, { outcome, reason: 'nack', detail: { code, message } }, turn);
      return;
    }
    // Not processed, says the server: it is as good as never written, but for its id. The first time it may come
    // again at once, then ever later.
    const pause = entry.refusals ? Math.min(30_000, 100 * 2 ** entry.refusals) : 0;
    entry.notBefore = turn.now + (retry === true ? pause : retry);
    entry.refusals++;
    entry.firstWrittenAt = undefined;
    entry.ackBy = Infinity;
    this.#poison.cleared(entry);
    this.queue.toBack(entry);
  }

  /** Everything written up to `mark` on this connection was received. */
  proven(mark: number, turn: Turn): void {
    this.#provenMark = mark;
    this.#unproved.proven(mark);
    for (const entry of this.queue.flying()) {
      if (entry.mark > mark) break;
      if (entry.policy.kind === 'queue' && entry.policy.ack === 'pong') {
        this.settle(entry, { outcome: 'acked', reason: 'pong', by: 'pong' }, turn);
      }
      this.#poison.cleared(entry);
    }
    this.lives();
  }

  /** The connection works: a suspect that was left out may be tried. */
  lives(): void {
    this.#poison.lived();
  }

  /** Ends what has had its time. */
  expire(turn: Turn): void {
    for (const entry of this.queue.overdue(turn.now)) {
      if (entry.expiresAt <= turn.now) this.#giveUp(entry, 'expired', 'ttl', turn);
      else if (entry.ackTimeouts++ > 0) this.settle(entry, ending('unknown', 'ack-timeout'), turn);
      else if (this.#gate === 'open') this.#write(entry, turn);
      else entry.ackBy = Infinity;
    }
  }

  cancel(id: string, turn: Turn): void {
    const entry = this.queue.find(id);
    if (entry) this.#giveUp(entry, 'cancelled', 'cancelled', turn);
  }

  clear(turn: Turn, outcome: OutcomeName = 'cancelled', reason = 'cleared'): void {
    for (const entry of [...this.queue]) this.#giveUp(entry, outcome, reason, turn);
  }

  /** What was never written goes back to the application, which is no loss. */
  drain(turn: Turn): void {
    for (const entry of [...this.queue]) {
      if (entry.firstWrittenAt === undefined) this.settle(entry, ending('cancelled', 'drained'), turn);
    }
  }

  /** The conversation ends: what is durable stays in its store, the rest is told. */
  close(turn: Turn): void {
    for (const entry of [...this.queue]) {
      const durable = entry.policy.kind === 'queue' && entry.policy.durable;
      if (durable) this.settle(entry, ending('kept', 'closed'), turn);
      else this.#giveUp(entry, 'closed', 'closed', turn);
    }
  }

  linkLost(death: Death, turn: Turn): void {
    this.hold();
    const flying = [...this.queue.flying()].filter((entry) => entry.mark > this.#provenMark);
    const poisoned = this.#poison.linkDied(death, flying);
    if (poisoned) this.settle(poisoned, ending('unknown', 'poisoned'), turn);
    const { forgotten } = this.#unproved;
    this.forgotten += forgotten;
    const unproved = this.#unproved.takeAll();
    for (const entry of [...unproved].reverse()) {
      // Superseded by a newer value is no loss, and no news.
      if (entry.policy.kind === 'latest' && this.queue.putBack(entry) === 'full') {
        this.settle(entry, ending('dropped', 'queue-full'), turn);
      }
    }
    this.queue.linkLost();
    for (const entry of unproved) {
      if (entry.policy.kind !== 'latest')
        turn.out.push({ do: 'undelivered', entry, ending: ending('unknown', 'link-lost') });
    }
    if (forgotten) {
      const text = `${forgotten} older messages were written without proof and are past what queue.maxMessages remembers`;
      turn.out.push({ do: 'error', code: 'unproved-forgotten', text });
    }
  }

  settle(entry: Entry, how: Ending, turn: Turn): void {
    this.queue.remove(entry);
    if (this.#poison.cleared(entry)) this.flushAt = turn.now;
    if (!entry.ending) turn.out.push({ do: 'settle', entry, ending: how });
    entry.ending ??= how;
    if (!SILENT.has(how.outcome)) turn.out.push({ do: 'undelivered', entry, ending: how });
  }

  /** Once written and unproved nobody knows; before that, the given outcome is the truth. */
  #giveUp(entry: Entry, outcome: OutcomeName, reason: string, turn: Turn): void {
    const written = acks(entry) && entry.firstWrittenAt !== undefined;
    this.settle(entry, ending(written ? 'unknown' : outcome, reason), turn);
  }

  #mayWrite(turn: Turn): boolean {
    return (
      this.#gate === 'open' && turn.bufferedAmount < this.#options.highWaterMark && this.#pace.wait(turn.now) === 0
    );
  }

  #write(entry: Entry, turn: Turn): void {
    const { policy } = entry;
    entry.status = 'written';
    entry.mark = ++this.#mark;
    entry.firstWrittenAt ??= turn.now;
    this.#pace.took();
    this.#turnMessages++;
    this.#turnBytes += entry.bytes;
    turn.bufferedAmount += entry.bytes;
    this.written.messages++;
    this.written.bytes += entry.bytes;
    turn.out.push({ do: 'write', data: entry.data as Encoded });
    if (this.#poison.trying) this.#wrote = 'now';
    this.#wrote ??= 'ordinary';
    if (policy.kind === 'queue' && policy.ack !== 'none') {
      entry.ackBy = turn.now + policy.ackTimeout;
      this.queue.fly(entry);
      if (policy.ack === 'pong' && this.#wrote === 'ordinary') this.#wrote = 'soon';
      if (policy.ack === 'pong' && this.queue.isHalfFull) this.#wrote = 'now';
      return;
    }
    this.queue.remove(entry);
    this.#unproved.push(entry);
    if (!entry.ending) turn.out.push({ do: 'settle', entry, ending: ending('sent', 'written') });
    entry.ending ??= ending('sent', 'written');
  }
}

const acks = ({ policy }: Entry): boolean => policy.kind === 'queue' && policy.ack !== 'none';

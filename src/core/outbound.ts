import type { AckFrame, NackFrame } from '../protocol/frames.js';
import type { Ending, Entry, OutcomeName, Refusal, Turn } from './io.js';
import { LinkedLine } from './line.js';
import { createPace } from './pace.js';
import { createPoison, type Death } from './poison.js';
import { createSendQueue, type QueueBounds, type SendQueue } from './send-queue.js';
import { createUnproved } from './unproved.js';

export interface OutboundOptions extends QueueBounds {
  readonly highWaterMark: number;
  readonly flushRate: number;
  readonly pongsProve?: boolean;
}

/** All that goes out: from `send` to the proof of receipt, across any number of connections. */
export interface Outbound {
  readonly queue: SendQueue;
  /** For `stats()`: what was ever written, and what was written without proof and is too much to remember. */
  readonly counts: { sent: number; bytesSent: number; forgotten: number };
  /** Application messages written on this connection. */
  mark(): number;
  /** When writing can go on; Infinity if nothing waits for time alone. */
  flushAt(): number;
  send(entry: Entry): void;
  /** Ends what is not taken at all. */
  refuse(refusal: Refusal): void;
  /** What an earlier life of the app left in its store goes before everything else. */
  restore(left: { readonly entry: Entry }): void;
  /** A new turn of the event loop: the budget for writing starts anew. */
  newTurn(): void;
  /** The connection takes messages: authenticated, subscribed, welcomed. */
  open(): void;
  /** A restart is near: what is new waits for the next connection. */
  hold(): void;
  /** How long the server remembers ids (ms), and how many messages per second it takes. */
  terms(idsKept: number | undefined, rate: number | undefined): void;
  slowDown(): void;
  flush(): void;
  acked(frame: AckFrame): void;
  nacked(frame: NackFrame): void;
  /** Everything written up to `mark` on this connection was received. */
  proven(mark: number): void;
  /** The connection works: a suspect that was left out may be tried. */
  lives(): void;
  /** Ends what has had its time. */
  expire(): void;
  cancel(message: { readonly id: string }): void;
  /** Takes everything back: as the outcome says, or `unknown` for what was written and is not proved. */
  clear(outcome: OutcomeName, reason: string): void;
  /** What was never written goes back to the application. */
  drain(): void;
  /** The conversation ends: what is durable stays in its store, the rest is told. */
  close(): void;
  linkLost(death: Death): void;
  /** A `ready` command comes once less than half of every bound is taken. */
  watchReady(): void;
  tellReady(): void;
}

/** Messages per turn: enough for any link, few enough that other work of the page gets its share. */
const PER_TURN = 1_000;
/** ms until a full socket buffer is looked at again; no event tells when it has drained. */
const DRAIN_POLL = 16;
/** ms after a message with `ack: 'pong'` within which a ping follows, so that many share one. */
const PROOF_WITHIN = 500;
/** Outcomes that fire no `undelivered`. */
const SILENT = 'acked sent replaced kept';
const SENT: Ending = { outcome: 'sent', reason: 'written' };

const acks = ({ policy }: Entry): boolean => policy.ack !== 'none';

export const createOutbound = (
  turn: Turn,
  options: OutboundOptions,
  wrote: (proofWithin: number) => void,
): Outbound => {
  const { maxMessages, maxBytes, flushRate, highWaterMark, pongsProve = true } = options;
  const { tell } = turn;
  const queue = createSendQueue(options, () => new LinkedLine());
  const unproved = createUnproved(maxMessages, maxBytes, new LinkedLine());
  const pace = createPace(turn, flushRate);
  const poison = createPoison(turn);
  const counts = { sent: 0, bytesSent: 0, forgotten: 0 };
  let gate: 'shut' | 'open' = 'shut';
  let mark = 0;
  let provenMark = 0;
  let turnMessages = 0;
  let turnBytes = 0;
  let idsKept = Infinity;
  let flushAt = Infinity;
  let watched = false;

  const end = (entry: Entry, ending: Ending): void => {
    if (entry.line) queue.remove(entry);
    poison.cleared(entry);
    if (!entry.ending) {
      entry.ending = ending;
      // Whoever asks later finds it in the entry. Only a store, and somebody who waits already, have to be told.
      if (entry.resolve || entry.durable) tell({ do: 'settle', entry, ending });
    }
    if (!SILENT.includes(ending.outcome)) tell({ do: 'undelivered', entry, ending });
  };
  /** `unknown` for what was written, since nobody knows whether it arrived; for the rest the given outcome is true. */
  const giveUp = (entry: Entry, outcome: OutcomeName, reason: string): void =>
    end(entry, { outcome: entry.firstWrittenAt === undefined ? outcome : 'unknown', reason });

  /** ms until the socket and the pace take another message. */
  const pause = (): number => (turn.bufferedAmount >= highWaterMark ? DRAIN_POLL : pace.wait());

  /** When this one may be written; undefined for now. */
  const fullUntil = ({ bytes }: Entry): number | undefined => {
    if (turnMessages >= PER_TURN || (turnMessages && turnBytes + bytes > highWaterMark)) return turn.now;
    const wait = pause();
    return wait ? turn.now + wait : undefined;
  };

  const write = (entry: Entry): void => {
    const { policy, bytes } = entry;
    entry.status = 'written';
    entry.mark = ++mark;
    entry.firstWrittenAt ??= turn.now;
    pace.took();
    turnMessages++;
    turnBytes += bytes;
    turn.bufferedAmount += bytes;
    counts.sent++;
    counts.bytesSent += bytes;
    tell({ do: 'write', data: entry.data, bytes });
    let within = poison.trying() ? 0 : Infinity;
    if (acks(entry)) {
      entry.ackBy = turn.now + policy.ackTimeout;
      queue.fly(entry);
      if (policy.ack === 'pong') within = queue.isHalfFull ? 0 : PROOF_WITHIN;
    } else {
      if (entry.ending) queue.remove(entry);
      else end(entry, SENT);
      // Only a last value may be written again; of the rest the bytes need not be kept.
      if (entry.key === undefined) entry.data = '';
      unproved.push(entry);
    }
    wrote(within);
  };

  /** Ends what was first written so long ago that the server may have forgotten its id: once more could be twice. */
  const outlived = (entry: Entry): boolean => {
    const stale = acks(entry) && (entry.firstWrittenAt ?? turn.now) < turn.now - idsKept;
    if (stale) giveUp(entry, 'unknown', 'ids-expired');
    return stale;
  };

  const blocked = (entry: Entry): boolean => {
    if (entry.notBefore <= turn.now) return poison.holds(entry);
    flushAt = Math.min(flushAt, entry.notBefore);
    return true;
  };

  const outbound: Outbound = {
    queue,
    counts,
    mark: () => mark,
    flushAt: () => flushAt,
    send(entry) {
      const { kind } = entry.policy;
      const direct = kind === 'drop' || kind === 'reject';
      if ((direct || !(acks(entry) || queue.hasWaiting)) && gate === 'open' && !poison.holds(entry) && !pause()) {
        return write(entry);
      }
      if (direct) {
        entry.status = kind === 'drop' ? 'dropped' : 'rejected';
        return giveUp(entry, entry.status, 'not-writable');
      }
      const { status, replaced, evicted } = queue.offer(entry);
      entry.status = status;
      if (replaced) end(replaced, { outcome: 'replaced', reason: 'newer-value' });
      for (const old of evicted) giveUp(old, 'dropped', 'queue-full');
      if (status === 'dropped' || status === 'rejected') giveUp(entry, status, 'queue-full');
      else if (flushAt > turn.now) outbound.flush();
    },
    refuse({ entry, outcome, reason }) {
      entry.status = 'rejected';
      giveUp(entry, outcome, reason);
    },
    restore({ entry }) {
      queue.restore(entry);
      outbound.flush();
    },
    newTurn() {
      turnMessages = turnBytes = 0;
    },
    open() {
      gate = 'open';
      poison.linkOpened(queue);
      outbound.flush();
    },
    hold() {
      gate = 'shut';
      flushAt = Infinity;
    },
    terms(kept, rate) {
      idsKept = kept ?? Infinity;
      pace.serve(rate || Infinity);
    },
    slowDown: pace.halve,
    flush() {
      flushAt = Infinity;
      if (gate === 'shut' || queue.keepsAll) return;
      if (queue.nextExpiry < turn.now) return outbound.expire(); // the alarm is late
      for (const line of queue.waiting) {
        for (const entry of line) {
          if (queue.keepsBack(entry) || outlived(entry) || blocked(entry)) continue;
          const at = fullUntil(entry);
          flushAt = Math.min(flushAt, at ?? Infinity);
          if (at !== undefined) return;
          write(entry);
          if (queue.keepsAll) return;
        }
      }
    },
    acked({ messageId = '', messageIds = [messageId], data }) {
      for (const id of messageIds) {
        const entry = queue.find(id);
        // What was never written can not be acked, unless a `nack` with `retry` has only made it count as such.
        if (entry?.refusals || entry?.firstWrittenAt !== undefined)
          end(entry, { outcome: 'acked', reason: 'ack', data });
      }
      outbound.flush();
    },
    nacked({ messageId = '', code, message, retry }) {
      const entry = queue.find(messageId);
      if (entry?.firstWrittenAt === undefined) return;
      if (retry || retry === 0) {
        // The server says that it had no effect, so it counts as never written. Written again at once, then ever later.
        const pause = entry.refusals++ && Math.min(30_000, 50 * 2 ** entry.refusals);
        entry.notBefore = turn.now + (retry === true ? pause : retry || pause);
        entry.firstWrittenAt = undefined;
        entry.ackBy = Infinity;
        poison.cleared(entry);
        queue.toBack(entry);
      } else {
        // A server that lost its memory of the first try can not know either.
        const outcome = code === 'unknown' ? code : 'refused';
        end(entry, { outcome, reason: 'nack', serverCode: code, serverMessage: message });
      }
      outbound.flush();
    },
    proven(upTo) {
      provenMark = upTo;
      for (const entry of unproved.proven(upTo)) poison.cleared(entry);
      for (const entry of queue.flying) {
        if (entry.mark > upTo) continue;
        poison.cleared(entry);
        if (entry.policy.ack === 'pong') end(entry, { outcome: 'acked', reason: 'pong' });
      }
      outbound.flush();
    },
    lives() {
      poison.lived();
      outbound.flush();
    },
    expire() {
      for (const entry of queue.overdue(turn.now)) {
        const at = gate === 'open' ? fullUntil(entry) : Infinity; // when it may be written again; undefined for now
        if (entry.expiresAt <= turn.now) giveUp(entry, 'expired', 'ttl');
        else if (entry.ackTimeouts) giveUp(entry, 'unknown', 'ack-timeout');
        else if (at !== undefined) {
          entry.ackBy = at;
          queue.fly(entry);
        } else if (!outlived(entry)) {
          entry.ackTimeouts++;
          write(entry);
        }
      }
      outbound.flush();
    },
    cancel({ id }) {
      const entry = queue.find(id);
      if (entry) giveUp(entry, 'cancelled', 'cancelled');
      outbound.flush();
    },
    clear(outcome, reason) {
      for (const entry of queue) giveUp(entry, outcome, reason);
    },
    drain() {
      for (const entry of queue) if (entry.firstWrittenAt === undefined) giveUp(entry, 'cancelled', 'drained');
    },
    close() {
      for (const entry of queue) if (entry.durable) end(entry, { outcome: 'kept', reason: 'closed' });
      outbound.clear('closed', 'closed');
    },
    linkLost(death) {
      outbound.hold();
      const { entries, forgotten } = unproved.takeAll();
      const flying = [...queue.flying].filter((entry) => entry.mark > provenMark);
      const poisoned = poison.linkDied(death, pongsProve ? [...flying, ...entries] : flying);
      if (poisoned) giveUp(poisoned, 'unknown', 'poisoned');
      for (const entry of queue.linkLost(entries.filter((entry) => entry !== poisoned)))
        giveUp(entry, 'unknown', 'queue-full');
      // Not at open: a ping may go before the first message, and must not prove what was written in another life.
      mark = provenMark = 0;
      for (const entry of entries) {
        if (entry.key === undefined) giveUp(entry, 'unknown', 'link-lost');
        else if (!entry.line) poison.cleared(entry);
      }
      counts.forgotten += forgotten;
      const text = `${forgotten} messages were written without proof, too many for queue.maxMessages`;
      if (forgotten) tell({ do: 'error', code: 'unproved-forgotten', text });
    },
    watchReady() {
      watched = true;
    },
    tellReady() {
      if (!watched) return;
      const ahead = gate === 'open' ? turn.bufferedAmount : 0; // nothing is written behind the rest in a dying socket
      watched = queue.isHalfFull || queue.bytes + ahead >= highWaterMark / 2;
      if (!watched) tell({ do: 'ready' });
      else if (gate === 'open') flushAt = Math.min(flushAt, turn.now + DRAIN_POLL);
    },
  };
  return outbound;
};

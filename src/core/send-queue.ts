import type { Entry, Line, Policy } from './io.js';

export interface QueueBounds {
  readonly maxMessages: number;
  readonly maxBytes: number;
}

/** Whether a message was taken, and which older ones made room for it. */
export interface Offer {
  readonly status: 'queued' | 'replaced' | 'dropped' | 'rejected';
  readonly replaced?: Entry | undefined;
  readonly evicted: readonly Entry[];
}

/**
 * What the application sent and nobody has proved: `again` was written on a connection that died and goes first,
 * `fresh` was never written, `flying` waits for its ack on this connection. All three count against the bounds.
 */
export interface SendQueue extends Iterable<Entry> {
  readonly size: number;
  readonly bytes: number;
  /** No time to live and no ack timeout ends before this (ms); it may be earlier than the first one, never later. */
  readonly nextExpiry: number;
  readonly hasWaiting: boolean;
  readonly isHalfFull: boolean;
  /** Written on this connection and not acked, in the order of writing. */
  readonly flying: Iterable<Entry>;
  find(id: string): Entry | undefined;
  offer(entry: Entry): Offer;
  /** What is to be written, in order: all of the first line goes before the second. */
  readonly waiting: readonly Line[];
  /** True while as many messages of its policy fly as `inFlight` allows. */
  keepsBack(entry: Entry): boolean;
  /** None that wait may be written: there are none, or each is kept back. */
  readonly keepsAll: boolean;
  /** A message with an ack is in flight; it counts until it is settled. */
  fly(entry: Entry): void;
  remove(entry: Entry): void;
  /** The server asks for the message once more, later. */
  toBack(entry: Entry): void;
  /**
   * The connection died. What flew goes first on the next one, in its first order, and then the unproved last values of
   * `unproved`, unless a newer one of the key exists. Returns those that the bounds leave no room for.
   */
  linkLost(unproved: readonly Entry[]): Entry[];
  /** What an earlier life of the app left goes before all that is new. */
  restore(entry: Entry): void;
  /** Takes those whose time to live or to be acked has passed; the caller removes them or gives them a new time. */
  overdue(now: number): Entry[];
}

/** @param newLine makes a row of messages in order of arrival */
export const createSendQueue = ({ maxMessages, maxBytes }: QueueBounds, newLine: () => Line): SendQueue => {
  const fresh = newLine();
  const flying = newLine();
  const again = newLine();
  const byId = new Map<string, Entry>();
  const byKey = new Map<string, Entry>();
  /** How many messages of a policy with `inFlight` fly, and how many wait. */
  const tallies = new Map<Policy, { flying: number; waiting: number }>();
  let bytes = 0;
  let nextExpiry = Infinity;

  const fits = (count: number, size: number): boolean => count <= maxMessages && size <= maxBytes;
  const expires = (at: number): void => {
    if (at < nextExpiry) nextExpiry = at;
  };
  const tally = ({ policy, line }: Entry, by: 1 | -1): void => {
    if (policy.inFlight === Infinity) return;
    const of = tallies.get(policy) ?? { flying: 0, waiting: 0 };
    of[line === flying ? 'flying' : 'waiting'] += by;
    tallies.set(policy, of);
  };
  const leave = (entry: Entry): void => {
    tally(entry, -1);
    entry.line?.remove(entry);
  };
  const move = (entry: Entry, line: Line, before?: Entry): void => {
    if (entry.line) leave(entry);
    line.add(entry, before);
    tally(entry, 1);
  };
  const enter = (entry: Entry, line: Line, before?: Entry): void => {
    move(entry, line, before);
    byId.set(entry.id, entry);
    if (entry.key !== undefined) byKey.set(entry.key, entry);
    bytes += entry.bytes;
    expires(entry.expiresAt);
  };
  /** Which of the never-written ones have to go; undefined if not even all of them would be enough. */
  const makeRoom = (count: number, size: number, besides: Entry | undefined): Entry[] | undefined => {
    const victims: Entry[] = [];
    for (let victim = fresh.first; victim && !fits(count, size); victim = victim.next) {
      // What asked to be refused loudly when the queue is full is not given up in favour of something else.
      if (victim === besides || victim.policy.overflow === 'reject') continue;
      count--;
      size -= victim.bytes;
      victims.push(victim);
    }
    return fits(count, size) ? victims : undefined;
  };

  const queue: SendQueue = {
    get size() {
      return byId.size;
    },
    get bytes() {
      return bytes;
    },
    get nextExpiry() {
      return nextExpiry;
    },
    get hasWaiting() {
      return again.size + fresh.size > 0;
    },
    get isHalfFull() {
      return !fits(byId.size * 2 + 1, bytes * 2 + 1);
    },
    flying,
    find: (id) => byId.get(id),
    *[Symbol.iterator]() {
      yield* flying;
      yield* again;
      yield* fresh;
    },
    offer(entry) {
      const older = entry.key === undefined ? undefined : byKey.get(entry.key);
      const { overflow } = entry.policy;
      const count = byId.size + (older ? 0 : 1);
      const size = bytes + entry.bytes - (older?.bytes ?? 0);
      const evicted = fits(count, size) ? [] : overflow === 'drop-oldest' && makeRoom(count, size, older);
      if (!evicted) return { status: overflow === 'drop-newest' ? 'dropped' : 'rejected', evicted: [] };
      for (const old of evicted) queue.remove(old);
      // A newer value takes the place of the older one in the order.
      const line = older?.line ?? fresh;
      const next = older?.next;
      if (older) queue.remove(older);
      enter(entry, line, next);
      return { status: older ? 'replaced' : 'queued', replaced: older, evicted };
    },
    waiting: [again, fresh],
    keepsBack: ({ policy }) => (tallies.get(policy)?.flying ?? 0) >= policy.inFlight,
    get keepsAll() {
      let free = again.size + fresh.size;
      for (const [{ inFlight }, { flying, waiting }] of tallies) if (flying >= inFlight) free -= waiting;
      return !free;
    },
    fly(entry) {
      // One that flies already keeps its place: it is resent in the first order.
      if (entry.line !== flying) move(entry, flying);
      expires(Math.min(entry.ackBy, entry.expiresAt));
    },
    remove(entry) {
      if (byId.get(entry.id) !== entry) return;
      leave(entry);
      byId.delete(entry.id);
      if (entry.key !== undefined) byKey.delete(entry.key);
      bytes -= entry.bytes;
      if (!byId.size) nextExpiry = Infinity;
    },
    toBack: (entry) => move(entry, fresh),
    linkLost(unproved) {
      const { first: next } = again;
      for (const entry of flying) {
        move(entry, again, next);
        entry.ackBy = Infinity;
        entry.ackTimeouts = 0;
      }
      const values = new Map<string | undefined, Entry>();
      for (const entry of unproved) if (entry.key !== undefined && !byKey.has(entry.key)) values.set(entry.key, entry);
      const homeless: Entry[] = [];
      for (const entry of values.values()) {
        if (fits(byId.size + 1, bytes + entry.bytes)) enter(entry, again, next);
        else homeless.push(entry);
      }
      return homeless;
    },
    restore(entry) {
      // A store that answers late also gives back what was sent since.
      if (!byId.has(entry.id)) enter(entry, again);
    },
    overdue(now) {
      const overdue: Entry[] = [];
      if (now < nextExpiry) return overdue;
      nextExpiry = Infinity;
      for (const entry of queue) {
        const at = Math.min(entry.expiresAt, entry.ackBy);
        if (at <= now) overdue.push(entry);
        else expires(at);
      }
      return overdue;
    },
  };
  return queue;
};

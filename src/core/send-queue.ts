import type { Entry, Overflow } from './io.js';

export interface QueueBounds {
  readonly maxMessages: number;
  readonly maxBytes: number;
  readonly overflow: Overflow;
}

/** Whether a message was taken, and which older ones made room for it. */
export interface Offer {
  readonly status: 'queued' | 'replaced' | 'dropped' | 'rejected';
  readonly replaced?: Entry;
  readonly evicted: readonly Entry[];
}

/** A doubly linked list through the entries: append, remove and walk in order, each step at a fixed cost. */
class Line {
  head: Entry | undefined;
  tail: Entry | undefined;

  constructor(readonly place: 'fresh' | 'again' | 'flying') {}

  append(entry: Entry): void {
    this.insert(entry, this.tail, undefined);
  }

  insert(entry: Entry, previous: Entry | undefined, next: Entry | undefined): void {
    entry.place = this.place;
    entry.previous = previous;
    entry.next = next;
    if (previous) previous.next = entry;
    else this.head = entry;
    if (next) next.previous = entry;
    else this.tail = entry;
  }

  remove(entry: Entry): void {
    const { previous, next } = entry;
    if (previous) previous.next = next;
    else this.head = next;
    if (next) next.previous = previous;
    else this.tail = previous;
    entry.place = 'out';
    entry.previous = entry.next = undefined;
  }

  /** The entry that is looked at may be removed meanwhile. */
  *[Symbol.iterator](): Generator<Entry> {
    for (let entry = this.head; entry; ) {
      const { next } = entry;
      yield entry;
      entry = next;
    }
  }
}

/**
 * What the application sent and nobody has proved: `again` was written on a connection that died and goes first,
 * `fresh` was never written, `flying` waits for its ack on this connection. All three count against the bounds.
 */
export class SendQueue {
  readonly #bounds: QueueBounds;
  readonly #lines: Record<'fresh' | 'again' | 'flying', Line> = {
    again: new Line('again'),
    fresh: new Line('fresh'),
    flying: new Line('flying'),
  };
  readonly #byId: Map<string, Entry> = new Map();
  readonly #byKey: Map<string, Entry> = new Map();
  /** How many messages of a policy fly, for `inFlight`. */
  readonly #flying: Map<unknown, number> = new Map();
  bytes = 0;
  /** No message of the queue ends by time before this. */
  nextExpiry: number = Infinity;

  constructor(bounds: QueueBounds) {
    this.#bounds = bounds;
  }

  get size(): number {
    return this.#byId.size;
  }

  get hasWaiting(): boolean {
    return (this.#lines.again.head ?? this.#lines.fresh.head) !== undefined;
  }

  get isHalfFull(): boolean {
    const { maxMessages, maxBytes } = this.#bounds;
    return this.size * 2 >= maxMessages || this.bytes * 2 >= maxBytes;
  }

  /** Written on this connection and not acked, in the order of writing. */
  flying(): Iterable<Entry> {
    return this.#lines.flying;
  }

  find(id: string): Entry | undefined {
    return this.#byId.get(id);
  }

  /** All entries: those written before first, then in order of arrival. */
  *[Symbol.iterator](): Generator<Entry> {
    yield* this.#lines.flying;
    yield* this.#lines.again;
    yield* this.#lines.fresh;
  }

  offer(entry: Entry): Offer {
    const { policy } = entry;
    const older = entry.key === undefined ? undefined : this.#byKey.get(entry.key);
    const { maxMessages, maxBytes } = this.#bounds;
    const overflow = policy.kind === 'queue' ? policy.overflow : this.#bounds.overflow;
    let count = this.size + (older ? 0 : 1);
    let bytes = this.bytes + entry.bytes - (older?.bytes ?? 0);
    const evicted: Entry[] = [];
    let victim = overflow === 'drop-oldest' ? this.#lines.fresh.head : undefined;
    for (; victim && (count > maxMessages || bytes > maxBytes); victim = victim.next) {
      // What asked to be refused loudly when the queue is full is not given up in favour of something else.
      if (victim === older || (victim.policy.kind === 'queue' && victim.policy.overflow === 'reject')) continue;
      count--;
      bytes -= victim.bytes;
      evicted.push(victim);
    }
    if (count > maxMessages || bytes > maxBytes) {
      return { status: overflow === 'drop-newest' ? 'dropped' : 'rejected', evicted: [] };
    }
    for (const out of evicted) this.remove(out);
    if (!older) {
      this.#enter(entry, this.#lines.fresh, this.#lines.fresh.tail, undefined);
      return { status: 'queued', evicted };
    }
    const { previous, next } = older;
    const line = this.#lineOf(older);
    this.remove(older);
    this.#enter(entry, line, previous, next);
    return { status: 'replaced', replaced: older, evicted };
  }

  /** The next one to write: in order, but for those that `blocked` or their policy's `inFlight` keep back. */
  next(blocked: (entry: Entry) => boolean): Entry | undefined {
    for (const line of [this.#lines.again, this.#lines.fresh]) {
      for (let entry = line.head; entry; entry = entry.next) {
        const { policy } = entry;
        const full = policy.kind === 'queue' && (this.#flying.get(policy) ?? 0) >= policy.inFlight;
        if (!full && !blocked(entry)) return entry;
      }
    }
    return undefined;
  }

  /** A message with an ack is in flight; it counts until it is settled. */
  fly(entry: Entry): void {
    if (entry.place === 'out') {
      this.#count(entry, 1);
    } else {
      this.#land(entry);
      this.#lineOf(entry).remove(entry);
    }
    this.#flying.set(entry.policy, (this.#flying.get(entry.policy) ?? 0) + 1);
    this.#lines.flying.append(entry);
    this.expires(Math.min(entry.ackBy, entry.expiresAt));
  }

  remove(entry: Entry): void {
    if (entry.place === 'out') return;
    this.#land(entry);
    this.#lineOf(entry).remove(entry);
    this.#count(entry, -1);
    if (entry.key !== undefined && this.#byKey.get(entry.key) === entry) this.#byKey.delete(entry.key);
  }

  /** The server asks for the message once more, later. */
  toBack(entry: Entry): void {
    this.#land(entry);
    this.#lineOf(entry).remove(entry);
    this.#lines.fresh.append(entry);
  }

  /** The connection died: what flew goes first on the next one, in its first order. */
  linkLost(): void {
    const { flying, again } = this.#lines;
    for (let entry = flying.tail; entry; entry = flying.tail) {
      this.#land(entry);
      flying.remove(entry);
      again.insert(entry, undefined, again.head);
      entry.ackBy = Infinity;
    }
  }

  /** An unproved last value goes back to the front, unless a newer one of its key waits. */
  putBack(entry: Entry): 'back' | 'superseded' | 'full' {
    if (entry.key !== undefined && this.#byKey.has(entry.key)) return 'superseded';
    const { maxMessages, maxBytes } = this.#bounds;
    if (this.size >= maxMessages || this.bytes + entry.bytes > maxBytes) return 'full';
    this.#enter(entry, this.#lines.again, undefined, this.#lines.again.head);
    return 'back';
  }

  restore(entry: Entry): void {
    this.#enter(entry, this.#lines.again, this.#lines.again.tail, undefined);
  }

  /** Messages whose time to live or to be acked has passed. */
  overdue(now: number): Entry[] {
    if (now < this.nextExpiry) return [];
    const overdue: Entry[] = [];
    this.nextExpiry = Infinity;
    for (const entry of this) {
      const at = Math.min(entry.expiresAt, entry.ackBy);
      if (at <= now) overdue.push(entry);
      else this.expires(at);
    }
    return overdue;
  }

  expires(at: number): void {
    if (at < this.nextExpiry) this.nextExpiry = at;
  }

  #enter(entry: Entry, line: Line, previous: Entry | undefined, next: Entry | undefined): void {
    line.insert(entry, previous, next);
    this.#count(entry, 1);
    if (entry.key !== undefined) this.#byKey.set(entry.key, entry);
    this.expires(entry.expiresAt);
  }

  #count(entry: Entry, sign: 1 | -1): void {
    if (sign > 0) this.#byId.set(entry.id, entry);
    else this.#byId.delete(entry.id);
    this.bytes += sign * entry.bytes;
  }

  #land(entry: Entry): void {
    if (entry.place === 'flying') this.#flying.set(entry.policy, (this.#flying.get(entry.policy) ?? 1) - 1);
  }

  #lineOf(entry: Entry): Line {
    // Safe: only an entry in a line gets here, `remove` has turned the others away.
    return this.#lines[entry.place as 'fresh' | 'again' | 'flying'];
  }
}

/** One connection's place in a stream. */
export interface Subscription {
  /** The number of the last message that went out on this connection. */
  position: number;
  readonly write: (frame: object) => void;
}

/** What a client says about the stream that it wants to go on with. */
export interface Cursor {
  readonly lastSeq?: number | undefined;
  readonly epoch?: string | undefined;
}

/** A numbered stream with its history in memory, and the connections that follow it. */
export class Stream {
  readonly channel: string | undefined;
  /** Names this numbering; undefined if the server names none. */
  epoch: string | undefined;
  readonly subscriptions: Set<Subscription> = new Set();
  #history: { seq: number; frame: object }[] = [];
  #head = 0;

  constructor(channel: string | undefined, epoch: string | undefined) {
    this.channel = channel;
    this.epoch = epoch;
  }

  /** The number of the newest message, 0 if there was none. */
  get head(): number {
    return this.#head;
  }

  /** The place from which a client gets all that is still held. */
  get floor(): number {
    const oldest = this.#history[0];
    return oldest === undefined ? this.#head : oldest.seq - 1;
  }

  /** Numbers a message, keeps it, and sends it to all who follow. */
  publish(message: object, keep: number): number {
    this.#head += 1;
    const channel = this.channel === undefined ? {} : { channel: this.channel };
    this.#history.push({ seq: this.#head, frame: { ...message, seq: this.#head, ...channel } });
    this.forget(keep);
    for (const subscription of this.subscriptions) this.catchUp(subscription);
    return this.#head;
  }

  /** Leaves out numbers: the next message has one that is higher by `count`. */
  skip(count: number): void {
    this.#head += count;
  }

  /** Keeps only the newest messages of the history. */
  forget(keep: number): void {
    if (this.#history.length > keep) this.#history = this.#history.slice(this.#history.length - keep);
  }

  /** From where a connection continues: as near as can be to what the client asks for. */
  startFor({ lastSeq, epoch }: Cursor): number {
    if (lastSeq === undefined) return this.#head;
    const foreign = this.epoch !== undefined && epoch !== undefined && epoch !== this.epoch;
    // A number of another numbering says nothing about this one, so all that there is may be new.
    if (foreign || lastSeq > this.#head) return this.floor;
    return Math.max(lastSeq, this.floor);
  }

  /** How many messages follow after `position`. */
  countAfter(position: number): number {
    return this.#history.length - this.#indexAfter(position);
  }

  /**
   * Sends what is newer than the subscription's position. Replay and live
   * messages go the same way, so that none is sent twice or left out where the
   * one ends and the other begins.
   */
  catchUp(subscription: Subscription): void {
    for (let at = this.#indexAfter(subscription.position); at < this.#history.length; at += 1) {
      const entry = this.#history[at];
      if (entry === undefined) return;
      subscription.position = entry.seq;
      subscription.write(entry.frame);
    }
  }

  /** From the end, because nearly all who ask are nearly there. */
  #indexAfter(position: number): number {
    let at = this.#history.length;
    while (at > 0 && (this.#history[at - 1]?.seq ?? 0) > position) at -= 1;
    return at;
  }
}

/** Every timer of a conversation, by name. There is no other. */
export type DeadlineName =
  /** token, url, handshake (and `welcome` where auth goes by message) must be done */
  | 'connect'
  /** the next attempt */
  | 'retry'
  /** the connection counts as healthy: the backoff starts anew */
  | 'stable'
  /** a ping is due, or its answer is overdue */
  | 'heartbeat'
  /** frames that wait for `subscribed` or for the first pong have waited long enough, or a channel is asked for again */
  | 'streams'
  /** a server that used to say `welcome` does not any more: write without it */
  | 'welcome'
  /** the token has to be asked for anew */
  | 'token'
  /** go on writing: next turn, next slot of the pace, or the buffer may have drained */
  | 'flush'
  /** a time to live or an ack timeout ends */
  | 'expiry'
  /** the time drawn for a planned restart */
  | 'goaway'
  /** that time is near: what is new waits for the next connection */
  | 'hold'
  /** the outbox has had its time to empty before `close` */
  | 'drain'
  /** the socket told an error, and should have told its end since */
  | 'errored'
  /** the peer has had its second to answer our close */
  | 'closing';

/** The one table of timers: absolute times in ms, compared with the clock when somebody looks. Infinity is never. */
export interface Deadlines {
  set(name: DeadlineName, at: number): void;
  clear(...names: readonly DeadlineName[]): void;
  get(name: DeadlineName): number;
  next(): number;
  /** Takes one deadline that has passed, the oldest first. */
  take(now: number): DeadlineName | undefined;
}

export const createDeadlines = (): Deadlines => {
  const times = new Map<DeadlineName, number>();
  /** Undefined if it has to be looked for: most turns move nothing. */
  let soonest: number | undefined;
  const deadlines: Deadlines = {
    set(name, at) {
      if (at === deadlines.get(name)) return;
      soonest = undefined;
      // What is never is not in the table, so that there is less to look through.
      if (at < Infinity) times.set(name, at);
      else times.delete(name);
    },
    clear(...names) {
      for (const name of names) deadlines.set(name, Infinity);
    },
    get: (name) => times.get(name) ?? Infinity,
    next() {
      soonest ??= Math.min(...times.values());
      return soonest;
    },
    take(now) {
      for (const [name, at] of times) {
        if (at <= now && at === deadlines.next()) {
          deadlines.set(name, Infinity);
          return name;
        }
      }
      return undefined;
    },
  };
  return deadlines;
};

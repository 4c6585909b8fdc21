/** Every timer of the library, by name. There is no other. */
export type DeadlineName =
  /** token, url, handshake (and `welcome` where auth goes by message) must be done */
  | 'connect'
  /** the next attempt */
  | 'retry'
  /** the connection counts as healthy: the backoff starts anew */
  | 'stable'
  /** a ping is due, or its answer is overdue */
  | 'heartbeat'
  /** frames that wait for `subscribed` or for the first pong have waited long enough */
  | 'judge'
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
  /** subscribe again to a channel that was refused with `retry` */
  | 'resubscribe'
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
  const next = (): number => {
    let next = Infinity;
    for (const at of times.values()) if (at < next) next = at;
    return next;
  };
  return {
    set(name, at) {
      // What is never is not in the table, so that there is less to look through.
      if (at < Infinity) times.set(name, at);
      else times.delete(name);
    },
    clear(...names) {
      for (const name of names) times.delete(name);
    },
    get: (name) => times.get(name) ?? Infinity,
    next,
    take(now) {
      for (const [name, at] of times) {
        if (at <= now && at === next()) {
          times.delete(name);
          return name;
        }
      }
      return undefined;
    },
  };
};

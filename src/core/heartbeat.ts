import type { Turn } from './io.js';

export interface HeartbeatOptions {
  readonly interval: number;
  readonly timeout: number;
}

/** What to do now: ping as usual, ping with a short deadline because we come late, or give the link up. */
export type Beat = 'ping' | 'probe' | 'dead';

export interface Heartbeat {
  /** A new connection. */
  start(): void;
  /** `welcome.heartbeat`: the server closes what it has not heard from for `silence` ms. */
  serverCloses(silence: number): void;
  /** Any inbound frame is life. True if the silence before was longer than somebody awake would have let pass. */
  heard(): boolean;
  heardAt(): number;
  /** A message was written whose receipt should be proved within so many ms; Infinity leaves it to the ordinary pace. */
  wrote(within: number): void;
  due(): number;
  check(): Beat | undefined;
  /**
   * Notes a ping behind `mark` messages and returns its `t`. If no frame comes for `patience` ms the link is dead;
   * Infinity ends the wait for an earlier probe as well.
   */
  ping(mark: number, patience: number): number;
  /** A ping is out, and its pong has not come. */
  asks(): boolean;
  /** The mark up to which everything was received, or undefined if this pong proves nothing. */
  pong(t: unknown): number | undefined;
  /** The link is given up. True at the third time in a row that no ping was ever answered. */
  gaveUp(): boolean;
  roundTrip(): number | undefined;
}

/** Servers close after the silence that they announce; two pings may be lost before. */
const SILENCE_SHARE = 2.5;
/** Pings that no pong answered are remembered in order, so that a late pong proves no more than it should. */
const MAX_UNANSWERED = 64;

/**
 * Liveness and proof of receipt of one connection after the other.
 *
 * Only the pong of a ping proves what was written before that ping, and where the server echoes `t`, only the equal one.
 * With `options` false (heartbeat: false) nothing is ever due. `literal` pings may be
 * answered by a platform in front of a server that sleeps: they show life and prove nothing.
 */
export const createHeartbeat = (turn: Turn, options: HeartbeatOptions | false, literal?: boolean): Heartbeat => {
  const { interval: wanted, timeout } = options || { interval: Infinity, timeout: Infinity };
  let interval = wanted;
  let silenceCounts = false;
  let heardAt = 0;
  let wroteAt = 0;
  /** When the link is dead unless a frame comes before; Infinity while no ping waits for one. */
  let answerBy = Infinity;
  /** The patience with which that ping was written. */
  let patienceGiven = timeout;
  let unprovedSince = Infinity;
  let proofBy = Infinity;
  let pings: { readonly t: number; readonly mark: number; readonly at: number }[] = [];
  let count = 0;
  let echoes = false;
  let answered = false;
  let cuts = 0;
  let roundTrip: number | undefined;

  const due = (): number => {
    if (!options) return Infinity;
    return Math.min(
      // While a ping waits for an answer it is not repeated: its own deadline is next.
      answerBy < Infinity ? answerBy : heardAt + interval,
      silenceCounts ? wroteAt + interval : Infinity,
      // One at a time: what is unproved waits for the answer of the ping that is out.
      pings.length ? Infinity : Math.min(proofBy, unprovedSince + interval),
    );
  };

  return {
    start() {
      interval = wanted;
      silenceCounts = false;
      heardAt = wroteAt = turn.now;
      answerBy = unprovedSince = proofBy = Infinity;
      pings = [];
    },
    serverCloses(silence) {
      interval = Math.min(wanted, silence / SILENCE_SHARE);
      silenceCounts = true;
    },
    heard() {
      const slept = turn.now - heardAt > interval + timeout;
      heardAt = turn.now;
      answerBy = Infinity;
      return slept;
    },
    heardAt: () => heardAt,
    wrote(within) {
      wroteAt = turn.now;
      if (unprovedSince === Infinity) unprovedSince = wroteAt;
      if (within < Infinity) proofBy = Math.min(proofBy, wroteAt + within);
    },
    due,
    check() {
      const late = turn.now - due();
      if (late < 0) return undefined;
      // Who comes late (throttled, asleep) can not know whether the pong is queued behind this very alarm.
      if (late > Math.max(100, (answerBy < Infinity ? patienceGiven : timeout) / 4)) return 'probe';
      return answerBy <= turn.now ? 'dead' : 'ping';
    },
    ping(mark, patience) {
      wroteAt = turn.now;
      unprovedSince = proofBy = Infinity;
      // Where nothing can come, a probe that waits is no sign: only the ordinary deadline goes on.
      if (answerBy <= turn.now || (patience === Infinity && patienceGiven < timeout)) answerBy = Infinity;
      if (turn.now + patience < answerBy) {
        answerBy = turn.now + patience;
        patienceGiven = patience;
      }
      count++;
      if (pings.length < MAX_UNANSWERED) pings.push({ t: count, mark, at: turn.now });
      return count;
    },
    asks: () => pings.length > 0,
    pong(t) {
      answered = true;
      const equal = pings.findIndex((ping) => ping.t === t);
      if (equal >= 0) echoes = true;
      // A server that echoes nothing answers in order, so its pong belongs to the oldest ping that is out.
      else if (echoes || t !== undefined) return undefined;
      const [ping] = pings.splice(0, Math.max(equal, 0) + 1).slice(-1);
      if (!ping) return undefined;
      roundTrip = turn.now - ping.at;
      // What was written meanwhile had to wait for this pong, and must not count as overdue for that.
      proofBy = Math.max(proofBy, turn.now);
      return literal ? undefined : ping.mark;
    },
    // A probe after a wake finds outages, and an outage does not show that the server answers no pings.
    gaveUp: () => !answered && patienceGiven >= timeout && ++cuts === 3,
    roundTrip: () => roundTrip,
  };
};

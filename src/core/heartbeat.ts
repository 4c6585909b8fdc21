export interface HeartbeatOptions {
  readonly interval: number;
  readonly timeout: number;
}

interface Ping {
  readonly t: number;
  /** How many application messages were written on this connection before it. */
  readonly mark: number;
  readonly at: number;
}

/** What has to be done now: ask as usual, ask with a short deadline since we come late, or give the link up. */
export type Beat = 'ping' | 'probe' | 'dead';

/** A message with `ack: 'pong'` is followed by a ping within this time, so that many share one. */
const PROOF_WITHIN = 500;
/** The deadline of a probe after a wake: shorter than the ordinary one, long enough for a slow network. */
const PROBE_TIMEOUT = 3_000;
/** Servers close after the silence that they announce; two pings may be lost before. */
const SILENCE_SHARE = 2.5;
/** Pings that no pong answered are remembered in order, so that a late pong proves no more than it should. */
const MAX_UNANSWERED = 64;

/**
 * Liveness and proof of receipt of one connection after the other.
 *
 * Any inbound frame is life. Only the pong of a ping proves what was written before that ping, and where the server
 * echoes `t`, only the equal one. Times are absolute ms; `off` (heartbeat: false) asks for nothing and judges nothing.
 */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  readonly #off: boolean;
  readonly #literal: boolean;
  #interval: number;
  #serverListens = false;
  #heardAt = 0;
  #wroteAt = 0;
  #pingedAt = 0;
  /** The question on which the life of the link hangs, and when it must have been answered. */
  #answerBy = Infinity;
  #pings: Ping[] = [];
  #count = 0;
  #echoes = false;
  /** Since when something waits for proof: at the ordinary pace, or soon. */
  #unprovedSince = Infinity;
  #proofBy = Infinity;
  /** Connections given up in a row although no ping was ever answered by this server. */
  unansweredCuts = 0;
  #answered = false;
  roundTrip: number | undefined;

  constructor(options: HeartbeatOptions | false, literal: boolean) {
    this.#options = options || { interval: Infinity, timeout: Infinity };
    this.#off = !options;
    this.#literal = literal;
    this.#interval = this.#options.interval;
  }

  start(now: number): void {
    this.#interval = this.#options.interval;
    this.#serverListens = false;
    this.#heardAt = this.#wroteAt = this.#pingedAt = now;
    this.#answerBy = this.#unprovedSince = this.#proofBy = Infinity;
    this.#pings = [];
  }

  /** `welcome.heartbeat`: the server closes what it has not heard from for `silence` ms. */
  serverCloses(silence: number): void {
    this.#interval = Math.min(this.#options.interval, silence / SILENCE_SHARE);
    this.#serverListens = true;
  }

  heard(now: number): void {
    this.#heardAt = now;
    this.#answerBy = Infinity;
  }

  /** An application message was written. `soon`: its sender waits for a pong; `'now'`: too much is unproved. */
  wrote(now: number, proof: 'ordinary' | 'soon' | 'now'): void {
    this.#wroteAt = now;
    if (this.#unprovedSince === Infinity) this.#unprovedSince = now;
    if (proof !== 'ordinary') this.#proofBy = Math.min(this.#proofBy, proof === 'now' ? now : now + PROOF_WITHIN);
  }

  due(): number {
    if (this.#off) return Infinity;
    let due = Math.min(this.#answerBy, this.#heardAt + this.#interval);
    if (this.#serverListens) due = Math.min(due, this.#wroteAt + this.#interval);
    // One at a time: what is unproved waits for the answer of the ping that is out.
    if (this.#pings.length) return due;
    return Math.min(due, this.#proofBy, Math.max(this.#unprovedSince, this.#pingedAt) + this.#interval);
  }

  check(now: number): Beat | undefined {
    const due = this.due();
    if (now < due) return undefined;
    // Who comes late (throttled, asleep) can not know whether the pong is queued behind this very alarm.
    if (now - due > Math.max(100, this.#options.timeout / 4)) return 'probe';
    return now >= this.#answerBy ? 'dead' : 'ping';
  }

  /** A ping is written behind `mark` messages. `patience`: none (a mere hint), short or ordinary. Answers its `t`. */
  ping(now: number, mark: number, patience: 'none' | 'short' | 'ordinary'): number {
    const { timeout } = this.#options;
    this.#pingedAt = this.#wroteAt = now;
    this.#unprovedSince = this.#proofBy = Infinity;
    if (patience === 'ordinary') this.#answerBy = Math.min(this.#answerBy, now + timeout);
    if (patience === 'short') {
      const pending = this.#answerBy > now ? this.#answerBy : Infinity;
      this.#answerBy = Math.min(pending, now + Math.min(timeout, PROBE_TIMEOUT));
    }
    const t = ++this.#count;
    if (this.#pings.length < MAX_UNANSWERED) this.#pings.push({ t, mark, at: now });
    return t;
  }

  /** The mark up to which everything was received, or undefined if this pong proves nothing. */
  pong(now: number, t: unknown): number | undefined {
    this.#answered = true;
    const equal = this.#pings.findIndex((ping) => ping.t === t);
    if (equal >= 0) this.#echoes = true;
    // A server that echoes nothing answers in order, so its pong belongs to the oldest ping that is out.
    const ping = this.#pings[equal >= 0 ? equal : 0];
    if (!ping || (equal < 0 && (this.#echoes || t !== undefined))) return undefined;
    this.#pings.splice(0, Math.max(equal, 0) + 1);
    this.roundTrip = now - ping.at;
    return this.#literal ? undefined : ping.mark;
  }

  /** The link is given up. True at the third time in a row that no ping was ever answered. */
  gaveUp(): boolean {
    return !this.#answered && ++this.unansweredCuts === 3;
  }

  get off(): boolean {
    return this.#off;
  }
}

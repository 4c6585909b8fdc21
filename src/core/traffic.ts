import type { InboundFrame, OutboundFrame, Protocol } from '../protocol/frames.js';
import { afterClose } from './close-codes.js';
import type { Deadlines } from './deadlines.js';
import type { Dialer } from './dialer.js';
import { Heartbeat, type HeartbeatOptions } from './heartbeat.js';
import { Inbound, type ResumeOptions } from './inbound.js';
import type { CloseInfo, CoreErrorCode, LossCause, Turn } from './io.js';
import { Outbound, type OutboundOptions } from './outbound.js';

export interface TrafficOptions {
  readonly connectTimeout: number;
  readonly auth: { readonly via: 'query' | 'subprotocol' | 'message' };
  readonly heartbeat: HeartbeatOptions | false;
  readonly resume: ResumeOptions | false;
  readonly queue: OutboundOptions;
  readonly protocol: Protocol;
  readonly asksForGaps: boolean;
  readonly clientId: string;
}

const PROTOCOL_VERSION = 1;
/** New messages wait when a planned restart is nearer than this. */
const GOAWAY_NEAR = 1_000;
const GOAWAY_MOST = 600_000;
/** A wait for a pong ends after this where there is no heartbeat to say when. */
const JUDGE_AFTER = 10_000;
/** What a connection is said to have ended with when nobody said anything (RFC 6455 section 7.1.5). */
export const UNTOLD: CloseInfo = { code: 1006, reason: '', wasClean: false };

/** What is said on a connection, from the handshake to its end: control frames, messages, proofs. */
export class Traffic {
  readonly inbound: Inbound;
  readonly outbound: Outbound;
  readonly heartbeat: Heartbeat;
  readonly #options: TrafficOptions;
  readonly #dialer: Dialer;
  readonly #deadlines: Deadlines;
  /** This server says `welcome`, so what is resent waits for its terms. */
  #welcomed = false;
  /** For `stats()`: what the last `welcome` said it replayed. */
  recovered: number | undefined;

  constructor(options: TrafficOptions, dialer: Dialer, deadlines: Deadlines) {
    this.#options = options;
    this.#dialer = dialer;
    this.#deadlines = deadlines;
    this.inbound = new Inbound({ ...options, maxWaiting: options.queue.maxMessages });
    this.outbound = new Outbound(options.queue);
    this.heartbeat = new Heartbeat(options.heartbeat, options.protocol.literalPing === true);
  }

  handshaken(turn: Turn): void {
    const { link, token } = this.#dialer;
    if (link.at !== 'handshake') return;
    this.heartbeat.start(turn.now);
    if (this.#options.auth.via !== 'message' || token.value === undefined) return this.#opened(link.attempt, turn);
    this.#dialer.link = { at: 'auth', attempt: link.attempt };
    this.writeAuth(turn);
  }

  #opened(attempt: number, turn: Turn): void {
    const dialer = this.#dialer;
    const resumed = this.inbound.resumes;
    dialer.opened(resumed, turn);
    for (const frame of this.inbound.open(this.#options.clientId, dialer.conn)) this.write(frame, turn);
    this.watchStreams(turn);
    turn.out.push({ do: 'open', resumed, attempt });
    if (this.#welcomed) this.#deadlines.set('welcome', turn.now + this.#options.connectTimeout);
    else this.startWriting(turn);
  }

  startWriting(turn: Turn): void {
    const { link } = this.#dialer;
    if (link.at !== 'open' || link.writing) return;
    link.writing = true;
    this.#deadlines.clear('welcome');
    this.outbound.open(turn);
    if (this.outbound.needsProofNow) this.ping('ordinary', turn);
  }

  /** Streams that can not tell yet whether the server kept its numbers get a ping to go by, and an end of the wait. */
  watchStreams(turn: Turn): void {
    if (!this.inbound.waits) return;
    const { heartbeat } = this.#options;
    this.#deadlines.set('judge', turn.now + (heartbeat ? heartbeat.timeout : JUDGE_AFTER));
    if (this.inbound.doubts) this.ping('ordinary', turn);
  }

  /** The present attempt or connection is over; the caller says what comes next. */
  lose(info: CloseInfo, cause: LossCause, byHealthyPeer: boolean, turn: Turn): void {
    const wasOpen = this.#dialer.link.at === 'open';
    this.#dialer.link = { at: 'none' };
    this.#deadlines.clear(
      'connect',
      'stable',
      'heartbeat',
      'judge',
      'welcome',
      'flush',
      'goaway',
      'hold',
      'errored',
      'resubscribe',
    );
    if (!wasOpen) return;
    turn.out.push({ do: 'close-event', info, cause });
    this.inbound.linkLost(turn);
    this.outbound.linkLost({ byHealthyPeer, code: info.code }, turn);
  }

  /** We leave: the socket is let go at once, for a dead link would not answer for a minute. */
  drop(cause: LossCause, turn: Turn): void {
    const { link, token } = this.#dialer;
    if (link.at === 'token') {
      turn.out.push({ do: 'abort-token' });
      token.failed();
    }
    turn.out.push({ do: 'abandon', dead: cause === 'heartbeat' || cause === 'peer' });
    this.lose(UNTOLD, cause, false, turn);
  }

  frame(data: unknown, turn: Turn): void {
    const { link } = this.#dialer;
    if (link.at !== 'open' && link.at !== 'auth') return;
    this.heartbeat.heard(turn.now);
    if (link.at === 'open') link.heardPeer = true;
    let frame: InboundFrame;
    try {
      frame = this.#options.protocol.decode(data);
    } catch (cause) {
      const shown = typeof data === 'string' ? JSON.stringify(data.slice(0, 80)) : Object.prototype.toString.call(data);
      return this.#error('bad-frame', `read a frame: got ${shown}, wanted a frame of the protocol`, turn, cause);
    }
    switch (frame.kind) {
      case 'message':
        return this.inbound.message(frame, turn);
      case 'ping':
        return this.write({ kind: 'pong', t: frame.t }, turn);
      case 'pong': {
        const mark = this.heartbeat.pong(turn.now, frame.t);
        if (mark === undefined) return;
        this.inbound.judge(turn, false);
        this.outbound.proven(mark, turn);
        return this.outbound.flush(turn);
      }
      case 'welcome':
        return this.#welcome(frame, turn);
      case 'subscribed':
        this.inbound.subscribed(frame, turn);
        if (this.inbound.doubts) this.ping('none', turn);
        return;
      case 'unsubscribed':
        return this.inbound.unsubscribed(frame, turn);
      case 'reset':
        return this.inbound.moveTo(frame, turn, frame.reason ?? 'reset');
      case 'ack':
        for (const id of frame.messageIds ?? [frame.messageId ?? '']) this.outbound.acked(id, frame.data, turn);
        return this.outbound.flush(turn);
      case 'nack':
        if (frame.messageId === this.#authId) return this.#tokenNacked(frame.message ?? 'nack', turn);
        this.outbound.nacked(frame, turn);
        return this.outbound.flush(turn);
      case 'goaway':
        return this.#goaway(frame.retryAfter, frame.within, turn);
    }
  }

  #welcome(frame: Extract<InboundFrame, { kind: 'welcome' }>, turn: Turn): void {
    const { link } = this.#dialer;
    const { v = PROTOCOL_VERSION } = frame;
    this.#welcomed = true;
    this.recovered = frame.recovered;
    if (v !== PROTOCOL_VERSION) {
      this.#error('protocol-version', `read welcome: the server speaks version ${v}, wanted ${PROTOCOL_VERSION}`, turn);
    }
    if (frame.heartbeat) this.heartbeat.serverCloses(frame.heartbeat);
    this.outbound.terms(frame.ids, frame.rate);
    if (link.at === 'auth') this.#opened(link.attempt, turn);
    this.inbound.welcome(frame, turn);
    this.startWriting(turn);
  }

  #tokenNacked(message: string, turn: Turn): void {
    const dialer = this.#dialer;
    if (dialer.link.at === 'open' && dialer.token.refused()) return dialer.seekToken(turn);
    const info = { code: 4401, reason: message, wasClean: false };
    this.drop('token', turn);
    dialer.follow(afterClose(info.code, 0, undefined), info, Infinity, turn);
  }

  #goaway(retryAfter: number | undefined, within: number | undefined, turn: Turn): void {
    const planned = retryAfter !== undefined || within !== undefined;
    const delay = planned ? (retryAfter ?? 0) + turn.random() * (within ?? 0) : this.#dialer.delay(0, turn);
    const at = turn.now + Math.min(delay, GOAWAY_MOST);
    this.#deadlines.set('goaway', at);
    this.#deadlines.set('hold', at - GOAWAY_NEAR);
  }

  write(frame: OutboundFrame, turn: Turn): void {
    turn.out.push({ do: 'write', data: this.#options.protocol.encode(frame) });
  }

  writeAuth(turn: Turn): void {
    this.write({ kind: 'auth', token: this.#dialer.token.value ?? '', messageId: this.#authId }, turn);
  }

  get #authId(): string {
    return `${this.#options.clientId}-auth`;
  }

  ping(patience: 'none' | 'short' | 'ordinary', turn: Turn): void {
    if (this.heartbeat.off || this.#dialer.link.at !== 'open') return;
    const t = this.heartbeat.ping(turn.now, this.outbound.mark, patience);
    this.write({ kind: 'ping', t }, turn);
  }

  #error(code: CoreErrorCode, text: string, turn: Turn, cause?: unknown): void {
    turn.out.push({ do: 'error', code, text, cause });
  }

  beat(turn: Turn): void {
    const beat = this.heartbeat.check(turn.now);
    if (beat === 'ping') return this.ping('ordinary', turn);
    if (beat === 'probe') return this.ping('short', turn);
    if (beat !== 'dead') return;
    if (this.heartbeat.gaveUp()) {
      const text = 'no ping was ever answered: answer {"type":"ping"} with {"type":"pong"}, or set heartbeat: false';
      this.#error('heartbeat-unanswered', text, turn);
    }
    const plannedAt = this.#deadlines.get('goaway');
    this.drop('heartbeat', turn);
    this.#dialer.retryAt('heartbeat', plannedAt, 0, turn);
  }
}

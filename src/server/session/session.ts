import type { ClientFrame } from '../../protocol/server-frames.js';
import { CloseCode } from '../errors.js';
import type { Cursor } from '../replay-log.js';
import { Admission, type Outcome } from './admission.js';
import { Allowance } from './allowance.js';
import { Early } from './early.js';
import { Inbox } from './inbox.js';
import type { Command, Goaway, Hello, Input, Refusal, SessionOptions, TokenVerdict } from './io.js';
import { Liveness } from './liveness.js';
import { cursorOf, isName } from './names.js';
import { Outlet } from './outlet.js';
import { type Place, Streams } from './streams.js';
import { Turn } from './turn.js';

/** What the surroundings say beside an input. */
export type Surroundings = Pick<Turn, 'now' | 'buffered'>;

/**
 * - `auth`: the client has to say who it is, or is being judged.
 * - `waiting`: an older connection of the client comes to its end, or the log is asked where the stream stands.
 * - `open`: frames are taken.
 * - `leaving`: nothing is read any more; what the handler has comes to its end.
 * - `closed`: the close frame is out, or the connection is gone.
 */
type Phase = 'auth' | 'waiting' | 'open' | 'leaving' | 'closed';

type Of<Kind extends ClientFrame['kind']> = Extract<ClientFrame, { readonly kind: Kind }>;

/** ms for the peer to answer our close. */
const CLOSING_TIMEOUT = 2_000;
/** A client that reads too slowly comes back within so many ms. */
const SLOW_READER: Goaway = { retryAfter: 1_000, within: 4_000, reason: 'too-slow' };
const TAKEN_OVER = { code: CloseCode.replaced, reason: 'taken over' };

/**
 * One connection of a server without I/O: `handle` takes one input and returns the commands to run, in order;
 * `nextDeadline` says when it wants an `alarm`. It holds no clock, no timer and no socket, and calls nobody back.
 */
export class Session {
  readonly #options: SessionOptions;
  readonly #turn: Turn;
  readonly #outlet: Outlet;
  readonly #admission: Admission;
  readonly #streams: Streams;
  readonly #inbox: Inbox;
  readonly #liveness: Liveness;
  readonly #allowance: Allowance;
  #phase: Phase = 'auth';
  /** What the client said when it connected; kept until it is let in. */
  #hello: Hello | undefined;
  #welcomed = false;
  /** What follows once the handler has nothing more of this connection. */
  #farewell: Outcome;
  #paused = false;
  #ended = false;
  #closeBy = Infinity;
  #early: Early | undefined;
  /** Set while an older connection of the client comes to its end. */
  #afterTakeover: (() => void) | undefined;

  constructor(options: SessionOptions, now: number) {
    this.#options = options;
    this.#turn = new Turn(now);
    this.#outlet = new Outlet(this.#turn, options.protocol, options.limits);
    this.#admission = new Admission(this.#turn, this.#outlet, options);
    this.#streams = new Streams(this.#turn, this.#outlet, options.limits);
    this.#inbox = new Inbox(this.#turn, this.#outlet, options);
    this.#liveness = new Liveness(this.#turn, options.heartbeat);
    this.#allowance = new Allowance(this.#turn, options.limits);
  }

  nextDeadline(): number {
    if (this.#phase === 'closed') return this.#closeBy;
    return Math.min(this.#closeBy, this.#admission.due, this.#liveness.due, this.#outlet.due);
  }

  handle(input: Input, { now, buffered }: Surroundings): readonly Command[] {
    this.#turn.now = now;
    this.#turn.buffered = buffered;
    if (input.type === 'live') {
      // By far the most frequent, and of all that may follow only this does.
      this.#streams.live(input.channel, input.live);
      if (this.#phase !== 'closed' && this.#outlet.isStuck) this.#cutOff();
    } else {
      this.#take(input);
      this.#settle();
    }
    return this.#turn.take();
  }

  #take(input: Exclude<Input, { readonly type: 'live' }>): void {
    switch (input.type) {
      case 'opened':
        return this.#opened(input.hello);
      case 'frame':
        return this.#read(input.text, input.bytes);
      case 'judged':
        return this.#judged(input.verdict);
      case 'taken-over':
        return this.#takenOver(input.won);
      case 'authorized':
        return this.#streams.authorized(input.ticket, input.verdict);
      case 'slice':
        if (this.#phase !== 'closed') this.#streams.slice(input.ticket, input.slice);
        return;
      case 'missed':
        return this.#streams.missed(input.channel);
      case 'answered':
        return this.#inbox.answered(input.messageId, input.answer);
      case 'revoke':
        return this.#revoke(input.channel, input.refusal);
      case 'goaway':
        return this.#sendAway(input.goaway);
      case 'finish':
        return this.#finish(input.reason, input.patience);
      case 'close':
        return this.#close(input.code, input.reason);
      case 'flushed':
        if (this.#outlet.flushed() && this.#phase !== 'closed') this.#streams.resume();
        return;
      case 'retire':
        return this.#retire();
      case 'closed':
        this.#phase = 'closed';
        this.#closeBy = Infinity;
        return this.#streams.leaveAll();
      case 'alarm':
        return this.#alarm();
    }
  }

  /** What follows from any input. */
  #settle(): void {
    if (this.#outlet.isUnsendable) this.#close(CloseCode.badFrame, 'the answer can not be sent');
    if (this.#phase !== 'closed' && this.#outlet.isStuck) this.#cutOff();
    const late = this.#phase === 'leaving' && this.#turn.now >= this.#closeBy;
    if (late) this.#inbox.forget();
    if (late || this.#inbox.isIdle) this.#follow(this.#farewell);
    const full = this.#inbox.isFull || (this.#early?.bytes ?? 0) >= this.#options.limits.bufferedBytes;
    if (full !== this.#paused && this.#phase !== 'closed') {
      this.#paused = full;
      this.#turn.tell({ do: full ? 'pause' : 'resume' });
    }
    if (this.#phase === 'closed' && this.#inbox.isIdle && !this.#ended) {
      this.#ended = true;
      this.#turn.tell({ do: 'ended' });
    }
  }

  // Coming in

  #opened(hello: Hello): void {
    this.#hello = hello;
    this.#follow(this.#admission.opened(hello.token));
  }

  #judged(verdict: TokenVerdict): void {
    if (this.#phase !== 'closed' && this.#phase !== 'leaving') this.#follow(this.#admission.judged(verdict));
  }

  #follow(outcome: Outcome): void {
    if (outcome === 'admitted') this.#admit();
    else if (outcome !== undefined) this.#close(outcome.code, outcome.reason);
  }

  #admit(): void {
    const { client, conn = 0, cursor: given } = this.#hello ?? {};
    this.#hello = undefined;
    if (this.#options.resumeByMessage) return this.#welcome();
    const cursor = cursorOf(given?.seq, given?.epoch, this.#options.limits);
    this.#takeOver(client, conn, () => this.#streams.begin(cursor, (place) => this.#welcome(place)));
  }

  #takeOver(client: string | undefined, conn: number, then: () => void): void {
    this.#phase = 'waiting';
    this.#afterTakeover = then;
    this.#turn.tell({ do: 'take-over', client: isName(client, this.#options.limits) ? client : undefined, conn });
  }

  #takenOver(won: boolean): void {
    const then = this.#afterTakeover;
    this.#afterTakeover = undefined;
    if (this.#phase !== 'waiting') return;
    if (won) then?.();
    else this.#close(CloseCode.replaced, 'a newer connection is there');
  }

  #welcome(place?: Place): void {
    this.#welcomed = true;
    const { heartbeat, ids, limits } = this.#options;
    const rate = limits.messagesPerSecond < Infinity && { rate: limits.messagesPerSecond };
    this.#outlet.frame({ kind: 'welcome', v: 1, ...place, heartbeat, ids, ...rate });
    this.#open();
  }

  #open(): void {
    this.#phase = 'open';
    const { frames = [] } = this.#early ?? {};
    this.#early = undefined;
    for (const { frame, bytes } of frames) this.#takeFrame(frame, bytes);
  }

  // Frames

  #read(text: string | undefined, bytes: number): void {
    if (this.#phase === 'closed') return;
    this.#liveness.heard();
    if (this.#phase === 'leaving') return;
    if (bytes > this.#options.limits.frameBytes) return this.#close(CloseCode.tooBig, 'the frame is too big');
    if (!this.#allowance.take()) return this.#close(CloseCode.tooMany, 'too many messages');
    let frame: ClientFrame;
    try {
      if (text === undefined) throw new TypeError('not a text frame');
      frame = this.#options.protocol.decode(text);
    } catch {
      return this.#close(CloseCode.badFrame, 'not a frame');
    }
    this.#takeFrame(frame, bytes);
  }

  #takeFrame(frame: ClientFrame, bytes: number): void {
    const isFirst = this.#phase === 'auth' && this.#options.authByMessage && !this.#admission.isJudging;
    if (frame.kind === 'ping' && this.#early?.hasMessage !== true) this.#inbox.pong(frame.t);
    else if (frame.kind === 'pong' || frame.kind === 'ignored') return;
    else if (frame.kind === 'auth' && (this.#welcomed || isFirst)) this.#follow(this.#admission.auth(frame));
    else if (isFirst) {
      this.#close(CloseCode.unauthorized, 'auth comes first');
    } else if (this.#phase !== 'open') {
      this.#early ??= new Early();
      this.#early.add(frame, bytes);
    } else if (frame.kind === 'subscribe') this.#subscribe(frame);
    else if (frame.kind === 'message') this.#message(frame, bytes);
    else if (frame.kind === 'unsubscribe' && frame.channel !== undefined) this.#streams.leave(frame.channel);
  }

  #subscribe(frame: Of<'subscribe'>): void {
    const { channel, ref = 0 } = frame;
    const cursor = cursorOf(frame.lastSeq, frame.epoch, this.#options.limits);
    if (channel === undefined) this.#resumeByMessage(frame, ref, cursor);
    else this.#streams.ask(channel, ref, cursor);
  }

  #resumeByMessage(frame: Of<'subscribe'>, ref: number, cursor: Cursor | undefined): void {
    if (!this.#options.resumeByMessage || this.#streams.has(undefined)) return;
    this.#takeOver(frame.client, frame.conn ?? 0, () => {
      this.#open();
      this.#streams.begin(cursor, (place) => this.#outlet.frame({ kind: 'subscribed', ref, ...place }));
    });
  }

  #message({ message, channel, messageId }: Of<'message'>, bytes: number): void {
    const { limits } = this.#options;
    if (!isName(channel, limits) || !isName(messageId, limits)) {
      return this.#close(CloseCode.badFrame, 'a name is too long');
    }
    this.#inbox.add({ message, channel, messageId, bytes }, this.#streams.rightTo(channel));
  }

  // Going away

  #alarm(): void {
    if (this.#phase === 'closed') {
      if (this.#turn.now < this.#closeBy) return;
      this.#closeBy = Infinity;
      return this.#turn.tell({ do: 'terminate' });
    }
    const outcome = this.#admission.check();
    if (outcome !== undefined) return this.#follow(outcome);
    const beat = this.#liveness.check();
    if (beat === 'ping') this.#outlet.frame({ kind: 'ping' });
    else if (beat === 'dead') this.#turn.tell({ do: 'terminate' });
  }

  #revoke(channel: string, refusal: Refusal): void {
    if (!this.#streams.has(channel)) return;
    this.#streams.leave(channel);
    this.#outlet.frame({ kind: 'unsubscribed', channel, ...refusal });
  }

  #sendAway(goaway: Goaway): void {
    // Nothing goes before `welcome`.
    if (!this.#welcomed) this.#close(CloseCode.restart, goaway.reason);
    else if (this.#phase !== 'closed') this.#outlet.frame({ kind: 'goaway', ...goaway });
  }

  #cutOff(): void {
    if (this.#welcomed) this.#outlet.last({ kind: 'goaway', ...SLOW_READER });
    this.#close(CloseCode.tryLater, 'too slow');
  }

  #retire(): void {
    this.#farewell = TAKEN_OVER;
    this.#inbox.forget();
    this.#early = undefined;
    this.#streams.leaveAll();
    if (this.#phase !== 'closed') this.#phase = 'leaving';
  }

  /** No ping is answered from here on: its pong would prove messages that were not taken. */
  #finish(reason: string, patience: number): void {
    if (this.#phase === 'closed') return;
    this.#phase = 'leaving';
    this.#farewell ??= { code: CloseCode.restart, reason };
    this.#closeBy = this.#turn.now + patience;
  }

  #close(code: number, reason: string): void {
    if (this.#phase === 'closed') return;
    this.#phase = 'closed';
    this.#closeBy = this.#turn.now + CLOSING_TIMEOUT;
    this.#early = undefined;
    this.#streams.leaveAll();
    this.#turn.tell({ do: 'close', code, reason });
  }
}

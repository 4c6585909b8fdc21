import { afterClose, type NextStep } from './close-codes.js';
import { type DeadlineName, Deadlines } from './deadlines.js';
import { Dialer, type DialerOptions } from './dialer.js';
import type { CloseInfo, Command, Input, LifecycleSignal, LossCause, State, Turn } from './io.js';
import { Traffic, type TrafficOptions, UNTOLD } from './traffic.js';

export type SessionOptions = DialerOptions & TrafficOptions;

/** The peer has this long to answer our close. */
const CLOSING_TIMEOUT = 1_000;
const NO_WEBSOCKET =
  'connect: this runtime has no WebSocket, wanted one as options.WebSocket (in Node 20 the class of ws)';
const NOTHING: readonly Command[] = Object.freeze([]);

/**
 * The whole client without I/O: `handle` takes one input and answers with commands to run in order, `nextDeadline`
 * says when it wants an `alarm`. It holds no clock, no timer, no socket and no random source, and calls nobody back.
 */
export class Session {
  readonly traffic: Traffic;
  readonly #options: SessionOptions;
  readonly #deadlines: Deadlines = new Deadlines();
  readonly #dialer: Dialer;
  /** `close({ drain })` was called: what to say when the outbox is empty. */
  #leaving: { readonly code: number; readonly reason: string } | undefined;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#dialer = new Dialer(options, this.#deadlines);
    this.traffic = new Traffic(options, this.#dialer, this.#deadlines);
  }

  get state(): State {
    return this.#dialer.state;
  }

  /** True once `close()` was called: what is sent now is refused. */
  get isLeaving(): boolean {
    const { state } = this;
    return !!this.#leaving || state.status === 'closing' || (state.status === 'closed' && state.reason === 'called');
  }

  nextDeadline(): number {
    return this.#deadlines.next();
  }

  handle(input: Input, at: Omit<Turn, 'out'>): readonly Command[] {
    if (input.type === 'passed') {
      this.traffic.inbound.passed(input.passage);
      return NOTHING;
    }
    const turn: Turn = { ...at, out: [] };
    if (input.type !== 'send') this.traffic.outbound.newTurn();
    this.#take(input, turn);
    this.#afterwards(turn);
    return turn.out;
  }

  #take(input: Exclude<Input, { type: 'passed' }>, turn: Turn): void {
    const dialer = this.#dialer;
    switch (input.type) {
      case 'connect':
        this.#stay();
        if (dialer.is('idle', 'closed', 'suspended', 'closing')) this.#again('reconnect', turn);
        return;
      case 'reconnect':
        this.#stay();
        dialer.forgive();
        return this.#again('reconnect', turn);
      case 'close':
        return this.#close(input.code, input.reason, input.drain, turn);
      case 'no-websocket':
        this.traffic.drop('called', turn);
        return dialer.stop('no-websocket', NO_WEBSOCKET, turn);
      case 'send':
        if (this.isLeaving) return this.traffic.outbound.refuse(input.entry, turn);
        return this.traffic.outbound.send(input.entry, turn);
      case 'restore':
        return this.traffic.outbound.restore(input.entries, turn);
      case 'cancel':
        return this.traffic.outbound.cancel(input.id, turn);
      case 'clear':
        return this.traffic.outbound.clear(turn);
      case 'drain':
        return this.traffic.outbound.drain(turn);
      case 'token':
        return this.#gotToken(input, turn);
      case 'token-failed':
        dialer.token.failed();
        if (dialer.link.at === 'token') this.#attemptFailed('token-failed', turn);
        else if (dialer.link.at === 'open') this.#deadlines.set('token', turn.now + dialer.delay(0, turn));
        return;
      case 'url':
        if (!dialer.awaitsUrl(input.conn)) return;
        this.traffic.inbound.dialled();
        return dialer.dial(input.url, this.traffic.inbound.urlParams(this.#options.clientId, dialer.conn), turn);
      case 'url-failed':
        if (dialer.awaitsUrl(input.conn)) this.#attemptFailed('url-failed', turn);
        return;
      case 'opened':
        return this.traffic.handshaken(turn);
      case 'errored':
        // Some runtimes tell an error and forget the close.
        this.#deadlines.set('errored', turn.now + CLOSING_TIMEOUT);
        return;
      case 'frame':
        return this.traffic.frame(input.data, turn);
      case 'closed':
        return this.#closed(input.info, afterClose(input.info.code, input.httpStatus, input.verdict), turn);
      case 'alarm':
        for (let due = this.#deadlines.take(turn.now); due; due = this.#deadlines.take(turn.now)) this.#due(due, turn);
        return;
      case 'signal':
        return this.#signal(input.signal, turn);
      case 'subscribe': {
        const frame = this.traffic.inbound.subscribe(input.channel);
        if (!frame) return;
        this.traffic.write(frame, turn);
        return this.traffic.watchStreams(turn);
      }
      case 'unsubscribe':
        if (this.traffic.inbound.unsubscribe(input.channel))
          this.traffic.write({ kind: 'unsubscribe', channel: input.channel }, turn);
        return;
      case 'watch-ready':
        return this.traffic.outbound.watchReady();
      case 'filled':
        return this.traffic.inbound.filled(input.channel, input.cursor, turn);
    }
  }

  // The beginning and the end of connections.

  #gotToken({ token, expiresIn, subject }: Extract<Input, { type: 'token' }>, turn: Turn): void {
    const dialer = this.#dialer;
    const other = dialer.token.got(token, expiresIn, subject, turn.now);
    this.#deadlines.set('token', dialer.token.renewAt);
    if (other) {
      this.traffic.outbound.clear(turn, 'dropped', 'subject-changed');
      this.traffic.inbound.forget(turn);
    }
    if (dialer.link.at === 'token') dialer.seekToken(turn);
    else if (dialer.link.at === 'open' && other) this.#again('token', turn);
    else if (dialer.link.at === 'open' && this.#options.auth.via === 'message') this.traffic.writeAuth(turn);
  }

  #attemptFailed(reason: string, turn: Turn): void {
    this.traffic.lose(UNTOLD, 'peer', false, turn);
    this.#dialer.retryAt(reason, Infinity, 0, turn);
  }

  #closed(info: CloseInfo, next: NextStep, turn: Turn): void {
    const { link, token } = this.#dialer;
    if (this.#dialer.is('closing')) return this.#finish(turn);
    if (link.at !== 'handshake' && link.at !== 'auth' && link.at !== 'open') return;
    const plannedAt = this.#deadlines.get('goaway');
    if (link.at === 'handshake') token.neverOpened();
    if (next.step === 'retry' && next.slower) this.traffic.outbound.slowDown();
    this.traffic.lose(info, 'peer', link.at === 'open' && (link.heardPeer || info.code !== UNTOLD.code), turn);
    this.#dialer.follow(next, info, plannedAt, turn);
  }

  #again(cause: LossCause, turn: Turn): void {
    this.traffic.drop(cause, turn);
    this.#dialer.begin(turn);
  }

  #stay(): void {
    this.#leaving = undefined;
    this.#deadlines.clear('drain');
  }

  #close(code: number, reason: string, drain: number, turn: Turn): void {
    const dialer = this.#dialer;
    if (dialer.is('closing') || (dialer.is('closed') && this.isLeaving)) return;
    if (drain > 0 && !this.traffic.outbound.isEmpty && !dialer.is('idle', 'closed')) {
      this.#leaving = { code, reason };
      this.#deadlines.set('drain', turn.now + drain);
      return;
    }
    this.#stay();
    const polite = dialer.link.at === 'auth' || dialer.link.at === 'open';
    turn.out.push({ do: 'abort-token' });
    if (polite) turn.out.push({ do: 'hang-up', code, reason });
    this.traffic.lose({ code, reason, wasClean: true }, 'called', false, turn);
    this.traffic.outbound.close(turn);
    this.#deadlines.clear('retry', 'token');
    if (!polite) return this.#finish(turn);
    this.#deadlines.set('closing', turn.now + CLOSING_TIMEOUT);
    dialer.to({ status: 'closing' }, turn);
  }

  #finish(turn: Turn): void {
    this.#deadlines.clear('closing');
    turn.out.push({ do: 'abandon', dead: true });
    this.#dialer.token.failed();
    this.#dialer.to({ status: 'closed', reason: 'called' }, turn);
  }

  // Time and hints.

  #due(name: DeadlineName, turn: Turn): void {
    const dialer = this.#dialer;
    switch (name) {
      case 'connect': {
        const { at } = dialer.link;
        if (at === 'handshake') dialer.token.neverOpened();
        this.traffic.drop('peer', turn);
        return this.#attemptFailed(`connect-timeout: ${at}`, turn);
      }
      case 'retry':
        return dialer.begin(turn);
      case 'stable':
        dialer.forgive();
        this.traffic.outbound.lives();
        return this.traffic.outbound.flush(turn);
      case 'heartbeat':
        return this.traffic.beat(turn);
      case 'judge':
        return this.traffic.inbound.judge(turn, true);
      case 'welcome':
        return this.traffic.startWriting(turn);
      case 'token':
        return dialer.link.at === 'open' ? dialer.seekToken(turn) : undefined;
      case 'flush':
        return this.traffic.outbound.flush(turn);
      case 'expiry':
        return this.traffic.outbound.expire(turn);
      case 'goaway':
        return this.#again('goaway', turn);
      case 'hold':
        return this.traffic.outbound.hold();
      case 'resubscribe':
        for (const frame of this.traffic.inbound.resubscribe(turn.now)) this.traffic.write(frame, turn);
        return this.traffic.watchStreams(turn);
      case 'drain':
        return this.#close(this.#leaving?.code ?? 1000, this.#leaving?.reason ?? '', 0, turn);
      case 'errored':
        return this.#closed(UNTOLD, afterClose(UNTOLD.code, 0, undefined), turn);
      case 'closing':
        return this.#finish(turn);
    }
  }

  #signal(signal: LifecycleSignal, turn: Turn): void {
    const dialer = this.#dialer;
    if (signal === 'freeze' || signal === 'pagehide') {
      if (dialer.is('idle', 'closed', 'closing', 'suspended')) return;
      if (dialer.link.at === 'open') turn.out.push({ do: 'hang-up', code: 1000, reason: signal });
      this.traffic.drop('suspended', turn);
      this.#deadlines.clear('retry');
      return dialer.to({ status: 'suspended', why: signal === 'freeze' ? 'frozen' : 'hidden-away' }, turn);
    }
    // While the page says that it is offline an unanswered probe means nothing; the ordinary deadline still holds.
    if (signal === 'offline') return this.traffic.ping('none', turn);
    if (signal === 'hidden') return;
    this.traffic.ping('short', turn);
    dialer.wake(signal, turn);
  }

  /** What every input may have changed: proofs to ask for, times to wait for, a farewell that can be said. */
  #afterwards(turn: Turn): void {
    const { inbound, outbound, heartbeat } = this.traffic;
    outbound.tellReady(turn);
    const wrote = outbound.takeWrote();
    if (wrote) heartbeat.wrote(turn.now, wrote);
    this.#deadlines.set('flush', outbound.flushAt);
    this.#deadlines.set('expiry', outbound.queue.nextExpiry);
    if (this.#dialer.link.at === 'open') {
      this.#deadlines.set('heartbeat', heartbeat.due());
      this.#deadlines.set('resubscribe', inbound.resubscribeAt);
    }
    if (this.#leaving && outbound.isEmpty) this.#close(this.#leaving.code, this.#leaving.reason, 0, turn);
  }
}

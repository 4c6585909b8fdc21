import { afterClose, type NextStep } from './close-codes.js';
import { createDeadlines, type DeadlineName } from './deadlines.js';
import { createDialer, type DialerOptions } from './dialer.js';
import type { CloseInfo, Command, Continuation, Input, LossCause, Passage, State, Turn } from './io.js';
import { createTraffic, PROBE_TIMEOUT, type Traffic, type TrafficOptions, UNTOLD } from './traffic.js';

export type SessionOptions = DialerOptions & TrafficOptions;

/** What the surroundings say beside an input. */
export type Surroundings = Pick<Turn, 'now' | 'random' | 'bufferedAmount'>;

/**
 * The whole client without I/O: `handle` takes one input and returns the commands to run, in order; `nextDeadline`
 * says when it wants an `alarm`. It holds no clock, no timer, no socket and no random source, and calls nobody back.
 */
export interface Session {
  readonly traffic: Traffic;
  /** Whose conversation it is, as far as the token hook or the store has said. */
  subject(): string | undefined;
  state(): State;
  handle(input: Input, surroundings: Surroundings): Command[];
  nextDeadline(): number;
  continuation(): Continuation;
  /**
   * Continues where another instance stood. False if a connection was tried already; with `anyway` also then, for a store
   * that answers while the first attempt waits for it.
   */
  adopt(continuation: Continuation, anyway?: boolean): boolean;
  /** The shell has carried out a step of a stream: moves the cursor. No input, since there is nothing to decide. */
  passed(passage: Passage): void;
}

/** ms for the peer to answer our close, and for a socket that told an error to tell its end. */
const CLOSING_TIMEOUT = 1_000;
/**
 * ms to wait at `online` for a link that has been silent since `offline` although a ping is out. TCP doubles the pause
 * between its repetitions, so on the old link the answer may take as long again as the outage; a new link is sooner.
 */
const DEAF_TIMEOUT = 100;

export const createSession = (options: SessionOptions): Session => {
  let commands: Command[] = [];
  const turn: Turn = {
    now: 0,
    random: () => 0,
    bufferedAmount: 0,
    tell(command) {
      // Most turns tell one command, and an array that is made with it takes less room than one that grows from nothing.
      if (commands.length) commands.push(command);
      else commands = [command];
    },
  };
  const deadlines = createDeadlines();
  const dialer = createDialer(turn, options, deadlines);
  const traffic = createTraffic(turn, options, dialer, deadlines);
  const { inbound, outbound, heartbeat } = traffic;
  const { token } = dialer;
  /** Set by `close()`: what to close with once the outbox is empty, or at the time `by`, whichever comes first. */
  let leaving: { readonly code: number; readonly reason: string; readonly by: number } | undefined;
  let offlineAt = Infinity;

  const again = (cause: LossCause): void => {
    traffic.drop(cause);
    dialer.begin();
  };
  const stay = (): void => {
    leaving = undefined;
    deadlines.clear('drain');
  };
  const isOver = (): boolean => {
    const state = dialer.state();
    return state.status === 'closing' || (state.status === 'closed' && state.reason === 'called');
  };
  /** There is no answer to wait for, or not any more. */
  const finish = (): void => {
    traffic.drop('peer');
    dialer.stop('called');
  };
  const farewell = ({ code, reason }: { readonly code: number; readonly reason: string }): void => {
    const polite = dialer.at('auth open');
    stay();
    dialer.abortToken();
    token.forget();
    if (polite) turn.tell({ do: 'hang-up', code, reason });
    traffic.lose({ code, reason, wasClean: true }, 'called');
    outbound.close();
    if (!polite) return finish();
    deadlines.set('closing', turn.now + CLOSING_TIMEOUT);
    dialer.to({ status: 'closing' });
  };
  const attemptFailed = (reason: string): void => {
    traffic.lose(UNTOLD, 'peer');
    dialer.retry(reason);
  };
  const closed = (info: CloseInfo, next: NextStep): void => {
    if (dialer.is('closing')) return finish();
    if (!dialer.at('handshake auth open')) return;
    const plannedAt = deadlines.get('goaway');
    // The heartbeat is long overdue: the app slept, and the link died meanwhile.
    if (dialer.at('open') && heartbeat.check() === 'probe') dialer.wake('late');
    if (next === 'slower') outbound.slowDown();
    traffic.lose(info, 'peer');
    dialer.follow(next, info, plannedAt);
  };

  const inputs: { readonly [T in Input['type']]: (input: Input & { readonly type: T }) => void } = {
    connect() {
      stay();
      if (dialer.is('closed')) dialer.forgive();
      if (dialer.is('idle closed suspended closing')) again('reconnect');
    },
    reconnect() {
      stay();
      dialer.forgive();
      again('reconnect');
    },
    close({ code, reason, drain }) {
      if (isOver()) return;
      leaving = { code, reason, by: turn.now + drain };
      deadlines.set('drain', leaving.by);
    },
    'no-websocket'() {
      traffic.drop('called');
      dialer.stop('no-websocket', 'connect: no WebSocket here, wanted a class as options.WebSocket');
    },
    send({ entry }) {
      if (leaving || isOver()) outbound.refuse({ entry, outcome: 'closed', reason: 'closed' });
      else if (entry.firstWrittenAt === undefined || entry.policy.kind === 'latest') outbound.send(entry);
      else if (entry.policy.ack !== 'none') outbound.restore({ entry });
      // It may have been written by then, and a second time would be more than its policy promises.
      else outbound.refuse({ entry, outcome: 'unknown', reason: 'link-lost' });
    },
    refuse: outbound.refuse,
    restore({ entry, subject }) {
      // The hook may answer later than the store, and then with somebody else.
      token.subject ??= subject;
      if (token.isOthers(subject)) outbound.refuse({ entry, outcome: 'dropped', reason: 'subject-changed' });
      else outbound.restore({ entry });
    },
    cancel: outbound.cancel,
    clear: () => outbound.clear('cancelled', 'cleared'),
    drain: outbound.drain,
    token(got) {
      const other = token.got(got.token, got.expiresIn, got.subject);
      const wasOpen = dialer.at('open');
      if (other) {
        // First of all: what that link leaves unproved is of the old subject too.
        if (wasOpen) again('token');
        outbound.clear('dropped', 'subject-changed');
        inbound.forget();
      } else if (wasOpen) {
        deadlines.set('token', token.renewAt());
        if (options.auth.via === 'message') traffic.writeAuth();
      }
      if (dialer.at('token')) dialer.seekToken();
    },
    'token-failed'() {
      token.failed();
      if (dialer.at('token')) attemptFailed('token-failed');
      else if (dialer.at('open')) deadlines.set('token', turn.now + dialer.delay());
    },
    url({ conn, url }) {
      if (dialer.at('url') && conn === dialer.conn) dialer.dial(url, inbound.dialled(conn));
    },
    'url-failed'({ conn }) {
      if (dialer.at('url') && conn === dialer.conn) attemptFailed('url-failed');
    },
    opened: traffic.handshaken,
    // Some runtimes tell an error and never the close. An error between two attempts is of the older socket.
    errored() {
      // Not later each time: a socket that takes nothing tells one for each write.
      if (dialer.at('handshake auth open') && deadlines.get('errored') === Infinity) {
        deadlines.set('errored', turn.now + CLOSING_TIMEOUT);
      }
    },
    frame: traffic.frame,
    closed: ({ info, httpStatus, verdict }) => closed(info, afterClose(httpStatus || info.code, verdict)),
    alarm() {
      for (let name = deadlines.take(turn.now); name; name = deadlines.take(turn.now)) timers[name]();
    },
    signal({ signal }) {
      if (signal === 'freeze' || signal === 'pagehide') {
        if (dialer.is('idle closed closing suspended')) return;
        if (dialer.at('open')) turn.tell({ do: 'hang-up', code: 1000, reason: signal });
        traffic.drop('suspended');
        deadlines.clear('retry');
        dialer.to({ status: 'suspended', why: signal });
      } else if (signal !== 'hidden') {
        const deaf = turn.now - offlineAt >= PROBE_TIMEOUT && heartbeat.heardAt() <= offlineAt;
        if (signal === 'online') offlineAt = Infinity;
        if (signal === 'offline') offlineAt = turn.now;
        // While the page is offline, silence proves nothing: only the ordinary deadline of the heartbeat holds.
        if (offlineAt < Infinity) traffic.ping(Infinity);
        else traffic.ping(deaf ? DEAF_TIMEOUT : PROBE_TIMEOUT);
        if (signal !== 'offline') dialer.wake(signal);
      }
    },
    subscribe({ channel }) {
      inbound.subscribe(channel);
      traffic.watchStreams();
    },
    unsubscribe: ({ channel }) => inbound.unsubscribe(channel),
    filled: inbound.filled,
    'watch-ready': outbound.watchReady,
  };

  const timers: { readonly [Name in DeadlineName]: () => void } = {
    connect() {
      const reason = `connect-timeout: ${dialer.step}`;
      traffic.drop('peer');
      dialer.retry(reason);
    },
    retry: dialer.begin,
    stable() {
      dialer.forgive();
      outbound.lives();
    },
    heartbeat: traffic.beat,
    streams: traffic.tendStreams,
    welcome: traffic.startWriting,
    token() {
      if (dialer.at('open')) dialer.seekToken();
    },
    flush: outbound.flush,
    expiry: outbound.expire,
    goaway() {
      // A server that sends everybody away who comes must not become a way round the backoff.
      const isStable = dialer.at('open') && deadlines.get('stable') === Infinity;
      traffic.drop('goaway');
      if (isStable) dialer.begin();
      else dialer.retry('goaway', 0);
    },
    hold: outbound.hold,
    // `handle` looks at the end of each turn whether `close()` has waited long enough. This only brings such a turn.
    drain() {},
    errored() {
      turn.tell({ do: 'abandon', dead: true });
      closed(UNTOLD, 'retry');
    },
    closing: finish,
  };

  return {
    traffic,
    subject: () => token.subject,
    state: dialer.state,
    nextDeadline: deadlines.next,
    passed: inbound.passed,
    continuation: () => ({
      ...inbound.continuation(),
      conn: dialer.conn,
      subject: token.subject,
      welcomed: traffic.welcomed,
    }),
    adopt(continuation, anyway) {
      if (dialer.conn && !anyway) return false;
      // The hook may have been quicker than the store.
      inbound.adopt(token.isOthers(continuation.subject) ? { ...continuation, cursors: [] } : continuation);
      traffic.welcomed ||= continuation.welcomed;
      token.subject ??= continuation.subject;
      dialer.conn = continuation.conn + Number(dialer.is('connecting'));
      return true;
    },
    handle(input, surroundings) {
      commands = [];
      turn.now = surroundings.now;
      turn.random = surroundings.random;
      turn.bufferedAmount = surroundings.bufferedAmount;
      if (input.type !== 'send') outbound.newTurn();
      // Safe: each handler takes the inputs of its own type.
      (inputs[input.type] as (input: Input) => void)(input);
      // Before the first connection and after the last one nothing empties the outbox: there is nothing to wait for.
      if (leaving && (!outbound.queue.size || turn.now >= leaving.by || dialer.is('idle closed'))) {
        farewell(leaving);
      }
      outbound.tellReady();
      deadlines.set('flush', outbound.flushAt());
      deadlines.set('expiry', outbound.queue.nextExpiry);
      if (dialer.step === 'open') deadlines.set('heartbeat', heartbeat.due());
      return commands;
    },
  };
};

import { backoffDelay, type Jitter } from '../core/backoff.js';
import { createConnection, type Words } from '../core/connection.js';
import { createDeadlines } from '../core/deadlines.js';
import type { CloseInfo, LifecycleSignal, State } from '../core/io.js';

/** What it needs of the options, under their public names. */
export interface ReconnectorOptions {
  readonly closeEvent: 'each' | 'final';
  readonly shouldReconnect: (info: CloseInfo, context: LossContext) => boolean;
  readonly minReconnectionDelay: number;
  readonly maxReconnectionDelay: number;
  readonly reconnectionDelayGrowFactor: number;
  readonly jitter: Jitter;
  readonly minUptime: number;
  readonly connectionTimeout: number;
  readonly maxRetries: number;
}

/** ms of silence before a ping, and after it before the link is dead. */
export interface Beat {
  readonly interval: number;
  readonly timeout: number;
}

/** What else is known of a connection that ended. */
export interface LossContext {
  /** It had opened; false for an attempt that failed. */
  readonly opened: boolean;
  /** Retries since the last healthy connection. */
  readonly retryCount: number;
}

/** What happens: calls of the user's, and what the socket, the page and the clock tell. */
export interface Inputs {
  /** Connect at once, in every state. */
  reconnect(code?: number, reason?: string): void;
  /** `told`: called by a listener that is just being told of a `close`. */
  close(code: number | undefined, reason: string, told: boolean): void;
  /** There is a socket. */
  dialed(attempt: number): void;
  /** The attempt came to nothing before there was one. */
  failed(attempt: number, error: unknown): void;
  opened(): void;
  /** Any frame is life. */
  heard(): void;
  /** The socket told an error; its end should follow. */
  errored(error: unknown): void;
  ended(info: CloseInfo): void;
  signal(signal: LifecycleSignal): void;
  /** `unsent`: bytes that still wait in the socket. */
  alarm(unsent: number): void;
}

/** What is to be done. */
export interface Commands {
  /** Ask for url and subprotocols, and make a socket, unless the attempt is no longer wanted. */
  dial(attempt: number): void;
  /** Say goodbye and wait for the answer. */
  hangUp(code: number | undefined, reason: string): void;
  /** Let go at once; a `dead` peer gets no time to answer. */
  abandon(dead: boolean, code?: number, reason?: string): void;
  /** Tell `open`, and send what waits. */
  open(): void;
  ping(): void;
  tellError(error: unknown): void;
  tellClose(info: CloseInfo): void;
  /** Nothing more will come, unless by `reconnect`. */
  over(): void;
}

/** The name of a method of T, and what it takes. */
type CallOf<T> = { [K in keyof T]: T[K] extends (...args: infer A) => void ? readonly [K, ...A] : never }[keyof T];
export type Input = CallOf<Inputs>;
export type Command = CallOf<Commands>;

/** Decides about one WebSocket after the other: when to try, what to tell, when it is over. Holds no socket and no timer. */
export interface Reconnector {
  handle([name, ...args]: Input, now: number, random: () => number): Command[];
  nextDeadline(): number;
  status(): State['status'];
  retryCount(): number;
  /** That attempt is still under way. */
  wants(attempt: number): boolean;
}

/** ms for the peer to answer our close, or for some of what goes before it to be written; a browser would wait a minute. */
const CLOSE_PATIENCE = 5_000;
/** Some runtimes tell an error and forget the close. */
const ERROR_PATIENCE = 1_000;
/** ms by which an alarm may be late without the machine having slept or the page having been throttled. */
const LATE = 500;
/** After a wake of the page the next attempt comes within this time, drawn, but only once in a while. */
const WAKE_SPREAD = 200;
const WAKE_PAUSE = 10_000;
const WAKES = 'online network visible wake resume pageshow';
/** 1006: the connection ended without a close frame (RFC 6455 section 7.1.5). */
const unclean = (reason = ''): CloseInfo => ({ code: 1006, reason, wasClean: false });

export const createReconnector = (options: ReconnectorOptions, beat: Beat | undefined): Reconnector => {
  const everyClose = options.closeEvent === 'each';
  const connection = createConnection<Pick<State, 'status'>>();
  let deadlines = createDeadlines();
  let now = 0;
  let random: () => number;
  /** A ping is out, and nothing has come since. */
  let asked = false;
  let commands: Command[] = [];
  let retries = 0;
  let attempt = 0;
  /** There is a socket, not only an attempt to get one. */
  let linked = false;
  let opened = false;
  let failed = false;
  let error: unknown;
  let errorTold = false;
  let wokeAt = -Infinity;
  /** Bytes that waited in the closing socket when the clock was last looked at. */
  let unsentBefore: number;

  const is = (statuses: Words<State['status']>): boolean => statuses.includes(connection.state.status);
  const to = (status: State['status']): unknown => connection.to({ status });
  const rest = (): void => {
    deadlines = createDeadlines();
  };

  const dial = (): void => {
    rest();
    attempt++;
    linked = opened = failed = errorTold = false;
    error = undefined;
    deadlines.set('connect', now + options.connectionTimeout);
    to('connecting');
    commands.push(['dial', attempt]);
  };
  const end = (): void => {
    rest();
    to('closed');
    commands.push(['over']);
  };
  const delayOf = (jitter: Jitter, chance: number): number =>
    backoffDelay(
      {
        base: options.minReconnectionDelay,
        factor: options.reconnectionDelayGrowFactor,
        max: options.maxReconnectionDelay,
        jitter,
      },
      retries,
      chance,
    );
  const wait = (delay: number): void => {
    deadlines.set('retry', now + delay);
    to('waiting');
  };
  const tellError = (): void => {
    if (failed && !errorTold) commands.push(['tellError', error]);
    errorTold = failed;
  };
  /** The connection or the attempt is no more: is there another one? */
  const lose = (info: CloseInfo): void => {
    let again = !is('closing') && retries < options.maxRetries;
    let delay = delayOf('none', 0);
    try {
      again &&= options.shouldReconnect(info, { opened, retryCount: retries });
      // Both ends of the range are left out, which keeps its mean: nobody is back in the very moment in which he was
      // refused, and code that was written for one `close` has had time to hear it.
      delay = delayOf(options.jitter, 0.05 + 0.9 * random());
    } catch {
      // What `shouldReconnect` or `jitter` throws must not leave the socket between two states.
    }
    if (everyClose || !again) {
      tellError();
      commands.push(['tellClose', info]);
    }
    linked = false;
    if (!again) return end();
    rest();
    wait(delay);
    retries++;
  };
  const giveUp = (reason?: string, hasFailed = true): void => {
    failed ||= hasFailed;
    error ??= reason;
    commands.push(['abandon', true]);
    lose(unclean(reason));
  };
  const ping = (): void => {
    if (!beat) return;
    asked = true;
    deadlines.set('heartbeat', now + beat.timeout);
    commands.push(['ping']);
  };

  const inputs: Inputs = {
    reconnect(code, reason = '') {
      retries = 0;
      if (linked) {
        commands.push(['abandon', false, code, reason]);
        if (everyClose) commands.push(['tellClose', { code: code ?? 1000, reason, wasClean: !failed }]);
      }
      dial();
    },
    close(code, reason, told) {
      if (is('closing closed')) return;
      if ((told && !linked) || is('idle')) return end();
      rest();
      // What a lost connection had not written is never written.
      unsentBefore = linked ? Infinity : 0;
      to('closing');
      deadlines.set('closing', now + (linked ? CLOSE_PATIENCE : 0));
      if (linked) commands.push(['hangUp', code, reason]);
    },
    // What is told of an attempt that was given up meanwhile comes too late.
    dialed(of) {
      if (reconnector.wants(of)) linked = true;
    },
    failed(of, cause) {
      if (!reconnector.wants(of)) return;
      failed = true;
      error = cause;
      lose(unclean());
    },
    opened() {
      opened = true;
      deadlines.clear('connect');
      deadlines.set('stable', now + options.minUptime);
      inputs.heard();
      to('open');
      commands.push(['open']);
    },
    heard() {
      asked = false;
      if (beat) deadlines.set('heartbeat', now + beat.interval);
    },
    errored(cause) {
      failed = true;
      error = cause;
      deadlines.set('errored', now + ERROR_PATIENCE);
      // At once, so that code that awaits the `error` is in time to listen for the `close` that follows.
      if (everyClose) tellError();
    },
    ended: lose,
    signal(signal) {
      if (!WAKES.includes(signal)) return;
      if (is('open')) return ping();
      const delay = random() * WAKE_SPREAD;
      if (!is('waiting') || now - wokeAt < WAKE_PAUSE || now + delay >= deadlines.get('retry')) return;
      wokeAt = now;
      wait(delay);
    },
    alarm(unsent) {
      for (let at = deadlines.next(); at <= now; at = deadlines.next()) {
        const name = deadlines.take(now);
        if (name === 'retry') dial();
        else if (name === 'stable') retries = 0;
        else if (name === 'connect') giveUp('connection timeout');
        else if (name === 'errored') giveUp();
        else if (name === 'closing') {
          // Whoever never opened has failed; an unanswered goodbye is no error.
          if (!unsent || unsent >= unsentBefore) giveUp('', !opened);
          else deadlines.set('closing', now + CLOSE_PATIENCE);
          unsentBefore = unsent;
        }
        // Who comes late, after a sleep, can not know whether the answer is queued behind this very alarm.
        else if (asked && now - at < LATE) giveUp('heartbeat timeout');
        else ping();
      }
    },
  };

  const reconnector: Reconnector = {
    handle([name, ...args], time, draw) {
      now = time;
      random = draw;
      commands = [];
      // Safe: what follows the name is what the input of that name takes.
      (inputs[name] as (...args: unknown[]) => void)(...args);
      return commands;
    },
    nextDeadline: () => deadlines.next(),
    status: () => connection.state.status,
    retryCount: () => retries,
    wants: (number) => number === attempt && is('connecting'),
  };
  return reconnector;
};

import { type Backoff, backoffDelay } from './backoff.js';
import type { NextStep } from './close-codes.js';
import { createConnection, type Words } from './connection.js';
import type { Deadlines } from './deadlines.js';
import type { ClosedReason, CloseInfo, State, Turn } from './io.js';
import { createToken, type Token } from './token.js';
import { base64url, withParams } from './url.js';

export interface DialerOptions {
  readonly backoff: Backoff & { readonly maxRetries: number; readonly stableAfter: number };
  readonly connectTimeout: number;
  readonly auth: { readonly via: 'query' | 'subprotocol' | 'message'; readonly param: string };
  readonly protocols: readonly string[];
  readonly hasTokenHook: boolean;
  /** The url is asked for anew by each attempt, and may carry a fresh token of its own. */
  readonly hasUrlProvider: boolean;
}

/** How far the present attempt or connection is. What comes for an earlier step is late, and ignored. */
export type Step = 'none' | 'token' | 'url' | 'handshake' | 'auth' | 'open';

export interface Dialer {
  readonly token: Token;
  step: Step;
  /** Counts every dial of this instance, so that a server can let the newer connection take over. */
  conn: number;
  state(): State;
  /** True in one of these states. */
  is(statuses: Words<State['status']>): boolean;
  /** True at one of these steps. */
  at(steps: Words<Step>): boolean;
  to(state: State, text?: string): void;
  begin(): void;
  /** Asks for a token if one is needed; an attempt that has what it needs goes on to its url. */
  seekToken(): void;
  dial(url: string, params: Record<string, string | number | undefined>): void;
  opened(resumed: boolean): void;
  /** The connection has been healthy, or the user begins anew: old failures count no more. */
  forgive(): void;
  /**
   * What follows a connection that the peer or the network ended. `plannedAt` is the time (ms) that a `goaway` named for
   * our return, or Infinity; `why` is the reason in the state, by default the close code.
   */
  follow(next: NextStep, info: CloseInfo, plannedAt: number, why?: string): void;
  /** The next attempt, after `delay` ms; without one as the backoff says, but soon if the app has just woken up. */
  retry(reason: string, delay?: number): void;
  /** The next delay of the backoff in ms, drawn anew; `later` counts as so many more failures. */
  delay(later?: number): number;
  /** No attempt has failed since the last healthy connection. */
  isFresh(): boolean;
  /** Nobody waits for the token any more. */
  abortToken(): void;
  stop(reason: ClosedReason, text?: string): void;
  /** The app is back: a wait is cut short, a suspended conversation goes on, a link that ends now is replaced soon. */
  wake(signal: string): void;
}

/** After a wake the next attempt comes within this many ms, drawn: when a network comes back, many devices wake at once. */
const WAKE_SPREAD = 200;
/** ms between two such quick returns, for an app may wake again and again. */
const WAKE_PAUSE = 10_000;
/** A link that ends within this many ms after a wake died during the sleep: the platform or the probe tells it only now. */
const WAKE_AFTERMATH = 5_000;

/** Makes connections: when to try, with which token and url, and what follows when one ends. */
export const createDialer = (turn: Turn, options: DialerOptions, deadlines: Deadlines): Dialer => {
  const { auth, backoff, hasTokenHook, hasUrlProvider } = options;
  const { tell } = turn;
  const connection = createConnection();
  const token = createToken(turn, hasTokenHook);
  /** Failed attempts since the last healthy connection. */
  let retries = 0;
  /** When the app last woke up, and when that last made a return quick. */
  let wokeAt = -Infinity;
  let hurriedAt = -Infinity;

  const mayHurry = (): boolean => turn.now - hurriedAt >= WAKE_PAUSE;
  const soon = (): number => turn.random() * WAKE_SPREAD;
  const delayOf = (): number => {
    const delay = dialer.delay();
    if (turn.now - wokeAt > WAKE_AFTERMATH || !mayHurry()) return delay;
    hurriedAt = turn.now;
    return Math.min(delay, soon());
  };
  const wait = (reason: string, retryAt: number): void => {
    deadlines.set('retry', retryAt);
    dialer.to({ status: 'waiting', attempt: retries + 1, retryAt, reason });
  };

  const dialer: Dialer = {
    token,
    step: 'none',
    conn: 0,
    state: () => connection.state,
    is: (statuses) => statuses.includes(connection.state.status),
    at: (steps) => steps.includes(dialer.step),
    to(state, text = '') {
      tell({ do: 'state', state: connection.to(state), text });
    },
    begin() {
      dialer.conn++;
      deadlines.clear('retry');
      deadlines.set('connect', turn.now + options.connectTimeout);
      dialer.step = 'token';
      dialer.to({ status: 'connecting', attempt: retries + 1 });
      dialer.seekToken();
    },
    seekToken() {
      const attempt = dialer.at('token') ? retries + 1 : 0;
      const reason = token.need();
      if (reason === 'wait') return;
      if (reason) {
        tell({ do: 'ask-token', reason, attempt });
      } else if (attempt) {
        dialer.step = 'url';
        tell({ do: 'ask-url', conn: dialer.conn });
      }
    },
    dial(url, params) {
      const value = token.value();
      const { via } = auth;
      const inProtocol =
        value !== undefined && via === 'subprotocol' ? ['reliable-socket', `auth.${base64url(value)}`] : [];
      dialer.step = 'handshake';
      tell({
        do: 'dial',
        url: withParams(url, via === 'query' ? { ...params, [auth.param]: value } : params),
        protocols: [...inProtocol, ...options.protocols],
      });
    },
    opened(resumed) {
      dialer.step = 'open';
      deadlines.clear('connect');
      deadlines.set('stable', turn.now + backoff.stableAfter);
      deadlines.set('token', token.renewAt());
      token.opened();
      dialer.to({ status: 'open', since: turn.now, resumed });
      tell({ do: 'open', resumed, attempt: retries + 1 });
    },
    forgive() {
      retries = 0;
      token.accepted();
    },
    follow(next, { code, reason }, plannedAt, why = `${code}`) {
      const told = `the server closed with ${code} ${reason}`;
      const once = next === 'refresh-once';
      if (next === 'stop') return dialer.stop('refused-by-server', told);
      if (typeof next === 'object') return dialer.retry(why, next.retryAfter);
      if (once || next === 'refresh-token' || next === 'unauthorized') {
        // The old token is not shown again, also not after a new login and `reconnect()`. A new one may be accepted, and
        // comes from the hook or in a url that is asked for anew.
        const most = { 'refresh-token': undefined, 'refresh-once': 2, unauthorized: 0 }[next];
        const hopeful = token.refused(most) && (hasTokenHook || (hasUrlProvider && !once));
        if (hopeful) return dialer.retry('token-refused');
        // One that is on its way was asked for by the login that ends here.
        dialer.abortToken();
        return dialer.stop(once ? 'refused-by-server' : 'unauthorized', told);
      }
      const planned = plannedAt < Infinity ? Math.max(0, plannedAt - turn.now) : undefined;
      dialer.retry(why, planned ?? (next === 'retry' ? undefined : dialer.delay(2)));
    },
    retry(reason, delay = delayOf()) {
      if (retries >= backoff.maxRetries) {
        return dialer.stop('retries-exhausted', `${retries} retries failed, the last one: ${reason}`);
      }
      retries++;
      wait(reason, turn.now + delay);
    },
    delay(later = 0) {
      try {
        return backoffDelay(backoff, retries + later, turn.random());
      } catch (cause) {
        // A command and not a call: a listener that is told of it may call the client, in the middle of this decision.
        tell({ do: 'error', code: 'listener-threw', text: 'jitter: it failed', cause });
        return backoffDelay({ ...backoff, jitter: 'none' }, retries + later, 0);
      }
    },
    isFresh: () => retries === 0,
    abortToken() {
      tell({ do: 'abort-token' });
      token.failed();
    },
    stop(reason, text) {
      deadlines.clear('retry', 'token');
      dialer.to({ status: 'closed', reason }, text);
    },
    wake(signal) {
      // Not every browser says both ends of a rest, and a page that is looked at does not rest.
      const back = dialer.is('suspended') && 'resume pageshow visible'.includes(signal);
      const quick = mayHurry();
      wokeAt = turn.now;
      if (!back && !(quick && dialer.is('waiting'))) return;
      const at = turn.now + (quick ? soon() : dialer.delay());
      if (at >= deadlines.get('retry')) return;
      if (quick) hurriedAt = turn.now;
      wait(signal, at);
    },
  };
  return dialer;
};

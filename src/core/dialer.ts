import { type Backoff, backoffDelay } from './backoff.js';
import type { NextStep } from './close-codes.js';
import { Connection } from './connection.js';
import type { Deadlines } from './deadlines.js';
import type { ClosedReason, CloseInfo, State, Turn } from './io.js';
import { Token } from './token.js';
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
export type Link =
  | { readonly at: 'none' }
  | { readonly at: 'token' | 'url' | 'handshake' | 'auth'; readonly attempt: number }
  | { readonly at: 'open'; heardPeer: boolean; writing: boolean };

/** After a wake of the page the next attempt comes within this time, drawn, so that a city does not come back at once. */
const WAKE_SPREAD = 200;
/** ... but only once in this time. */
const WAKE_PAUSE = 10_000;

/** Makes connections: when to try, with which token and url, and what follows when one ends. */
export class Dialer {
  readonly token: Token;
  link: Link = { at: 'none' };
  /** Counts every dial of this instance, so that a server can let the newer connection take over. */
  conn = 0;
  readonly #options: DialerOptions;
  readonly #deadlines: Deadlines;
  readonly #connection: Connection = new Connection();
  /** Failed attempts since the last healthy connection. */
  #retries = 0;
  #wokeAt = -Infinity;

  constructor(options: DialerOptions, deadlines: Deadlines) {
    this.#options = options;
    this.#deadlines = deadlines;
    this.token = new Token(options.hasTokenHook);
  }

  get state(): State {
    return this.#connection.state;
  }

  is(...statuses: readonly State['status'][]): boolean {
    return statuses.includes(this.state.status);
  }

  to(state: State, turn: Turn, text = ''): void {
    turn.out.push({ do: 'state', state: this.#connection.to(state), text });
  }

  begin(turn: Turn): void {
    const attempt = this.#retries + 1;
    this.conn++;
    this.#deadlines.clear('retry', 'closing');
    this.#deadlines.set('connect', turn.now + this.#options.connectTimeout);
    this.link = { at: 'token', attempt };
    this.to({ status: 'connecting', attempt }, turn);
    this.seekToken(turn);
  }

  /** Asks for a token if one is needed; an attempt that has what it needs goes on to its url. */
  seekToken(turn: Turn): void {
    const attempt = this.link.at === 'token' ? this.link.attempt : 0;
    const need = this.token.need(turn.now);
    if (need === 'wait') return;
    if (need) {
      turn.out.push({ do: 'ask-token', reason: need, attempt });
    } else if (this.link.at === 'token') {
      this.link = { at: 'url', attempt };
      turn.out.push({ do: 'ask-url', conn: this.conn });
    }
  }

  /** True if this is the answer that the present attempt waits for. */
  awaitsUrl(conn: number): boolean {
    return this.link.at === 'url' && conn === this.conn;
  }

  dial(url: string, params: Record<string, string | number | undefined>, turn: Turn): void {
    const { auth } = this.#options;
    const token = this.token.value;
    const protocols = [...this.#options.protocols];
    if (token !== undefined && auth.via === 'subprotocol')
      protocols.unshift('reliable-socket', `auth.${base64url(token)}`);
    const query = token !== undefined && auth.via === 'query' ? { ...params, [auth.param]: token } : params;
    this.link = { at: 'handshake', attempt: this.#retries + 1 };
    turn.out.push({ do: 'dial', url: withParams(url, query), protocols });
  }

  opened(resumed: boolean, turn: Turn): void {
    this.link = { at: 'open', heardPeer: false, writing: false };
    this.#deadlines.clear('connect');
    this.#deadlines.set('stable', turn.now + this.#options.backoff.stableAfter);
    this.#deadlines.set('token', this.token.renewAt);
    this.token.opened();
    this.to({ status: 'open', since: turn.now, resumed }, turn);
  }

  /** The connection has been healthy, or the user begins anew: old failures count no more. */
  forgive(): void {
    this.#retries = 0;
    this.token.accepted();
  }

  /** What follows a connection that the peer or the network ended. */
  follow(next: NextStep, info: CloseInfo, plannedAt: number, turn: Turn): void {
    const why = String(info.code);
    const told = `${info.code} ${info.reason}`.trim();
    switch (next.step) {
      case 'stop':
        return this.stop(
          next.unauthorized ? 'unauthorized' : 'refused-by-server',
          `the server closed with ${told}`,
          turn,
        );
      case 'refresh':
        return this.#refused(next.once, told, turn);
      case 'retry-after':
        return this.retry(why, next.delay, turn);
      case 'retry':
        return this.retryAt(why, plannedAt, next.later ? 2 : 0, turn);
    }
  }

  /** The server does not take the token: ask for another, but not for ever. */
  #refused(once: boolean, told: string, turn: Turn): void {
    const { hasTokenHook, hasUrlProvider } = this.#options;
    const hopeful = this.token.refused(once ? 2 : undefined) && (hasTokenHook || (hasUrlProvider && !once));
    if (hopeful) return this.retry('token-refused', this.delay(0, turn), turn);
    this.stop(once ? 'refused-by-server' : 'unauthorized', `the server closed with ${told}`, turn);
  }

  /** The time that a server named for our return holds; without one it is backoff, `later` steps further. */
  retryAt(reason: string, plannedAt: number, later: number, turn: Turn): void {
    const delay = plannedAt < Infinity ? Math.max(0, plannedAt - turn.now) : this.delay(later, turn);
    this.retry(reason, delay, turn);
  }

  retry(reason: string, delay: number, turn: Turn): void {
    if (this.#retries >= this.#options.backoff.maxRetries) {
      return this.stop('retries-exhausted', `${this.#retries} retries failed, the last one: ${reason}`, turn);
    }
    this.#retries++;
    this.#wait(reason, turn.now + delay, turn);
  }

  delay(later: number, turn: Turn): number {
    return backoffDelay(this.#options.backoff, this.#retries + later, turn.random());
  }

  stop(reason: ClosedReason, text: string, turn: Turn): void {
    this.#deadlines.clear('retry', 'token');
    this.to({ status: 'closed', reason }, turn, text);
  }

  /** The page is back: a wait is cut short, a suspended conversation goes on. */
  wake(signal: string, turn: Turn): void {
    const back = this.is('suspended') && (signal === 'resume' || signal === 'pageshow');
    if (!back && !this.is('waiting')) return;
    const quick = turn.now - this.#wokeAt >= WAKE_PAUSE;
    if (!back && !quick) return;
    const at = turn.now + (quick ? turn.random() * WAKE_SPREAD : this.delay(0, turn));
    if (at >= this.#deadlines.get('retry')) return;
    if (quick) this.#wokeAt = turn.now;
    this.#wait(signal, at, turn);
  }

  #wait(reason: string, retryAt: number, turn: Turn): void {
    this.#deadlines.set('retry', retryAt);
    this.to({ status: 'waiting', attempt: this.#retries + 1, retryAt, reason }, turn);
  }
}

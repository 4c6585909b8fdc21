import type { TokenReason } from './io.js';

/** Refused this often in a row, a new token does not help either: at most three calls of the hook, the first included. */
const MAX_REFUSALS = 3;
/** A refused token can look like a failed handshake to a page: ask again this often in a streak of them. */
const HANDSHAKES_PER_ASK = 3;

type Held =
  | { readonly at: 'nothing'; readonly because: TokenReason }
  | { readonly at: 'asking'; readonly reason: TokenReason }
  | { readonly at: 'token'; readonly token: string; readonly renewAt: number };

/** Keeps the token, and decides when the hook is asked: one question at a time, whoever waits for the answer. */
export class Token {
  readonly #hasHook: boolean;
  #held: Held = { at: 'nothing', because: 'first' };
  #subject: string | undefined;
  #refusals = 0;
  #neverOpened = 0;

  constructor(hasHook: boolean) {
    this.#hasHook = hasHook;
  }

  get value(): string | undefined {
    return this.#held.at === 'token' ? this.#held.token : undefined;
  }

  get renewAt(): number {
    return this.#held.at === 'token' ? this.#held.renewAt : Infinity;
  }

  /** What an attempt, or a live link, has to do for its token: nothing, ask, or wait for an answer that is under way. */
  need(now: number): TokenReason | 'wait' | undefined {
    const held = this.#held;
    if (!this.#hasHook || (held.at === 'token' && now < held.renewAt)) return undefined;
    if (held.at === 'asking') return 'wait';
    const reason = held.at === 'token' ? 'expiring' : held.because;
    this.#held = { at: 'asking', reason };
    return reason;
  }

  /** True if the token belongs to somebody else than the last one. */
  got(token: string, expiresIn: number, subject: string | undefined, now: number): boolean {
    // A fifth of its life, at most a minute, is the time to bring the next one.
    this.#held = { at: 'token', token, renewAt: now + expiresIn - Math.min(60_000, expiresIn / 5) };
    const other = subject !== undefined && this.#subject !== undefined && subject !== this.#subject;
    this.#subject = subject ?? this.#subject;
    return other;
  }

  /** The hook threw, hung or was given up: it is asked again by the next attempt. */
  failed(): void {
    if (this.#held.at === 'asking') this.#held = { at: 'nothing', because: this.#held.reason };
  }

  /** The server refused it. False if asking again is in vain. */
  refused(max: number = MAX_REFUSALS): boolean {
    this.#held = { at: 'nothing', because: 'refused' };
    return ++this.#refusals < max;
  }

  neverOpened(): void {
    const ask = ++this.#neverOpened % HANDSHAKES_PER_ASK === 0;
    if (ask && this.#held.at === 'token') this.#held = { at: 'nothing', because: 'handshake-failed' };
  }

  opened(): void {
    this.#neverOpened = 0;
  }

  /** The connection is healthy, or the user begins anew. */
  accepted(): void {
    this.#refusals = 0;
  }
}

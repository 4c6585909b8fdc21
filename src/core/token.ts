import type { TokenReason, Turn } from './io.js';

export interface Token {
  /** Whom the conversation belongs to, as far as the hook has said. */
  subject: string | undefined;
  /** True for what belongs to somebody else. */
  isOthers(subject: string | undefined): boolean;
  /** The token that is held, for the server. */
  value(): string | undefined;
  renewAt(): number;
  /**
   * For somebody who wants a token: the reason to ask the hook with, which is from then on under way; `'wait'` while it is
   * under way; undefined if what is held will do.
   */
  need(): TokenReason | 'wait' | undefined;
  /** The hook answered. True if the token belongs to somebody else than the last one. */
  got(value: string, expiresIn: number, subject: string | undefined): boolean;
  /** The hook threw, hung or was given up: it is asked again by the next attempt. */
  failed(): void;
  /** The conversation is over: whoever begins the next one may be somebody else, and brings a token of their own. */
  forget(): void;
  /**
   * The server refused the one that it was shown. False at the refusal number `most` in a row: asking again is in vain.
   * With 0 it refused the login, and with it any token that was not shown yet.
   */
  refused(most?: number): boolean;
  /** An attempt ended before it opened, which is all that a page sees of a refused token. */
  neverOpened(): void;
  opened(): void;
  /** The connection is healthy, or the user begins anew. */
  accepted(): void;
}

/** Refused this often in a row, a new token does not help either: at most three calls of the hook, the first included. */
const MAX_REFUSALS = 3;
/** In a streak of attempts that never opened the hook is asked again this seldom. */
const HANDSHAKES_PER_ASK = 3;

type Held =
  | { readonly at: 'nothing' | 'asking'; readonly reason: TokenReason }
  | { readonly at: 'token'; readonly token: string; readonly renewAt: number };

/** Keeps the token, and decides when the hook is asked: one question at a time, whoever waits for the answer. */
export const createToken = (turn: Turn, hasHook: boolean): Token => {
  let held: Held = { at: 'nothing', reason: 'first' };
  let shown: string | undefined;
  let refusals = 0;
  let neverOpened = 0;
  const renewAt = (): number => (held.at === 'token' ? held.renewAt : Infinity);
  const token: Token = {
    subject: undefined,
    isOthers: (subject = token.subject) => token.subject !== undefined && subject !== token.subject,
    value() {
      shown = held.at === 'token' ? held.token : undefined;
      return shown;
    },
    renewAt,
    need() {
      if (held.at === 'asking') return 'wait';
      if (!hasHook || turn.now < (held.at === 'token' ? held.renewAt : 0)) return undefined;
      const reason = held.at === 'token' ? 'expiring' : held.reason;
      held = { at: 'asking', reason };
      return reason;
    },
    got(value, expiresIn, subject = token.subject) {
      // A fifth of its life, at most a minute, is the time to bring the next one.
      held = { at: 'token', token: value, renewAt: turn.now + expiresIn - Math.min(60_000, expiresIn / 5) };
      const other = token.isOthers(subject);
      token.subject = subject;
      return other;
    },
    failed() {
      if (held.at === 'asking') held = { at: 'nothing', reason: held.reason };
    },
    forget() {
      held = { at: 'nothing', reason: 'first' };
    },
    refused(most = MAX_REFUSALS) {
      // It was renewed meanwhile: the new one has not been tried yet.
      if (most && held.at === 'token' && held.token !== shown) return true;
      held = { at: 'nothing', reason: 'refused' };
      return ++refusals < most;
    },
    neverOpened() {
      if (++neverOpened % HANDSHAKES_PER_ASK === 0 && held.at === 'token') {
        held = { at: 'nothing', reason: 'handshake-failed' };
      }
    },
    opened() {
      neverOpened = 0;
    },
    accepted() {
      refusals = 0;
    },
  };
  return token;
};

/**
 * What went wrong, in a word that stays the same across versions. docs: README, "Errors".
 *
 * Thrown: `bad-option`, `bad-url`, `bad-message`, `bad-call`, `duplicate-id`; in a `for await` also `iterator-overflow` and
 * `channel-refused`. All others come as an `error` event, in an outcome, in a rejected `request()` or `opened()`, or in
 * `state.error`.
 */
export type ErrorCode =
  | 'bad-option'
  | 'bad-url'
  | 'bad-message'
  | 'bad-call'
  | 'duplicate-id'
  | 'bad-frame'
  | 'invalid-message'
  | 'listener-threw'
  | 'heartbeat-unanswered'
  | 'protocol-version'
  | 'unproved-forgotten'
  | 'token-failed'
  | 'url-failed'
  | 'connect-failed'
  | 'gap-handler-failed'
  | 'store-failed'
  | 'no-websocket'
  | 'unauthorized'
  | 'retries-exhausted'
  | 'refused-by-server'
  | 'refused'
  | 'timeout'
  | 'outcome-unknown'
  | 'poisoned'
  | 'ids-expired'
  | 'dropped'
  | 'rejected'
  | 'closed'
  | 'aborted'
  | 'iterator-overflow'
  | 'channel-refused';

export interface ErrorDetail {
  readonly cause?: unknown;
  /** Id of the message that the error is about: with it a server can be asked what became of it. */
  readonly id?: string | undefined;
  /** The server's own code, from a `nack` or a refused channel. */
  readonly serverCode?: string | number | undefined;
  /** The server's own words for people, from the same frame. */
  readonly serverMessage?: string | undefined;
}

/** Every error of this library. The message says the action, the value and what was wanted; it never holds a token. */
export class ReliableSocketError extends Error {
  override readonly name = 'ReliableSocketError';
  readonly code: ErrorCode;
  readonly id: string | undefined;
  readonly serverCode: string | number | undefined;
  readonly serverMessage: string | undefined;

  constructor(code: ErrorCode, message: string, { cause, id, serverCode, serverMessage }: ErrorDetail = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.id = id;
    this.serverCode = serverCode;
    this.serverMessage = serverMessage;
  }
}

/** Close codes that mean something here, by name. 1000 to 1015: RFC 6455 section 7.4; 44xx after the HTTP status. */
export const CloseCode = {
  normal: 1000,
  goingAway: 1001,
  policyViolation: 1008,
  tooBig: 1009,
  serviceRestart: 1012,
  tryAgainLater: 1013,
  unauthorized: 4401,
  forbidden: 4403,
  tooManyRequests: 4429,
} as const;

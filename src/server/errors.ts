/**
 * What went wrong, in a word that stays the same across versions.
 *
 * Thrown: `bad-option`. `publish` rejects with `bad-message` and `log-failed`. The others are told to `onError` only,
 * since no caller waits for them; so is `log-failed` where a connection met it.
 */
export type ServerErrorCode =
  | 'bad-option'
  | 'bad-message'
  | 'log-failed'
  | 'authenticate-failed'
  | 'authorize-failed'
  | 'handler-threw';

/** Every error of the server. The message says the action, the value and what was wanted; it never holds a token. */
export class ServerError extends Error {
  override readonly name = 'ServerError';
  readonly code: ServerErrorCode;

  constructor(code: ServerErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}

/** The close codes that the server uses. 1000 to 1015: RFC 6455 section 7.4; 44xx after the HTTP status. */
export const CloseCode = {
  badFrame: 1007,
  tooBig: 1009,
  restart: 1012,
  tryLater: 1013,
  unauthorized: 4401,
  forbidden: 4403,
  replaced: 4409,
  tooMany: 4429,
} as const;

import { check } from './checks.js';
import type { Input, TokenReason } from './core/io.js';
import { createAbort } from './environment.js';
import { type ErrorCode, ReliableSocketError } from './errors.js';
import { checkUrl, type TokenRequest, type TokenResult, type UrlProvider } from './options.js';

/** Asks the application for its token and its url. Both may take their time, throw or hang; the core has a deadline. */
export interface Providers {
  askUrl(conn: number): void;
  askToken(asked: { readonly reason: TokenReason; readonly attempt: number }): void;
  /** Nobody waits for the token any more. */
  abortToken(): void;
}

export const createProviders = (
  url: UrlProvider,
  hook: ((request: TokenRequest) => TokenResult | Promise<TokenResult>) | undefined,
  run: (input: Input) => void,
  tellError: (code: ErrorCode, text: string, cause?: unknown) => void,
): Providers => {
  const source = typeof url === 'function' ? url : checkUrl(url);
  /** The one question about a token that somebody waits for. */
  let asking: { abort(): void } | undefined;
  return {
    async askUrl(conn) {
      if (typeof source === 'string') return run({ type: 'url', conn, url: source });
      let answer: Input;
      try {
        answer = { type: 'url', conn, url: checkUrl(await source()) };
      } catch (cause) {
        if (cause instanceof ReliableSocketError) tellError(cause.code, cause.message);
        else tellError('url-failed', 'connect: the url provider failed', cause);
        answer = { type: 'url-failed', conn };
      }
      run(answer);
    },
    async askToken({ reason, attempt }) {
      // One that is still out was about a token that was refused meanwhile.
      asking?.abort();
      const request = createAbort();
      asking = request;
      let answer: Input;
      try {
        const given = await hook?.({ reason, attempt, signal: request.signal });
        const { token = given, expiresIn = Infinity, subject } = Object(given);
        if (!token || typeof token !== 'string') throw new TypeError('no token');
        check('expiresIn', expiresIn, 1);
        answer = { type: 'token', token, expiresIn, subject };
      } catch (cause) {
        if (asking === request) tellError('token-failed', `token (${reason}): the hook failed`, cause);
        answer = { type: 'token-failed' };
      }
      // Also who was told of the failure may have asked anew, or closed.
      if (asking !== request) return;
      asking = undefined;
      run(answer);
    },
    abortToken() {
      asking?.abort();
      asking = undefined;
    },
  };
};

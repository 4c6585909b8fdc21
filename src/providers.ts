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
  const fixed = typeof url === 'function' ? undefined : checkUrl(url);
  let asking: { abort(): void } | undefined;
  // Also what is thrown at once becomes a rejection. What `run` throws is a bug of ours, and not the provider's failure.
  const ask = async <T>(
    provider: () => T | Promise<T>,
    done: (value: T) => () => void,
    failed: (cause: unknown) => void,
  ): Promise<void> => {
    let then: () => void;
    try {
      then = done(await provider());
    } catch (cause) {
      return failed(cause);
    }
    then();
  };
  return {
    askUrl(conn) {
      if (typeof url !== 'function') return run({ type: 'url', conn, url: fixed ?? '' });
      ask(
        url,
        (given) => {
          const checked = checkUrl(given);
          return () => run({ type: 'url', conn, url: checked });
        },
        (cause) => {
          if (cause instanceof ReliableSocketError) tellError(cause.code, cause.message);
          else tellError('url-failed', 'connect: the url provider failed', cause);
          run({ type: 'url-failed', conn });
        },
      );
    },
    askToken({ reason, attempt }) {
      // One that is still out was about a token that was refused meanwhile.
      asking?.abort();
      const request = createAbort();
      asking = request;
      ask(
        async () => hook?.({ reason, attempt, signal: request.signal }),
        (given) => {
          const { token = given, expiresIn = Infinity, subject } = Object(given);
          if (!token || typeof token !== 'string') throw new TypeError('no token');
          if (!(expiresIn > 0)) throw new TypeError(`expiresIn is ${expiresIn}, wanted ms from now`);
          return () => {
            if (asking !== request) return;
            asking = undefined;
            run({ type: 'token', token, expiresIn, subject });
          };
        },
        (cause) => {
          if (asking !== request) return;
          tellError('token-failed', `token (${reason}): the hook failed`, cause);
          run({ type: 'token-failed' });
        },
      );
    },
    abortToken() {
      asking?.abort();
      asking = undefined;
    },
  };
};

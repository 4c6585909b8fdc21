import type { Input, TokenReason } from './core/io.js';
import { createAbort } from './environment.js';
import { type ErrorCode, ReliableSocketError } from './errors.js';
import { checkUrl, type ReliableSocketOptions, type UrlProvider } from './options.js';
import type { Message } from './protocol/frames.js';

type TokenHook = NonNullable<ReliableSocketOptions<Message, Message>['token']>;
type Tell = (code: ErrorCode, text: string, cause?: unknown) => void;

/** Asks the application for its token and its url. Both may take their time, throw or hang; the core has a deadline. */
export class Providers {
  readonly #url: UrlProvider;
  readonly #hook: TokenHook | undefined;
  readonly #run: (input: Input) => void;
  readonly #tell: Tell;
  #asking: { abort(): void } | undefined;

  constructor(url: UrlProvider, hook: TokenHook | undefined, run: (input: Input) => void, tell: Tell) {
    this.#url = typeof url === 'function' ? url : checkUrl(url);
    this.#hook = hook;
    this.#run = run;
    this.#tell = tell;
  }

  askUrl(conn: number): void {
    const url = this.#url;
    if (typeof url !== 'function') return this.#run({ type: 'url', conn, url: checkUrl(url) });
    const failed = (cause: unknown): void => {
      if (cause instanceof ReliableSocketError) this.#tell(cause.code, cause.message);
      else this.#tell('url-failed', 'connect: the url provider failed', cause);
      this.#run({ type: 'url-failed', conn });
    };
    // `then` in one call: what `run` throws is a bug of ours, and not the provider's failure.
    promise(() => url())
      .then(checkUrl)
      .then((text) => this.#run({ type: 'url', conn, url: text }), failed);
  }

  askToken(reason: TokenReason, attempt: number): void {
    const hook = this.#hook;
    if (!hook) return;
    const { signal, abort } = createAbort();
    const asking = { abort };
    this.#asking = asking;
    const current = (): boolean => this.#asking === asking;
    promise(() => hook({ reason, attempt, signal }))
      .then((result) => {
        const { token, expiresIn = Infinity, subject } = typeof result === 'string' ? { token: result } : result;
        if (typeof token !== 'string' || !token) throw new TypeError('the token is no text, wanted a string');
        if (!(expiresIn > 0)) throw new TypeError(`expiresIn is ${expiresIn}, wanted ms from now`);
        return { token, expiresIn, subject };
      })
      .then(
        (result) => current() && this.#run({ type: 'token', ...result, subject: result.subject }),
        (cause: unknown) => {
          if (!current()) return;
          this.#tell('token-failed', `token hook (${reason}): it failed`, cause);
          this.#run({ type: 'token-failed' });
        },
      );
  }

  /** Nobody waits for the token any more. */
  abortToken(): void {
    this.#asking?.abort();
    this.#asking = undefined;
  }
}

/** Also what is thrown at once becomes a rejection. */
const promise = async <T>(ask: () => T | Promise<T>): Promise<T> => ask();

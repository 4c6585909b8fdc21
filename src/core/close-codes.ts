import type { CloseVerdict } from './io.js';

/** What follows the end of a connection. `later`: two steps further in the backoff; `slower`: and at half the pace. */
export type NextStep =
  | { readonly step: 'retry' | 'later' | 'slower' | 'refresh' | 'refresh-once' | 'unauthorized' | 'stop' }
  | { readonly step: 'after'; readonly delay: number };

const STEPS: Record<number, Exclude<NextStep['step'], 'after'>> = {
  401: 'refresh',
  403: 'unauthorized',
  1008: 'refresh-once',
  1012: 'later',
  1013: 'later',
  4401: 'refresh',
  4403: 'unauthorized',
  4429: 'slower',
};

/**
 * The close-code policy. Everything not named is an ordinary retry, also 1000 and 1001: a server that says goodbye has
 * not ended the conversation, only our own `close()` does.
 *
 * @param code the close code, or the HTTP status of a refused handshake where the platform shows it (Node)
 */
export const afterClose = (code: number, verdict?: CloseVerdict): NextStep => {
  if (typeof verdict === 'object') return { step: 'after', delay: verdict.retryAfter };
  return { step: (verdict === 'refresh-token' ? 'refresh' : verdict) ?? STEPS[code] ?? 'retry' };
};

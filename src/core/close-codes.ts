import type { CloseVerdict } from './io.js';

/** What follows the end of a connection, before anybody's wishes are asked. */
export type NextStep =
  | { readonly step: 'retry'; readonly later: boolean; readonly slower: boolean }
  | { readonly step: 'refresh'; readonly once: boolean }
  | { readonly step: 'stop'; readonly unauthorized: boolean }
  | { readonly step: 'retry-after'; readonly delay: number };

const retry: NextStep = { step: 'retry', later: false, slower: false };
const later: NextStep = { step: 'retry', later: true, slower: false };
const unauthorized: NextStep = { step: 'stop', unauthorized: true };

const STEPS: Record<number, NextStep> = {
  1008: { step: 'refresh', once: true },
  1012: later,
  1013: later,
  4401: { step: 'refresh', once: false },
  4403: unauthorized,
  4429: { step: 'retry', later: true, slower: true },
};

/**
 * The close-code policy. Everything not named is an ordinary retry, also 1000 and 1001: a server that says goodbye
 * has not ended the conversation, only our own `close()` does.
 *
 * @param httpStatus what the handshake was refused with, where the platform shows it (Node); 0 otherwise
 */
export const afterClose = (code: number, httpStatus: number, verdict: CloseVerdict): NextStep => {
  if (verdict === 'retry') return retry;
  if (verdict === 'stop') return { step: 'stop', unauthorized: false };
  if (verdict === 'refresh-token') return { step: 'refresh', once: false };
  if (verdict) return { step: 'retry-after', delay: verdict.retryAfter };
  if (httpStatus === 401) return { step: 'refresh', once: false };
  if (httpStatus === 403) return unauthorized;
  return STEPS[code] ?? retry;
};

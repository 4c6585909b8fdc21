import type { CloseVerdict } from './io.js';

/**
 * What follows the end of a connection: a verdict that the app could give as well, or what only a code says. `later`: two
 * steps further in the backoff; `slower`: and at half the pace.
 */
export type NextStep = NonNullable<CloseVerdict> | 'later' | 'slower' | 'refresh-once' | 'unauthorized';

const STEPS: Record<number, NextStep> = {
  401: 'refresh-token',
  403: 'unauthorized',
  1008: 'refresh-once',
  1012: 'later',
  1013: 'later',
  4401: 'refresh-token',
  4403: 'unauthorized',
  4429: 'slower',
};

/**
 * The close-code policy. Everything not named is an ordinary retry, also 1000 and 1001: a server that says goodbye has
 * not ended the conversation, only our own `close()` does.
 *
 * @param code the close code, or the HTTP status of a refused handshake where the platform shows it (Node)
 */
export const afterClose = (code: number, verdict?: CloseVerdict): NextStep => verdict ?? STEPS[code] ?? 'retry';

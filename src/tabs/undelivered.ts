import type { ErrorCode } from '../index.js';
import type { Entry, Event, Settled } from './words.js';

/** That a message ended otherwise than its sender wanted, for its receipt and for the listeners of its tab. */
export const undelivered = (
  { id, message, channel }: Entry,
  outcome: 'unknown' | 'dropped' | 'rejected' | 'cancelled' | 'closed',
  reason: string,
): [Settled, Event] => {
  const code: ErrorCode | 'cancelled' = outcome === 'unknown' ? 'outcome-unknown' : outcome;
  const error = code !== 'cancelled' && { code, message: `send "${message.type}": ${outcome} (${reason})`, id };
  return [
    { do: 'settled', id, outcome, ...(error && { error }) },
    { do: 'event', name: 'undelivered', event: { id, message, channel, outcome, reason }, id },
  ];
};

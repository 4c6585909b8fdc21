import type { OutcomeName } from '../index.js';
import type { Entry, Event, News } from './words.js';

const CODES: Partial<Record<OutcomeName, 'outcome-unknown' | 'rejected' | 'closed'>> = {
  unknown: 'outcome-unknown',
  rejected: 'rejected',
  closed: 'closed',
};

/** That a message ended otherwise than its sender wanted, for its receipt and for the listeners of its tab. */
export const undelivered = (
  { id, message, channel }: Entry,
  outcome: OutcomeName,
  reason: string,
): [Extract<News, { what: 'settled' }>, Event] => {
  const code = CODES[outcome];
  const error = code && { code, message: `send "${message.type}": ${outcome} (${reason})`, id };
  return [
    { what: 'settled', id, ending: { outcome, error } },
    { what: 'event', name: 'undelivered', event: { id, message, channel, outcome, reason }, id },
  ];
};

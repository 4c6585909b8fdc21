import { type ErrorCode, ReliableSocketError } from './errors.js';
import type { Message } from './protocol/frames.js';
import type { Receipt } from './receipt.js';

/** The outcome of a message as an answer or a typed error. */
export const request = async (receipt: Receipt, message: Message, signal?: AbortSignal): Promise<unknown> => {
  const { outcome, data, error } = await receipt.settled;
  if (outcome === 'acked') return data;
  if (error) throw error;
  // Left are those that somebody wanted: taken back, kept for the next life, or replaced.
  const code: ErrorCode = outcome === 'cancelled' ? 'aborted' : 'closed';
  throw new ReliableSocketError(code, `request "${message.type}": ${outcome}`, {
    id: receipt.id,
    cause: signal?.reason,
  });
};

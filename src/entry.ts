import type { Entry, Policy } from './core/io.js';
import { byteLength } from './environment.js';
import { ReliableSocketError } from './errors.js';
import type { Encoded, Message, Protocol } from './protocol/frames.js';

/** Encodes a message once and makes it ready for its way. Throws `bad-message` for what can not be sent. */
export const createEntry = (
  protocol: Protocol,
  id: string,
  message: Message,
  channel: string | undefined,
  policy: Policy,
  now: number,
  ttl: number = 'ttl' in policy ? policy.ttl : Infinity,
): Entry => {
  let data: Encoded;
  try {
    const messageId = policy.kind === 'queue' && policy.ack !== 'none' ? id : undefined;
    data = protocol.encode({ kind: 'message', message, channel, messageId });
  } catch (cause) {
    throw new ReliableSocketError('bad-message', `send: ${(cause as Error).message}`, { cause });
  }
  return {
    id,
    message,
    channel,
    data,
    bytes: byteLength(data),
    policy,
    // Safe: a key function takes the messages of its own type, and this is one.
    key: policy.kind === 'latest' ? JSON.stringify([channel, message.type, policy.key(message as never)]) : undefined,
    createdAt: now,
    expiresAt: now + ttl,
    status: 'queued',
    ending: undefined,
    kept: false,
    resolve: undefined,
    firstWrittenAt: undefined,
    mark: 0,
    ackBy: Infinity,
    ackTimeouts: 0,
    notBefore: 0,
    refusals: 0,
    evidence: undefined,
    line: undefined,
    previous: undefined,
    next: undefined,
  };
};

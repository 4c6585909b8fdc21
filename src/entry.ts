import type { Entry, Policy } from './core/io.js';
import { byteLength } from './environment.js';
import { ReliableSocketError } from './errors.js';
import type { Message, Protocol } from './protocol/frames.js';

interface EntryRequest {
  readonly id: string;
  readonly message: Message;
  readonly channel: string | undefined;
  readonly policy: Policy;
  readonly ttl: number | undefined;
  readonly now: number;
}

/** Encodes a message once and makes it ready for its way. Throws `bad-message` for what can not be sent. */
export const createEntry = ({ id, message, channel, policy, ttl, now }: EntryRequest, protocol: Protocol): Entry => {
  const acked = policy.kind === 'queue' && policy.ack !== 'none';
  const lifetime = ttl ?? (policy.kind === 'queue' || policy.kind === 'latest' ? policy.ttl : Infinity);
  let data: ReturnType<Protocol['encode']>;
  try {
    data = protocol.encode({
      kind: 'message',
      message,
      ...(channel !== undefined && { channel }),
      ...(acked && { messageId: id }),
    });
  } catch (cause) {
    throw new ReliableSocketError('bad-message', `send: ${(cause as Error).message}`, { cause });
  }
  // Safe: a key function takes the messages of its own type, and this is one.
  const key = policy.kind === 'latest' ? policy.key(message as never) : undefined;
  return {
    id,
    message,
    channel,
    data,
    bytes: byteLength(data),
    policy,
    key: policy.kind === 'latest' ? JSON.stringify([channel, message.type, key]) : undefined,
    createdAt: now,
    expiresAt: now + lifetime,
    status: 'queued',
    fate: { ending: undefined },
    firstWrittenAt: undefined,
    mark: 0,
    ackBy: Infinity,
    ackTimeouts: 0,
    notBefore: 0,
    refusals: 0,
  };
};

// The application of full.mjs: the test app of docs/CONFORMANCE.md. Put your own here.
import { setTimeout as sleep } from 'node:timers/promises';

const later = new Set();

/** The principal of a token, or the code to close with. */
export function authenticate(token) {
  if (token === 'banned') return { code: 4403 };
  return token === undefined || token === 'ann' || token === 'bob' ? { principal: token } : { code: 4401 };
}

/** Why a channel is not given, if it is not. */
export function refusal(channel) {
  return channel === 'forbidden' ? { code: 'forbidden', message: 'not for you' } : undefined;
}

/** Handles one message, and returns the ack or nack. */
export async function handle(message, messageId, { publish, stream, revoke, goaway }) {
  if (message.type === 'test:refuse') return { type: 'nack', code: 'refused', message: 'as you asked' };
  if (message.type === 'test:later' && !later.has(messageId)) {
    later.add(messageId);
    return { type: 'nack', code: 'later', message: 'not now', retry: true };
  }
  if (message.type === 'test:slow') await sleep(300);
  if (message.type === 'test:forget') stream(message.channel).log.length = 0;
  else if (message.type === 'test:revoke') revoke(message.channel, { code: 'revoked', message: 'as you asked' });
  else if (message.type === 'test:goaway') goaway(500);
  else return { type: 'ack', data: { seq: publish(message) } };
  return { type: 'ack' };
}

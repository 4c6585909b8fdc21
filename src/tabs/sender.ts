import { onAbort } from '../abort.js';
import { check, checkId } from '../checks.js';
import { ReliableSocketError } from '../errors.js';
import type { Message, Outcome, Receipt, RequestOptions, SendOptions } from '../index.js';
import { request } from '../request.js';
import { createDeferred } from './deferred.js';
import type { Shell } from './shell.js';

/** Sending, for the socket and its channels. */
export interface Sender {
  send(message: Message, channel: string | undefined, options: SendOptions | undefined): Receipt;
  request(message: Message, channel: string | undefined, options: RequestOptions | undefined): Promise<unknown>;
}

/** A copy, as of now, of what can be given to another tab. */
const copyOf = (message: Message): Message => {
  try {
    const copy = structuredClone(message);
    if (typeof copy.type === 'string') return copy;
    throw new Error(`the type is ${typeof copy.type}, wanted a string`);
  } catch (cause) {
    throw new ReliableSocketError('bad-message', `send: ${(cause as Error).message}`, { cause });
  }
};

export const createSender = ({ tab, session, waiting, now, run }: Shell): Sender => {
  let lastId = 0;
  const send = (
    message: Message,
    channel: string | undefined,
    { id = `${tab}-${++lastId}`, ttl, signal }: SendOptions = {},
    asks = false,
  ): Receipt => {
    if (ttl !== undefined) check('send: ttl', ttl, 0);
    const { find } = session.mail;
    checkId(id, find);
    const entry = { id, message: copyOf(message), channel, createdAt: now(), ttl, request: asks, since: undefined };
    const cancel = (): void => run({ type: 'cancel', id });
    const settled = createDeferred<Outcome>();
    const durable = createDeferred<boolean>();
    waiting.set(id, { settled, durable });
    run({ type: 'send', entry, isAborted: signal?.aborted });
    settled.promise.then(onAbort(signal, cancel));
    const status = find(id) ? 'queued' : 'rejected';
    return { id, status, settled: settled.promise, durable: durable.promise, cancel };
  };
  return {
    send,
    async request(message, channel, { timeout, ...rest } = {}) {
      if (timeout !== undefined) check('request: timeout', timeout, 1);
      // Safe: what is undefined counts as absent.
      const options = { ...rest, ttl: timeout } as SendOptions;
      return request(send(message, channel, options, true), message, rest.signal);
    },
  };
};

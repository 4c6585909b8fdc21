import { check } from '../checks.js';
import { ReliableSocketError } from '../errors.js';
import type { Message, Outcome, Receipt, RequestOptions, SendOptions } from '../index.js';
import { request } from '../request.js';
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
    if (typeof copy?.type === 'string') return copy;
  } catch (cause) {
    throw new ReliableSocketError('bad-message', `send: ${(cause as Error).message}`, { cause });
  }
  throw new ReliableSocketError('bad-message', `send: the type is ${typeof message?.type}, wanted a string`);
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
    if (session.mail.find(id)) {
      throw new ReliableSocketError('duplicate-id', `send: id "${id}" is under way, wanted a new one`, { id });
    }
    const entry = { id, message: copyOf(message), channel, createdAt: now(), ttl, request: asks, since: undefined };
    const cancel = (): void => run({ type: 'cancel', id });
    let tellDurable = (_kept: boolean): void => {};
    const durable = new Promise<boolean>((resolve) => {
      tellDurable = resolve;
    });
    let tellOutcome = (_outcome: Outcome): void => {};
    const settled = new Promise<Outcome>((resolve) => {
      tellOutcome = resolve;
    });
    waiting.set(id, {
      settled,
      durable: tellDurable,
      settle(outcome) {
        signal?.removeEventListener('abort', cancel);
        tellDurable(false);
        tellOutcome(outcome);
      },
    });
    run({ type: 'send', entry });
    if (signal?.aborted) cancel();
    else signal?.addEventListener('abort', cancel);
    return { id, status: session.mail.find(id) ? 'queued' : 'rejected', settled, durable, cancel };
  };
  return {
    send: (message, channel, options) => send(message, channel, options),
    async request(message, channel, { timeout, ...rest } = {}) {
      if (timeout !== undefined) check('request: timeout', timeout, 1);
      const options = { ...rest, ...(timeout !== undefined && { ttl: timeout }) };
      return request(send(message, channel, options, true), message, rest.signal);
    },
  };
};

import { type Options, openClient, type ScriptedClient } from './harness.js';

type Frame = Record<string, unknown>;

/** What a server says first. */
export const welcome = (seq?: number, epoch?: string, more: object = {}): Frame => ({
  type: 'welcome',
  ...(epoch !== undefined && { epoch }),
  ...(seq !== undefined && { seq }),
  ...more,
});

/** A numbered message. */
export const m = (seq: unknown, more: object = {}): Frame => ({ type: 'm', seq, ...more });

export const from = (first: number, last: number): Frame[] =>
  Array.from({ length: last - first + 1 }, (_, i) => m(first + i));

/** What is told to be missing. */
export const gap = (a: unknown, b: unknown, reason: string, epoch?: string, channel?: string): Frame => ({
  channel,
  from: a,
  to: b,
  reason,
  epoch,
});

/** A client that has heard everything up to 42, without epochs, on its second link. */
export async function plain42(options: Options = {}): Promise<ScriptedClient> {
  const client = await openClient(options, m(41), m(42));
  client.bounce();
  client.messages.length = 0;
  return client;
}

import { ServerError } from './errors.js';
import { answerOf, HookFault, resultOf } from './hook-answers.js';
import type { AnyMessage, Client, MessageContext, ResolvedOptions, Result } from './options.js';
import type { Answer, Once } from './replay-log.js';
import type { Received } from './session/io.js';
import { isName } from './session/names.js';

const UNKNOWN: Answer = { nack: { code: 'unknown', message: 'nobody can tell whether it took effect' } };
const NO_HANDLER: Answer = { nack: { code: 'no-handler', message: 'this server takes no messages' } };

/** Takes a message to its answer: its id is known or not, the handler decides, the log keeps what is published. */
export type Handling = (received: Received, client: Client, owner: string) => Promise<Answer>;

/** @param owner Names whose ids they are. */
const keyOf = (owner: string, messageId: string): string => JSON.stringify([owner, messageId]);

/** Safe: it says nothing of the other members than that there may be some. */
const open = (message: Received['message']): AnyMessage => message as AnyMessage;

/** @param report Hears what the handler threw. What the returned function throws itself comes from the log. */
export const createHandling = (
  { log, ids, abandoned, hookTimeout, hooks: { onMessage }, session: { protocol, limits } }: ResolvedOptions,
  report: (error: ServerError) => void,
): Handling => {
  /** What the handler wants, or undefined if it threw or wants what can not be sent. */
  const ask = async (message: AnyMessage, context: MessageContext): Promise<Result | undefined> => {
    try {
      const result = resultOf(await answerOf(onMessage?.(message, context), hookTimeout));
      // Before anything is remembered: what can not be sent would hold up all that follows.
      if ('nack' in result) protocol.encode({ kind: 'nack', messageId: '', ...result.nack });
      else if (result.data !== undefined) protocol.encode({ kind: 'ack', messageId: '', data: result.data });
      if ('publish' in result && result.publish !== undefined) protocol.pack(result.publish);
      if ('channel' in result && !isName(result.channel, limits)) {
        throw new HookFault(
          `answered a channel of ${result.channel?.length} characters, wanted at most ${limits.nameLength}`,
        );
      }
      return result;
    } catch (cause) {
      const what = cause instanceof HookFault ? cause.message : 'threw';
      report(new ServerError('handler-threw', `onMessage ${what} for a "${message.type}"`, cause));
      return undefined;
    }
  };
  const carryOut = async (result: Result, context: MessageContext, key: string | undefined): Promise<Answer> => {
    if ('nack' in result) return result;
    const answer: Answer = result.data === undefined ? {} : { data: result.data };
    if (result.publish === undefined) return answer;
    const once: Once | undefined = key !== undefined && ids === log.ids ? { key, answer } : undefined;
    const channel = 'channel' in result ? result.channel : context.channel;
    const appended = await log.append(channel, protocol.pack(result.publish), once);
    return appended.answer ?? answer;
  };

  /** The log failed, and whether it has appended is not known; where that does no harm, the message may come again. */
  const giveUp = (key: string) => async (error: unknown) => {
    const closed = abandoned === 'again' ? ids.release(key) : ids.settle(key, UNKNOWN);
    await closed.catch(() => {});
    throw error;
  };

  return async ({ message, channel, messageId }, client, owner) => {
    if (onMessage === undefined) return NO_HANDLER;
    const context = { client, channel, messageId, again: false };
    if (messageId === undefined) {
      const result = await ask(open(message), context);
      return result === undefined ? UNKNOWN : carryOut(result, context, undefined);
    }
    const key = keyOf(owner, messageId);
    const claim = await ids.claim(key);
    if (claim.state === 'answered') return claim.answer;
    const { again } = claim;
    if (again && abandoned === 'unknown') {
      await ids.settle(key, UNKNOWN);
      return UNKNOWN;
    }
    const result = await ask(open(message), { ...context, again });
    const answer = result === undefined ? UNKNOWN : await carryOut(result, context, key).catch(giveUp(key));
    const comesAgain = 'nack' in answer && answer.nack.retry !== undefined && answer.nack.retry !== false;
    await (comesAgain ? ids.release(key) : ids.settle(key, answer));
    return answer;
  };
};

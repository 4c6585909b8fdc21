import { shown } from './checks.js';
import { inTime } from './in-time.js';
import type { Result } from './options.js';
import type { Identity, Refusal } from './session/io.js';

/** A hook did not throw, and yet gave no answer that it may: plain JavaScript may answer anything. The message says what it did. */
export class HookFault extends TypeError {}

/** For people. A string is not told, since it may be a token. */
const told = (value: unknown): string => (typeof value === 'string' ? 'a string' : shown(value));

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const wrong = (what: string, value: unknown, wanted: string): HookFault =>
  new HookFault(`answered ${what}${told(value)}, wanted ${wanted}`);

/** A member that nobody reads is a slip of the pen, and what it should have done is not done. */
const checkMembers = (answer: Readonly<Record<string, unknown>>, known: readonly string[], wanted: string): void => {
  const unread = Object.keys(answer).find((name) => answer[name] !== undefined && !known.includes(name));
  if (unread !== undefined) throw new HookFault(`answered an object with "${unread}", wanted ${wanted}`);
};

/** What a hook returned or resolves with; a `HookFault` if that takes longer than so many ms. */
export const answerOf = <T>(answer: T | Promise<T>, ms: number): Promise<T> =>
  inTime(answer, ms, () => new HookFault(`did not answer in ${ms} ms`));

/** Tokens say in seconds when they end: from 2001 on, as a number that in ms is a time in the seventies. */
const isSeconds = (time: number): boolean => time >= 1e9 && time < 1e11;

/** What `authenticate` may answer; who is not surely known is not let in. */
export const identityOf = (answer: unknown): Identity | 'unauthorized' | 'forbidden' => {
  if (answer === 'unauthorized' || answer === 'forbidden') return answer;
  if (!isObject(answer)) throw wrong('', answer, 'an identity, "unauthorized" or "forbidden"');
  const known = ['principal', 'expiresAt', 'user'];
  // A row of the users has none of them, and whoever it is for would be let in as nobody. Beside them more does no harm.
  if (!known.some((name) => name in answer)) checkMembers(answer, known, '{ principal?, expiresAt?, user? }');
  const { principal, expiresAt } = answer;
  if (principal !== undefined && typeof principal !== 'string') {
    throw wrong('a principal that is ', principal, 'a string, or none');
  }
  const isTime = typeof expiresAt === 'number' && !Number.isNaN(expiresAt) && !isSeconds(expiresAt);
  if (expiresAt !== undefined && !isTime) {
    throw wrong('an expiresAt that is ', expiresAt, 'ms as Date.now() counts them, or none');
  }
  return answer;
};

const REFUSAL = '{ code, message, retry? }, with a retry that is true, false or ms';

/** Only the members of a refusal: what else is in the object is not for the client. */
export const toRefusal = (value: unknown): Refusal | undefined => {
  if (!isObject(value)) return undefined;
  const { code, message, retry } = value;
  if (typeof code !== 'string' || typeof message !== 'string') return undefined;
  if (retry === undefined) return { code, message };
  const isTime = typeof retry === 'number' && retry >= 0 && retry < Infinity;
  return isTime || typeof retry === 'boolean' ? { code, message, retry } : undefined;
};

/** What `authorize` may answer. Only `true` is a right; what is falsy says no, as in `user && user.mayRead`. */
export const rightOf = (answer: unknown): true | Refusal | undefined => {
  if (answer === true) return true;
  if (!answer) return undefined;
  const refusal = toRefusal(answer);
  if (refusal === undefined) throw wrong('', answer, `true, false or ${REFUSAL}`);
  return refusal;
};

/** What `onMessage` may answer. `data` is what it is now, whatever becomes of the object later. */
export const resultOf = (answer: unknown): Result => {
  if (answer === undefined || answer === null) return {};
  const wanted = 'nothing, or an object with "publish", "data" or "nack"';
  if (!isObject(answer)) throw wrong('', answer, wanted);
  if ('nack' in answer) {
    const nack = toRefusal(answer.nack);
    if (nack === undefined) throw wrong('a nack that is ', answer.nack, REFUSAL);
    checkMembers(answer, ['nack'], 'a "nack" alone, since such a message has no effect');
    return { nack };
  }
  checkMembers(answer, ['publish', 'channel', 'data'], wanted);
  const { publish, channel } = answer;
  if (channel !== undefined && typeof channel !== 'string') {
    throw wrong('a channel that is ', channel, 'a string, or none');
  }
  const text: string | undefined = JSON.stringify(answer.data);
  return {
    // Safe: it is packed before anything is done with it, which throws for what is no message.
    ...(publish !== undefined && {
      publish: publish as NonNullable<Extract<Result, { publish?: unknown }>['publish']>,
    }),
    ...('channel' in answer && { channel }),
    ...(text !== undefined && { data: JSON.parse(text) as unknown }),
  };
};

import { ServerError } from './errors.js';
import { bytesOf } from './runtime.js';

/** Bytes of a reason in a close frame. */
const MOST_REASON = 123;
/** ms: timers of all runtimes count to 2^31 - 1, and some ms are added to what was asked for. */
const MOST_TIMER = 2_147_480_000;

/** What a value must be: a number of at least this, or one of these words. */
export type Rule = number | readonly string[];

/** Throws `bad-option` with the option's name, its value and what was wanted. */
export const checkOption = (name: string, value: unknown, rule: Rule): void => {
  const fits =
    typeof rule === 'number' ? typeof value === 'number' && value >= rule : rule.some((word) => word === value);
  if (fits) return;
  const wanted = typeof rule === 'number' ? `a number of at least ${rule}` : rule.join(' or ');
  throw new ServerError('bad-option', `${name} is ${String(value)}, wanted ${wanted}`);
};

/** Throws `bad-option` for a hook that is no function. */
export const checkHook = (name: string, value: unknown): void => {
  if (value === undefined || typeof value === 'function') return;
  throw new ServerError('bad-option', `${name} is ${String(value)}, wanted a function`);
};

/** Throws `bad-option` for what is no list of texts. */
export const checkTexts = (name: string, value: unknown): void => {
  if (value === undefined || (Array.isArray(value) && value.every((one) => typeof one === 'string'))) return;
  throw new ServerError('bad-option', `${name} is ${String(value)}, wanted a list of texts`);
};

/** Throws `bad-option` for what is no text, if it is there. */
export const checkText = (name: string, value: unknown): void => {
  if (value === undefined || typeof value === 'string') return;
  throw new ServerError('bad-option', `${name} is ${String(value)}, wanted a text`);
};

/** Throws `bad-option` for what is no object. */
export const checkObject = (name: string, value: unknown, wanted: string): void => {
  if (typeof value === 'object' && value !== null) return;
  throw new ServerError('bad-option', `${name} is ${String(value)}, wanted ${wanted}`);
};

/** Throws `bad-option` for ms that no timer can count. */
export const checkTimer = (name: string, value: unknown, least: number): void => {
  if (typeof value === 'number' && value >= least && value <= MOST_TIMER) return;
  throw new ServerError('bad-option', `${name} is ${String(value)}, wanted a number from ${least} to ${MOST_TIMER}`);
};

/** Throws `bad-option` for what is no whole number of at least 1. */
export const checkWhole = (name: string, value: unknown): void => {
  if (Number.isSafeInteger(value) && Number(value) >= 1) return;
  throw new ServerError('bad-option', `${name} is ${String(value)}, wanted a whole number of at least 1`);
};

/** Throws `bad-option` for a reason that does not fit into a close frame: RFC 6455 section 5.5. */
export const checkReason = (name: string, value: unknown): void => {
  if (typeof value === 'string' && bytesOf(value) <= MOST_REASON) return;
  const given = typeof value === 'string' ? `${bytesOf(value)} bytes long` : String(value);
  throw new ServerError('bad-option', `${name} is ${given}, wanted a text of at most ${MOST_REASON} bytes`);
};

/** Throws `bad-option` for what lacks a member by which it would be used. A string is not told: it may hold a password. */
export const checkThing = (name: string, value: unknown, member: string, wanted: string): void => {
  if (Object(value)[member] !== undefined) return;
  const given = typeof value === 'string' ? 'a string' : String(value);
  throw new ServerError('bad-option', `${name} is ${given}, wanted ${wanted}`);
};

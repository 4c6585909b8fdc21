import { ServerError } from './errors.js';

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

/** Throws `bad-option` for what is no list. */
export const checkList = (name: string, value: unknown): void => {
  if (value === undefined || Array.isArray(value)) return;
  throw new ServerError('bad-option', `${name} is ${String(value)}, wanted a list`);
};

/** Throws `bad-option` for what lacks a member by which it would be used. A string is not told: it may hold a password. */
export const checkThing = (name: string, value: unknown, member: string, wanted: string): void => {
  if (Object(value)[member] !== undefined) return;
  const given = typeof value === 'string' ? 'a string' : String(value);
  throw new ServerError('bad-option', `${name} is ${given}, wanted ${wanted}`);
};

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

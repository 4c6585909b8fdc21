import { ReliableSocketError } from './errors.js';

/** What a value must be: a number of at least this, one of these words, or a function. */
export type Rule = number | readonly string[] | 'function';

/** Throws `bad-option` with the option's name, its value and what was wanted. */
export const check = (name: string, value: unknown, rule: Rule): void => {
  const isNumber = typeof rule === 'number';
  if (isNumber ? typeof value === 'number' && value >= rule : rule === typeof value || rule.includes(value as string))
    return;
  const wanted = isNumber ? `a number of at least ${rule}` : `a ${[rule].flat().join(' or ')}`;
  throw new ReliableSocketError('bad-option', `${name} is ${String(value)}, wanted ${wanted}`);
};

/** The values of a group of options over their defaults, each checked by the rule of its name. */
export const resolveGroup = <T extends object>(
  name: string,
  given: unknown,
  defaults: T,
  rules: { readonly [K in keyof T]?: Rule },
): T => {
  check(name, typeof (given ?? {}), ['object']);
  const known = Object.entries(given ?? {}).filter(([, value]) => value !== undefined);
  const values: T = { ...defaults, ...Object.fromEntries(known) };
  for (const [key, rule] of Object.entries<Rule | undefined>(rules)) {
    // Safe: the rules have the keys of the values.
    if (rule !== undefined) check(`${name}.${key}`, values[key as keyof T], rule);
  }
  return values;
};

import { ReliableSocketError } from './errors.js';

/** What a value must be: a number of at least this, or one of these words or types of values. */
export type Rule = number | readonly string[];

/** Throws `bad-option` with the option's name, its value and what was wanted. */
export const check = (name: string, value: unknown, rule: Rule): void => {
  const type = typeof value;
  const fits =
    typeof rule === 'number'
      ? type === 'number' && (value as number) >= rule // safe: it was looked at just now
      : rule.some((word) => (type === 'string' ? value === word : type === word));
  if (fits) return;
  const wanted = typeof rule === 'number' ? `a number of at least ${rule}` : rule.join(' or ');
  // A text in quotes: '5' is no number, and an empty one is to be seen.
  const shown = type === 'string' ? `"${value}"` : String(value);
  throw new ReliableSocketError('bad-option', `${name} is ${shown}, wanted ${wanted}`);
};

/** A number of a message in its stream: a safe integer from 0 up. */
export const checkSeq = (name: string, seq: unknown): void =>
  check(name, seq, Number.isSafeInteger(seq) ? 0 : ['a safe integer']);

/** The id of a message: a string that no message has that is under way. */
export const checkId = (id: string, find: (id: string) => unknown): void => {
  const isText = typeof id === 'string' && id !== '';
  if (isText && !find(id)) return;
  const text = `send: the id is "${id}", wanted a string not under way`;
  throw new ReliableSocketError(isText ? 'duplicate-id' : 'bad-option', text, { id });
};

/** The values of a group of options over their defaults, each checked by the rule of its name. */
export const resolveGroup = <T extends object>(
  name: string,
  given: unknown,
  defaults: T,
  rules: { readonly [K in keyof T]?: Rule },
): T => {
  check(name, given ?? {}, ['object']);
  const values = { ...defaults } as Record<string, unknown>;
  for (const [key, value] of Object.entries(given ?? {})) if (value !== undefined) values[key] = value;
  // Safe: a rule that is left out is no entry, and what has none is as its type says.
  for (const [key, rule] of Object.entries(rules as Record<string, Rule>)) check(`${name}.${key}`, values[key], rule);
  return values as T;
};

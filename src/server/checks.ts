import { ServerError } from './errors.js';
import { bytesOf } from './runtime.js';

/** Bytes of a reason in a close frame. */
const MOST_REASON = 123;
/** ms: timers of all runtimes count to 2^31 - 1, and some ms are added to what was asked for. */
const MOST_TIMER = 2_147_480_000;

/** What a value must be: a test, and words for people. */
export interface Rule {
  readonly wanted: string;
  fits(value: unknown): boolean;
  /** How one that does not fit is told. @default `shown` */
  show?(value: unknown): string;
}

/** What is in an object is not told: it may be a password. */
export const shown = (value: unknown): string => {
  // In quotes: '5' is no number, and an empty one is to be seen.
  if (typeof value === 'string') return JSON.stringify(value);
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'function') return 'a function';
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
};

const isText = (value: unknown): value is string => typeof value === 'string';
const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const TEXT: Rule = { wanted: 'a text', fits: isText };
export const NAME: Rule = { wanted: 'a text with content', fits: (value) => isText(value) && value !== '' };
export const TEXTS: Rule = {
  wanted: 'a list of texts',
  fits: (value) => Array.isArray(value) && value.every(isText),
};
export const FLAG: Rule = { wanted: 'true or false', fits: (value) => typeof value === 'boolean' };
export const HOOK: Rule = { wanted: 'a function', fits: (value) => typeof value === 'function' };
export const OBJECT: Rule = { wanted: 'an object', fits: isObject };
/** Of a close frame: RFC 6455 section 5.5. */
export const REASON: Rule = {
  wanted: `a text of at most ${MOST_REASON} bytes`,
  fits: (value) => isText(value) && bytesOf(value) <= MOST_REASON,
  show: (value) => (isText(value) ? `${bytesOf(value)} bytes long` : shown(value)),
};

export const atLeast = (least: number): Rule => ({
  wanted: `a number of at least ${least}`,
  fits: (value) => typeof value === 'number' && value >= least,
});
export const whole = (least: number): Rule => ({
  wanted: `a whole number of at least ${least}`,
  fits: (value) => Number.isSafeInteger(value) && Number(value) >= least,
});
/** ms that a timer can count. */
export const timer = (least: number): Rule => ({
  wanted: `a number from ${least} to ${MOST_TIMER}`,
  fits: (value) => typeof value === 'number' && value >= least && value <= MOST_TIMER,
});
/** The same, for who counts in whole ms. */
export const wholeTimer = (least: number): Rule => ({
  wanted: `a whole number from ${least} to ${MOST_TIMER}`,
  fits: (value) => Number.isInteger(value) && timer(least).fits(value),
});
export const orInfinity = ({ wanted, fits }: Rule): Rule => ({
  wanted: `${wanted}, or Infinity`,
  fits: (value) => value === Infinity || fits(value),
});
export const oneOf = (...words: readonly string[]): Rule => ({
  wanted: words.map(shown).join(' or '),
  fits: (value) => words.some((word) => word === value),
});
/** Something that is used by these functions of it. A text in its place is not told: it may hold a password. */
export const having = (wanted: string, ...functions: readonly string[]): Rule => ({
  wanted,
  fits: (value) => functions.every((name) => typeof Object(value)[name] === 'function'),
  show: (value) => (isText(value) ? 'a text' : shown(value)),
});

/** Throws `bad-option` with the name, the value and what was wanted. */
export const check = (name: string, value: unknown, { wanted, fits, show = shown }: Rule): void => {
  if (!fits(value)) throw new ServerError('bad-option', `${name} is ${show(value)}, wanted ${wanted}`);
};

/**
 * Throws `bad-option` for what is no object of options, for a name that is none of them, and for a value that is not what
 * its rule says. What is undefined is not given.
 *
 * @param group The option that is itself an object of options.
 */
export const checkOptions = <T extends object>(
  action: string,
  given: T | undefined,
  rules: { readonly [K in keyof Required<T>]: Rule },
  group?: string,
): void => {
  if (given === undefined) return;
  check(`${action}: ${group ?? 'options'}`, given, OBJECT);
  const start = group === undefined ? `${action}: ` : `${action}: ${group}.`;
  // Safe: plain JavaScript may give any names, and each rule has that of an option.
  const [values, all] = [given as Readonly<Record<string, unknown>>, rules as Readonly<Record<string, Rule>>];
  for (const name of Object.keys(values)) {
    if (Object.hasOwn(all, name) || values[name] === undefined) continue;
    throw new ServerError('bad-option', `${start}${name} is no option, wanted one of ${Object.keys(all).join(', ')}`);
  }
  for (const [name, rule] of Object.entries(all)) {
    if (values[name] !== undefined) check(start + name, values[name], rule);
  }
};

/** What a value must be: a test, and words for people. */
export type Rule = readonly [wanted: string, fits: (value: unknown) => boolean];

export const FUNCTION: Rule = ['a function', (value) => typeof value === 'function'];
export const OBJECT: Rule = ['an object', (value) => typeof value === 'object' && value !== null];
export const TEXT: Rule = ['a text', (value) => typeof value === 'string'];
export const FLAG: Rule = ['true or false', (value) => typeof value === 'boolean'];
export const NUMBER: Rule = ['a number', (value) => Number.isFinite(value)];
/** NaN and what is negative are none. */
export const AMOUNT: Rule = ['a number of at least 0', (value) => typeof value === 'number' && value >= 0];
export const POSITIVE: Rule = ['a number above 0', (value) => typeof value === 'number' && value > 0];
export const port = (least: number): Rule => [
  `a whole number from ${least} to 65535`,
  (value) => Number.isInteger(value) && Number(value) >= least && Number(value) <= 65_535,
];

/** A mistake in the test itself: throws a RangeError with the name, the value and what was wanted. */
export const must = (name: string, value: unknown, [wanted, fits]: Rule): void => {
  if (fits(value)) return;
  const given = typeof value === 'string' ? JSON.stringify(value) : OBJECT[1](value) ? 'an object' : String(value);
  throw new RangeError(`${name} is ${given}, wanted ${wanted}`);
};

/** The same for an object of options: what is undefined is not given, and a name without a rule is no option. */
export const mustOptions = (action: string, given: object, rules: Readonly<Record<string, Rule>>): void => {
  must(`${action}: options`, given, OBJECT);
  for (const [name, value] of Object.entries(given)) {
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
    if (value === undefined) continue;
    if (rule) must(`${action}: ${name}`, value, rule);
    else throw new RangeError(`${action}: ${name} is no option, wanted one of ${Object.keys(rules).join(', ')}`);
  }
};

import { check } from './checks.js';
import { ReliableSocketError } from './errors.js';

/** Throws `bad-option` for what is no object of options, and for a name that is none of them. */
export const checkNames = (action: string, given: object, names: readonly string[]): void => {
  check(`${action}: options`, given ?? undefined, ['object']);
  const unknown = Object.keys(given).find((name) => !names.includes(name));
  if (unknown === undefined) return;
  throw new ReliableSocketError('bad-option', `${action}: ${unknown} is no option, wanted one of ${names.join(', ')}`);
};

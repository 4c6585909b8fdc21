import { check, TEXTS } from './checks.js';

/**
 * Whether a page of this origin may connect. Browsers always name the origin, and other programs may say what they like:
 * this protects users whose cookies say who they are, and nothing else. Throws `bad-option` for what is no list of texts.
 *
 * @param origin Undefined, or null as `Headers` say it, for who says none.
 */
export const isAllowedOrigin = (origin: string | null | undefined, allowed: readonly string[] | undefined): boolean => {
  if (allowed === undefined) return true;
  check('isAllowedOrigin: allowed', allowed, TEXTS);
  return typeof origin !== 'string' || allowed.some((one) => one.toLowerCase() === origin.toLowerCase());
};

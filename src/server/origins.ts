/**
 * Whether a page of this origin may connect. Browsers always name the origin, and other programs may say what they like:
 * this protects users whose cookies say who they are, and nothing else.
 */
export const isAllowedOrigin = (origin: string | undefined, allowed: readonly string[] | undefined): boolean =>
  origin === undefined || allowed === undefined || allowed.some((one) => one.toLowerCase() === origin.toLowerCase());

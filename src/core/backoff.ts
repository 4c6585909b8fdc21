/**
 * How a delay is spread. `'full'` draws from the whole range, `'none'` takes the mean as it stands, a function gets the
 * capped mean in ms and a fresh random number from [0, 1) and returns ms; where it throws or returns no ms, it is the mean. Infinity is a wait that only a call or a hint about the page ends.
 */
export type Jitter = 'full' | 'none' | ((delay: number, random: number) => number);

export interface Backoff {
  readonly base: number;
  readonly factor: number;
  readonly max: number;
  readonly jitter: Jitter;
}

/**
 * The delay in ms before retry number `retry` (0 is the first one).
 *
 * Full jitter draws from [0, min(max, 2 * base * factor^retry)): the cap comes first, so that clients at the cap are
 * still spread over its whole width, and the factor 2 makes the mean what `base` and `factor` say.
 */
export const backoffDelay = ({ base, factor, max, jitter }: Backoff, retry: number, random: number): number => {
  // 0 * Infinity would be no number.
  const mean = base && base * factor ** retry;
  const capped = Math.min(max, mean);
  if (jitter === 'full') return random * Math.min(max, 2 * mean);
  const drawn = jitter === 'none' ? capped : jitter(capped, random);
  // A function that returns NaN or less than nothing would retry in a hot loop.
  return drawn >= 0 ? drawn : capped;
};

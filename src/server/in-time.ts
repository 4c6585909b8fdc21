import { HookFault } from './hook-answers.js';

/** What a hook returns or resolves with; throws a `HookFault` if that takes longer than so many ms. */
export const inTime = async <T>(answer: T | Promise<T>, ms: number): Promise<T> => {
  if (ms === Infinity) return answer;
  let clock: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    clock = setTimeout(() => reject(new HookFault(`did not answer in ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(clock);
  }
};

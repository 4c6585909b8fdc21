/** What something yields, or resolves with; throws what `late` makes if that takes longer than so many ms. */
export const inTime = async <T>(answer: T | Promise<T>, ms: number, late: () => Error): Promise<T> => {
  if (ms === Infinity) return answer;
  let clock: ReturnType<typeof setTimeout> | undefined;
  const end = new Promise<never>((_, reject) => {
    clock = setTimeout(() => reject(late()), ms);
  });
  try {
    return await Promise.race([answer, end]);
  } finally {
    clearTimeout(clock);
  }
};

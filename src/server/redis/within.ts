export const wasNotThere = (ms: number, cause?: unknown): Error =>
  new Error(`Redis was not there for ${ms} ms`, cause === undefined ? undefined : { cause });

/** Rejects if it takes longer than so many ms. */
export const within = async <T>(ms: number, promise: Promise<T>): Promise<T> => {
  let clock: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    clock = setTimeout(() => reject(wasNotThere(ms)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(clock);
  }
};

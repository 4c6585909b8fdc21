import { inTime } from '../in-time.js';

export const wasNotThere = (ms: number, cause?: unknown): Error =>
  new Error(`Redis was not there for ${ms} ms`, cause === undefined ? undefined : { cause });

/** Rejects if it takes longer than so many ms. */
export const within = <T>(ms: number, promise: Promise<T>): Promise<T> => inTime(promise, ms, () => wasNotThere(ms));

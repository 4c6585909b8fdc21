import { must, NUMBER } from './checks.js';

/**
 * A random source that repeats itself: the same seed gives the same numbers in
 * [0, 1), on every machine. It has the shape of `Math.random`, and mulberry32
 * inside (32 bits of state, good for jitter and fault scripts).
 *
 * Not for keys, tokens or anything else that must not be guessed.
 *
 * @param seed Any number; only its lowest 32 bits as an integer count.
 */
export function seededRandom(seed: number): () => number {
  must('seededRandom: the seed', seed, NUMBER);
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

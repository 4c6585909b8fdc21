import { atLeast, checkOptions } from './checks.js';
import type { Answer, Claim, IdMemory } from './replay-log.js';

export interface MemoryIdsOptions {
  /** How long an answer is kept, in ms. @default 660_000 */
  readonly keep?: number;
}

interface Held {
  readonly at: number;
  answer: Answer | undefined;
  /** Those who came with the same id while it was being handled. */
  readonly waiting: ((claim: Claim) => void)[];
}

/** Remembers message ids in this process. */
export interface MemoryIds extends IdMemory {
  /** As `settle`, and at once. */
  settleNow(key: string, answer: Answer): void;
  /** The answer under a key, if it has one. */
  answerOf(key: string): Answer | undefined;
}

/** Throws `bad-option` for a `keep` that is no time. */
export const memoryIds = (options: MemoryIdsOptions = {}): MemoryIds => {
  checkOptions('memoryIds', options, { keep: atLeast(0) });
  const { keep = 660_000 } = options;
  const ids = new Map<string, Held>();
  /** A Map keeps the order of insertion, so the oldest come first. */
  const forgetOld = (): void => {
    const limit = performance.now() - keep;
    for (const [key, held] of ids) {
      if (held.at > limit) return;
      // One that is still being handled must not be begun a second time.
      if (held.answer !== undefined) ids.delete(key);
    }
  };
  const settleNow = (key: string, answer: Answer): void => {
    const held = ids.get(key) ?? { at: performance.now(), answer, waiting: [] };
    ids.set(key, held);
    held.answer = answer;
    for (const tell of held.waiting.splice(0)) tell({ state: 'answered', answer });
  };
  return {
    keep,
    settleNow,
    answerOf: (key) => ids.get(key)?.answer,
    async claim(key) {
      forgetOld();
      const held = ids.get(key);
      if (held === undefined) {
        ids.set(key, { at: performance.now(), answer: undefined, waiting: [] });
        return { state: 'mine', again: false };
      }
      if (held.answer !== undefined) return { state: 'answered', answer: held.answer };
      return new Promise((resolve) => held.waiting.push(resolve));
    },
    async settle(key, answer) {
      settleNow(key, answer);
    },
    async release(key) {
      const [first, ...others] = ids.get(key)?.waiting ?? [];
      ids.delete(key);
      if (first === undefined) return;
      ids.set(key, { at: performance.now(), answer: undefined, waiting: others });
      first({ state: 'mine', again: false });
    },
  };
};

import { setTimeout as pause } from 'node:timers/promises';
import { memoryIds } from '../memory-ids.js';
import type { Answer, Claim, IdMemory } from '../replay-log.js';
import type { RedisLink } from './link.js';
import type { NodeSign } from './node-sign.js';

/** How often a message that another node handles is looked at, in ms: first, and at most. */
const LOOK = { first: 20, most: 500 };
/** What this node knows already is kept here for so many ms, so that Redis is not asked twice. */
const KEEP_HERE = 30_000;

/** Remembers message ids in Redis. While a node handles a message, its name stands in the place of the answer. */
export const redisIds = (link: RedisLink, sign: NodeSign, keyOf: (key: string) => string, keep: number): IdMemory => {
  /** Within this node nobody has to look twice, or to wait by looking again. */
  const here = memoryIds({ keep: Math.min(keep, KEEP_HERE) });

  const ask = async (key: string): Promise<Claim> => {
    await sign.show();
    let dead = '';
    for (let wait = LOOK.first; ; wait = Math.min(2 * wait, LOOK.most)) {
      const [state, value = ''] = await link.run('claim', [keyOf(key)], [sign.name, keep, dead]);
      if (state === 'mine' || state === 'again') return { state: 'mine', again: state === 'again' };
      // Safe: it is what `settle` wrote.
      if (state === 'answered') return { state, answer: JSON.parse(value) as Answer };
      // Our own name is that of an earlier try that Redis did not live to answer, since nobody here is at work on it.
      if (value === sign.name || !(await sign.isAlive(value))) dead = value;
      else await pause(wait);
    }
  };

  return {
    keep,
    async claim(key) {
      const known = await here.claim(key);
      if (known.state === 'answered') return known;
      try {
        const claim = await ask(key);
        if (claim.state === 'answered') here.settleNow(key, claim.answer);
        return claim;
      } catch (error) {
        await here.release(key);
        throw error;
      }
    },
    async settle(key, answer) {
      try {
        await link.run('settle', [keyOf(key)], [JSON.stringify(answer), keep]);
      } finally {
        here.settleNow(key, answer);
      }
    },
    async release(key) {
      try {
        await link.run('release', [keyOf(key)], [sign.name]);
      } finally {
        await here.release(key);
      }
    },
  };
};

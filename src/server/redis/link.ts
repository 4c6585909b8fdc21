import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { RedisClient } from './client.js';
import { type ScriptName, scripts } from './scripts.js';
import { wasNotThere, within } from './within.js';

/** The way to Redis: it outlasts a restart of Redis and a broken connection, for a while. */
export interface RedisLink {
  /** Runs a script. What it does must be the same if it is done twice: an answer may be lost on the way. */
  run(name: ScriptName, keys: readonly string[], values: readonly (string | number)[]): Promise<readonly string[]>;
  command(...args: readonly (string | number)[]): Promise<unknown>;
}

const RETRY_AFTER = 50;
/** Redis is there and will be ready soon. */
const NOT_YET = /^(LOADING|READONLY|MASTERDOWN|TRYAGAIN|BUSY|UNKILLABLE)/;
/** Redis has answered, and will answer so again. */
const isFinal = (error: unknown): boolean =>
  error instanceof Error && /^[A-Z]{3,} /.test(error.message) && !NOT_YET.test(error.message);

/** @param patience ms for which a call is tried again before it rejects */
export const createRedisLink = (client: RedisClient, patience: number): RedisLink => {
  const shas = new Map<ScriptName, string>();
  const shaOf = (name: ScriptName): string => {
    const known = shas.get(name) ?? createHash('sha1').update(scripts[name]).digest('hex');
    shas.set(name, known);
    return known;
  };
  /** While Redis is away nothing is queued in the client: what is queued there could come long after we gave up. */
  const outlast = async <T>(run: () => Promise<T>): Promise<T> => {
    const end = performance.now() + patience;
    let last: unknown;
    for (;;) {
      try {
        // A connection that dies just now may keep the call for itself.
        if (client.isReady) return await within(Math.max(end - performance.now(), 0), run());
      } catch (error) {
        if (isFinal(error)) throw error;
        last = error;
      }
      if (!client.isOpen) throw new Error('the client of Redis was closed, or never connected', { cause: last });
      if (performance.now() >= end) throw wasNotThere(patience, last);
      await pause(RETRY_AFTER);
    }
  };
  return {
    run(name, keys, values) {
      const rest = [String(keys.length), ...keys, ...values.map(String)];
      return outlast(async () => {
        try {
          // Safe: each script yields a list of texts, or a number that nobody reads.
          return (await client.sendCommand(['EVALSHA', shaOf(name), ...rest])) as readonly string[];
        } catch (error) {
          if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
          return (await client.sendCommand(['EVAL', scripts[name], ...rest])) as readonly string[];
        }
      });
    },
    command: (...args) => outlast(() => client.sendCommand(args.map(String))),
  };
};

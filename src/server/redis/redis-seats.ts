import { setTimeout as pause } from 'node:timers/promises';
import type { Seats } from '../replay-log.js';
import type { FanOut } from './fan-out.js';
import type { RedisLink } from './link.js';
import type { NodeSign } from './node-sign.js';

/** A node is asked again after so many ms: what is said over pub/sub may be lost. */
const AGAIN = 500;
/** A seat that a dead node left is forgotten after so many ms, if its client never comes back. */
const KEEP = 86_400_000;

/** What nodes say to each other, each on a channel of its own. */
type Word =
  | { readonly ask: string; readonly from: string; readonly key: string; readonly conn: number }
  | { readonly done: string };

/**
 * Remembers in Redis which node holds which client. Who wants the seat asks that node to end its connection, and waits for
 * its word, or its death.
 */
export const redisSeats = (link: RedisLink, fanOut: FanOut, sign: NodeSign, prefix: string): Seats => {
  const seatKey = (key: string): string => `${prefix}seat:${key}`;
  /** By question, who waits for the answer. */
  const waiting = new Map<string, (isDone: true) => void>();
  const holders: ((key: string, conn: number) => Promise<void>)[] = [];
  let listening: Promise<unknown> | undefined;

  const say = (node: string, word: Word): Promise<unknown> =>
    link.command('PUBLISH', `${prefix}node:${node}`, JSON.stringify(word));
  const hear = (message: string): void => {
    // Safe: nobody else writes there.
    const word = JSON.parse(message) as Word;
    if ('done' in word) return waiting.get(word.done)?.(true);
    const { ask, from, key, conn } = word;
    const ends = Promise.all(holders.map((vacate) => vacate(key, conn)));
    // Who gets no answer asks again.
    ends.then(() => say(from, { done: ask })).catch(() => {});
  };
  const listen = async (): Promise<void> => {
    await sign.show();
    listening ??= fanOut.listen(`${prefix}node:${sign.name}`, hear, () => {});
    listening.catch(() => {
      listening = undefined;
    });
    await listening;
  };
  /** Resolves once nothing of the client's connections up to this one is at work on a node any more. */
  const vacated = async (node: string, key: string, conn: number): Promise<void> => {
    const ask = crypto.randomUUID();
    const done = new Promise<true>((resolve) => waiting.set(ask, resolve));
    try {
      do {
        await say(node, { ask, from: sign.name, key, conn });
        if (await Promise.race([done, pause(AGAIN, false, { ref: false })])) return;
      } while (await sign.isAlive(node));
    } finally {
      waiting.delete(ask);
    }
  };

  return {
    onTaken: (vacate) => holders.push(vacate),
    async take(key, conn) {
      await listen();
      for (let gone = ''; ; ) {
        const [held] = await link.run('sit', [seatKey(key)], [conn, sign.name, KEEP, gone]);
        if (held === undefined) return true;
        const [newest = '', node = ''] = held.split(' ');
        if (Number(newest) <= conn) await vacated(node, key, conn);
        else if (await sign.isAlive(node)) return false;
        gone = held;
      }
    },
    leave(key, conn) {
      link.run('leave', [seatKey(key)], [conn, sign.name]).catch(() => {});
    },
  };
};

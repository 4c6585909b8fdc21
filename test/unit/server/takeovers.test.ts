import { describe, expect, it } from 'vitest';
import { memoryLog, type Seats } from '../../../src/server/index.js';
import { createTakeovers } from '../../../src/server/takeovers.js';
import { startCompanion } from '../../support/companion.js';
import { RawClient } from '../../support/raw-client.js';

/** What other processes say, when the test wants it. */
const setUp = () => {
  const left: number[] = [];
  let answer = (_won: boolean): void => {};
  let vacate: Parameters<Seats['onTaken']>[0] | undefined;
  const takeovers = createTakeovers({
    take: () =>
      new Promise((resolve) => {
        answer = resolve;
      }),
    leave: (_key, conn) => left.push(conn),
    onTaken: (given) => {
      vacate = given;
    },
  });
  const holder = () => {
    const own = {
      retired: 0,
      retire() {
        own.retired += 1;
      },
    };
    return own;
  };
  return { takeovers, left, holder, answer: (won: boolean) => answer(won), vacate: () => vacate! };
};
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('takeovers', () => {
  it('leave the seat of one that ended before it was taken', async () => {
    const { takeovers, left, holder, answer } = setUp();
    const one = holder();
    const taking = takeovers.take('c', 4, one);
    takeovers.ended('c', one);
    left.length = 0;
    answer(true);
    expect(await taking).toBe(true);
    expect(left).toEqual([4]);
  });

  it('end for another process those that are older, once, and say when nothing of them is at work', async () => {
    const { takeovers, left, holder, answer, vacate } = setUp();
    const [old, newer] = [holder(), holder()];
    for (const [conn, one] of [[4, old] as const, [6, newer] as const]) {
      const taking = takeovers.take('c', conn, one);
      answer(true);
      if (conn === 4) await taking;
    }
    let gone = 0;
    const count = (): void => {
      gone += 1;
    };
    void vacate()('c', 5).then(count);
    void vacate()('c', 5).then(count);
    await turn();
    // The first one was asked here already.
    expect([old.retired, newer.retired, gone]).toEqual([1, 0, 0]);
    takeovers.ended('c', old);
    await turn();
    expect([gone, left]).toEqual([2, [4]]);
    await vacate()('another', 5);
  });

  it('that fail send the client away, to come back', async () => {
    const log = memoryLog();
    const seats: Seats = { take: () => Promise.reject(new Error('away')), leave() {}, onTaken() {} };
    const errors: string[] = [];
    const companion = await startCompanion({ log: { ...log, seats }, onError: ({ code }) => errors.push(code) });
    const client = new RawClient(`${companion.url}/?client=c&conn=1`);
    await client.gone();
    expect(client.closed).toMatchObject({ code: 1013 });
    expect(errors).toEqual(['log-failed']);
    await companion.stop();
  });
});

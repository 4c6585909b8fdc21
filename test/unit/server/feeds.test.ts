import { describe, expect, it } from 'vitest';
import { serverJson } from '../../../src/protocol/server-json.js';
import { createFeeds } from '../../../src/server/feeds.js';
import { type LogListener, memoryLog, type ReplayLog } from '../../../src/server/index.js';
import type { Input } from '../../../src/server/session/io.js';

/** A log whose readings take until the test lets them go. */
const setUp = () => {
  const log = memoryLog();
  let listener: LogListener | undefined;
  let ended = 0;
  let reads = 0;
  const waiting: (() => void)[] = [];
  const slow: ReplayLog = {
    ...log,
    async readAfter(...args) {
      reads += 1;
      const slice = await log.readAfter(...args);
      await new Promise<void>((resolve) => waiting.push(resolve));
      return slice;
    },
    async subscribe(_channel, heard) {
      listener = heard;
      return () => {
        ended += 1;
      };
    },
  };
  const letGo = (): void => {
    for (const go of waiting.splice(0)) go();
  };
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const feeds = createFeeds(slow, serverJson());
  return { log, feeds, letGo, turn, tell: () => listener!, reads: () => reads, ended: () => ended };
};
const follower = () => {
  const inputs: Input[] = [];
  return { inputs, handle: (input: Input) => void inputs.push(input) };
};

describe('feeds', () => {
  it('read once for all who ask for the same, until something newer is told', async () => {
    const { log, feeds, letGo, turn, tell, reads } = setUp();
    feeds.follow('a', follower());
    const { epoch } = await log.append('a', '{"type":"n"}');
    const cursor = { seq: 0, epoch };
    const first = [feeds.read('a', cursor), feeds.read('a', cursor)];
    await turn();
    expect(reads()).toBe(1);
    // The reading under way has not seen this one.
    const entry = await log.append('a', '{"type":"n"}');
    tell().entry({ seq: entry.seq, data: '{"type":"n"}' }, epoch);
    const late = feeds.read('a', cursor);
    await turn();
    expect(reads()).toBe(2);
    letGo();
    expect((await Promise.all(first)).map(({ head }) => head)).toEqual([1, 1]);
    expect((await late).head).toBe(2);
    const another = feeds.read('a', { seq: 1, epoch });
    await turn();
    letGo();
    expect((await another).entries).toHaveLength(1);
    expect(reads()).toBe(3);
  });

  it('tell who reads when the log throws at once, and try again for the next', async () => {
    let throws = true;
    const log = memoryLog();
    const subscribe: ReplayLog['subscribe'] = (...given) => {
      if (throws) throw new Error('no log');
      return log.subscribe(...given);
    };
    const feeds = createFeeds({ ...log, subscribe }, serverJson());
    feeds.follow('a', follower());
    await expect(feeds.read('a', undefined)).rejects.toThrow('no log');
    throws = false;
    feeds.follow('a', follower());
    expect(await feeds.read('a', undefined)).toMatchObject({ head: 0 });
  });

  it('make one frame for all who follow, and end with the last of them', async () => {
    const { feeds, tell, ended, turn } = setUp();
    const [a, b] = [follower(), follower()];
    feeds.follow('a', a);
    feeds.follow('a', b);
    tell().entry({ seq: 1, data: '{"type":"n"}' }, 'e');
    expect(a.inputs).toHaveLength(1);
    expect(b.inputs[0]).toBe(a.inputs[0]);
    feeds.unfollow('a', a);
    await turn();
    expect([feeds.size(), ended()]).toEqual([1, 0]);
    feeds.unfollow('a', b);
    await turn();
    expect([feeds.size(), ended()]).toEqual([0, 1]);
  });

  it('try again after a subscription that failed', async () => {
    let fails = true;
    const log = memoryLog();
    const feeds = createFeeds(
      { ...log, subscribe: (...args) => (fails ? Promise.reject(new Error('away')) : log.subscribe(...args)) },
      serverJson(),
    );
    feeds.follow('a', follower());
    await expect(feeds.read('a', undefined)).rejects.toThrow('away');
    fails = false;
    feeds.follow('a', follower());
    expect(await feeds.read('a', undefined)).toMatchObject({ head: 0 });
  });

  it('put what is read into batches within a bound, in order, each named by its last number', async () => {
    const log = memoryLog();
    for (let n = 1; n <= 10; n += 1) {
      await log.append('a', JSON.stringify({ type: 'n', text: 'x'.repeat(n === 5 ? 400 : 80) }));
    }
    const feeds = createFeeds(log, serverJson(), 250);
    const { entries } = await feeds.read('a', { seq: 0 });
    // The fifth is past the bound by itself.
    expect(entries.map(({ seq, batch }) => [seq, batch.texts.length])).toEqual([
      [2, 2],
      [4, 2],
      [5, 1],
      [7, 2],
      [9, 2],
      [10, 1],
    ]);
  });
});

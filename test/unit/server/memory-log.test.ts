import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { memoryIds, memoryLog } from '../../../src/server/index.js';
import { heldBytes } from '../../support/memory.js';

const ALL = { messages: 1_000, bytes: 1_000_000 };

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('memoryLog', () => {
  it('forgets by count, by bytes and by age, and says so', async () => {
    const log = memoryLog({ maxMessages: 4, maxBytes: 400, maxAge: 1_000 });
    for (let n = 0; n < 6; n += 1) await log.append('a', 'x');
    const { epoch } = await log.readAfter('a', undefined, ALL);
    expect(await log.readAfter('a', { seq: 1, epoch }, ALL)).toMatchObject({ from: 2, head: 6, gone: true });
    await log.append('a', 'x'.repeat(220));
    expect(await log.readAfter('a', { seq: 0, epoch }, ALL)).toMatchObject({ from: 5, head: 7 });
    vi.advanceTimersByTime(600);
    await log.append('a', 'y');
    vi.advanceTimersByTime(600);
    const late = await log.readAfter('a', { seq: 6, epoch }, ALL);
    expect(late).toMatchObject({ from: 7, head: 8, gone: true });
    expect(late.entries.map(({ data }) => data)).toEqual(['y']);
    expect(await log.readAfter('a', { seq: 8, epoch }, ALL)).toMatchObject({ from: 8, gone: false });
  });

  it('holds no text that it has forgotten', async () => {
    const log = memoryLog({ maxMessages: 4 });
    const before = await heldBytes();
    for (let n = 0; n < 200; n += 1) await log.append('a', `${n}${'x'.repeat(100_000)}`.toUpperCase());
    expect((await heldBytes()) - before).toBeLessThan(5_000_000);
    expect((await log.readAfter('a', { seq: 190 }, ALL)).entries.map(({ seq }) => seq)).toEqual([197, 198, 199, 200]);
  });

  it('names each start of its own, and every stream that was forgotten', async () => {
    const [one, two] = [memoryLog({ maxAge: 100 }), memoryLog()];
    const place = async (channel: string) => one.readAfter(channel, undefined, ALL);
    const { epoch } = await one.append('a', 'x');
    expect((await two.append('a', 'x')).epoch).not.toBe(epoch);
    vi.advanceTimersByTime(101);
    // Looks at one stream at a time, until it comes round.
    for (let n = 0; n < 3; n += 1) await one.append('b', 'x');
    expect(await place('a')).toMatchObject({ head: 0 });
    expect((await place('a')).epoch).not.toBe(epoch);
    expect(await one.readAfter('a', { seq: 1, epoch }, ALL)).toMatchObject({ from: 0, gone: true });
  });

  it('does not forget what is followed', async () => {
    const log = memoryLog({ maxAge: 100 });
    const end = await log.subscribe('a', { entry: () => {}, missed: () => {} });
    const { epoch } = await log.append('a', 'x');
    vi.advanceTimersByTime(101);
    for (let n = 0; n < 3; n += 1) await log.append('b', 'x');
    expect(await log.readAfter('a', undefined, ALL)).toMatchObject({ epoch, head: 1 });
    end();
    for (let n = 0; n < 3; n += 1) await log.append('b', 'x');
    expect((await log.readAfter('a', undefined, ALL)).head).toBe(0);
  });
});

describe('memoryIds', () => {
  it('lets those who come meanwhile wait for the answer, and the next one try if there is none', async () => {
    const ids = memoryIds();
    expect(await ids.claim('a')).toEqual({ state: 'mine', again: false });
    const [second, third] = [ids.claim('a'), ids.claim('a')];
    await ids.release('a');
    expect(await second).toEqual({ state: 'mine', again: false });
    await ids.settle('a', { data: 1 });
    expect(await third).toEqual({ state: 'answered', answer: { data: 1 } });
  });

  it('forgets an answer after its time, and nothing that is still being handled', async () => {
    const ids = memoryIds({ keep: 1_000 });
    await ids.claim('running');
    await ids.claim('done');
    await ids.settle('done', {});
    vi.advanceTimersByTime(1_001);
    expect(await ids.claim('done')).toEqual({ state: 'mine', again: false });
    const waiting = ids.claim('running');
    await ids.settle('running', { data: 2 });
    expect(await waiting).toEqual({ state: 'answered', answer: { data: 2 } });
  });
});

import { fc, test } from '@fast-check/vitest';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { byteLength, createAbort, createEnvironment } from '../../src/environment.js';

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe('createEnvironment', () => {
  it('tells the time of the wall clock, and never goes back with it', () => {
    const { now } = createEnvironment();
    expect(now()).toBe(1_000_000);
    vi.setSystemTime(1_005_000);
    expect(now()).toBe(1_005_000);
    vi.setSystemTime(900_000);
    expect(now()).toBe(1_005_000);
    vi.setSystemTime(900_250);
    expect(now()).toBe(1_005_250);
    vi.setSystemTime(890_000);
    expect(now()).toBe(1_005_250);
    vi.setSystemTime(2_000_000);
    expect(now()).toBeGreaterThanOrEqual(2_000_000);
  });

  it('knows by its timers what had passed before a step back, and no more', () => {
    const environment = createEnvironment();
    const start = environment.now();
    const rang: number[] = [];
    for (const ms of [1_000, 5_000]) environment.setTimer(() => rang.push(environment.now() - start), ms);
    vi.advanceTimersByTime(400);
    vi.setSystemTime(500_000);
    vi.advanceTimersByTime(600);
    expect(rang).toEqual([1_000]);
    vi.advanceTimersByTime(4_000);
    expect(rang).toEqual([1_000, 5_000]);
    // A timer that is late knows less than those who looked meanwhile.
    environment.setTimer(() => rang.push(environment.now() - start), 1_000);
    vi.setSystemTime(Date.now() + 60_000);
    expect(environment.now() - start).toBe(65_000);
    vi.setSystemTime(500_000);
    vi.advanceTimersByTime(1_000);
    expect(rang).toEqual([1_000, 5_000, 65_000]);
  });

  it('goes on after a mock of the clock that told no time', () => {
    const { now } = createEnvironment();
    now();
    const mock = vi.spyOn(Date, 'now').mockReturnValue(Number.NaN);
    now();
    mock.mockRestore();
    expect(now()).toBe(1_000_000);
  });

  it('looks timers, chance and the socket up when they are needed', () => {
    const environment = createEnvironment();
    vi.spyOn(Math, 'random').mockReturnValue(0.125);
    expect(environment.random()).toBe(0.125);
    class Socket {}
    vi.stubGlobal('WebSocket', Socket);
    expect(environment.webSocket()).toBe(Socket);
    vi.stubGlobal('WebSocket', undefined);
    expect(environment.webSocket()).toBeUndefined();
    const rang = vi.fn();
    environment.setTimer(rang, 50);
    vi.advanceTimersByTime(49);
    expect(rang).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(rang).toHaveBeenCalledOnce();
  });

  it('takes a timer away', () => {
    const environment = createEnvironment();
    const rang = vi.fn();
    environment.clearTimer(environment.setTimer(rang, 50));
    vi.advanceTimersByTime(100);
    expect(rang).not.toHaveBeenCalled();
  });

  it('waits for a very long time as long as timers can, and does not ring at once', () => {
    const set = vi.spyOn(globalThis, 'setTimeout');
    createEnvironment().setTimer(() => {}, 1e15);
    expect(set).toHaveBeenCalledExactlyOnceWith(expect.any(Function), 2_000_000_000);
  });

  it('gives ids that differ, of two random words', () => {
    vi.spyOn(crypto, 'getRandomValues').mockImplementation((words) => {
      (words as unknown as Uint32Array).set([35, 36]);
      return words;
    });
    expect(createEnvironment().instanceId()).toBe('z10');
    vi.restoreAllMocks();
    const ids = Array.from({ length: 100 }, () => createEnvironment().instanceId());
    expect(new Set(ids).size).toBe(100);
    for (const id of ids) expect(id).toMatch(/^[0-9a-z]{2,14}$/);
  });

  it('gives ids also where there is no crypto', () => {
    vi.stubGlobal('crypto', undefined);
    vi.spyOn(Math, 'random').mockReturnValueOnce(0.5).mockReturnValueOnce(0.25);
    expect(createEnvironment().instanceId()).toBe((2 ** 31).toString(36) + (2 ** 30).toString(36));
  });

  it('lets a test bring parts of its own', () => {
    const environment = createEnvironment({ now: () => 7, random: () => 0.5 });
    expect([environment.now(), environment.random()]).toEqual([7, 0.5]);
    expect(environment.instanceId()).toMatch(/\w/);
  });
});

describe('createAbort', () => {
  it('aborts its signal', () => {
    const request = createAbort();
    expect(request.signal?.aborted).toBe(false);
    request.abort();
    expect(request.signal?.aborted).toBe(true);
  });

  it('has none where the runtime has none', () => {
    vi.stubGlobal('AbortController', undefined);
    const request = createAbort();
    expect(request.signal).toBeUndefined();
    request.abort();
  });
});

describe('byteLength', () => {
  it.each([
    ['', 0],
    ['abc', 3],
    ['\u007f\u0080\u07ff\u0800\uffff', 1 + 2 + 2 + 3 + 3],
    ['🎉', 4],
    [new ArrayBuffer(5), 5],
    [new Uint8Array(6), 6],
    [{}, 0],
  ])('of %o is %i', (data, bytes) => {
    expect(byteLength(data)).toBe(bytes);
  });

  // Kills: a code unit counted for a byte, a surrogate pair counted as 6.
  test.prop([fc.string({ unit: 'binary', maxLength: 30 })])('is what the wire takes', (text) => {
    expect(byteLength(text)).toBe(Buffer.byteLength(text, 'utf8'));
  });
});

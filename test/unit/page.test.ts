import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { pageLifecycle } from '../../src/lifecycle/page.js';

const page = () => Object.assign(new EventTarget(), { visibilityState: 'visible' });

describe('pageLifecycle', () => {
  let scope: EventTarget;
  let told: string[];
  const tell = (signal: string): void => {
    told.push(signal);
  };
  const fire = (target: EventTarget, type: string, more: object = {}): void => {
    target.dispatchEvent(Object.assign(new Event(type), more));
  };

  beforeEach(() => {
    scope = new EventTarget();
    told = [];
    vi.stubGlobal('addEventListener', scope.addEventListener.bind(scope));
    vi.stubGlobal('removeEventListener', scope.removeEventListener.bind(scope));
  });
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  it('hands on what happens to the page, by its own name', () => {
    const document = page();
    vi.stubGlobal('document', document);
    pageLifecycle(tell);
    for (const type of ['online', 'offline', 'pagehide']) fire(scope, type);
    for (const type of ['freeze', 'resume']) fire(document, type);
    expect(told).toEqual(['online', 'offline', 'pagehide', 'freeze', 'resume']);
  });

  it('tells which way the visibility changed', () => {
    const document = page();
    vi.stubGlobal('document', document);
    pageLifecycle(tell);
    document.visibilityState = 'hidden';
    fire(document, 'visibilitychange');
    document.visibilityState = 'visible';
    fire(document, 'visibilitychange');
    expect(told).toEqual(['hidden', 'visible']);
  });

  it('tells of a page that comes back from the cache, and not of one that was loaded', () => {
    pageLifecycle(tell);
    fire(scope, 'pageshow', { persisted: false });
    fire(scope, 'pageshow', { persisted: true });
    expect(told).toEqual(['pageshow']);
  });

  it('tells nothing more when it is stopped', () => {
    const document = page();
    vi.stubGlobal('document', document);
    pageLifecycle(tell)();
    for (const type of ['online', 'offline', 'pagehide']) fire(scope, type);
    for (const type of ['freeze', 'resume', 'visibilitychange']) fire(document, type);
    expect(told).toEqual([]);
  });

  it('tells of the network where there is no document, as in a worker', () => {
    pageLifecycle(tell);
    fire(scope, 'offline');
    expect(told).toEqual(['offline']);
  });

  it('tells of another network, where the browser tells it, and in a worker too', () => {
    const connection = new EventTarget();
    vi.stubGlobal('navigator', { connection });
    const stop = pageLifecycle(tell);
    fire(connection, 'change');
    expect(told).toEqual(['network']);
    stop();
    fire(connection, 'change');
    expect(told).toHaveLength(1);
  });

  it('does not take the loss of the network for another one', () => {
    const navigator = { connection: new EventTarget(), onLine: false };
    vi.stubGlobal('navigator', navigator);
    pageLifecycle(tell);
    fire(navigator.connection, 'change');
    expect(told).toEqual([]);
    navigator.onLine = true;
    fire(navigator.connection, 'change');
    expect(told).toEqual(['network']);
  });

  describe('the sleep of the machine', () => {
    beforeEach(() => {
      vi.useFakeTimers();
    });
    afterEach(() => {
      vi.useRealTimers();
    });
    /** The timers stand still meanwhile, and go on to wait for what was left. */
    const sleep = (ms: number): void => {
      vi.setSystemTime(Date.now() + ms);
    };

    it('is told once, soon after it, and only of a page', () => {
      vi.stubGlobal('document', page());
      const stop = pageLifecycle(tell);
      vi.advanceTimersByTime(60_000);
      expect(told).toEqual([]);
      sleep(60_000);
      vi.advanceTimersByTime(2_000);
      expect(told).toEqual(['wake']);
      vi.advanceTimersByTime(60_000);
      expect(told).toHaveLength(1);
      stop();
      expect(vi.getTimerCount()).toBe(0);
      vi.stubGlobal('document', undefined);
      pageLifecycle(tell);
      expect(vi.getTimerCount()).toBe(0);
    });

    it('is not told of a timer that is a little late, nor of a clock that was set back', () => {
      vi.stubGlobal('document', page());
      pageLifecycle(tell);
      sleep(5_000);
      vi.advanceTimersByTime(2_000);
      sleep(-60_000);
      vi.advanceTimersByTime(4_000);
      expect(told).toEqual([]);
    });

    it('is not told of a hidden page, whose timers are late by themselves', () => {
      const document = page();
      vi.stubGlobal('document', document);
      pageLifecycle(tell);
      document.visibilityState = 'hidden';
      sleep(60_000);
      vi.advanceTimersByTime(2_000);
      document.visibilityState = 'visible';
      vi.advanceTimersByTime(60_000);
      expect(told).toEqual([]);
    });
  });

  it('is silent where there is neither, or a document without events', () => {
    vi.stubGlobal('addEventListener', undefined);
    vi.stubGlobal('removeEventListener', undefined);
    pageLifecycle(tell)();
    vi.stubGlobal('document', {});
    pageLifecycle(tell)();
    expect(told).toEqual([]);
  });
});

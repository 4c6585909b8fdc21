import { check } from '../checks.js';
import type { Environment } from '../index.js';
import { checkNames } from '../names.js';

export interface WorkerClockOptions {
  /**
   * No worker can be had, and from now on the page's own timers are used: the runtime has none, or the page's Content
   * Security Policy refuses `worker-src blob:`. Told once. @default nobody is told
   */
  readonly onFallback?: (cause: unknown) => void;
}

/** Runs in the worker: `[id, ms]` sets a timer, `[id]` takes it away; it says 0 when it is there, and each id when it is due. */
const SOURCE = `
const timers = new Map();
onmessage = ({ data: [id, ms] }) => {
  clearTimeout(timers.get(id));
  timers.delete(id);
  if (ms !== undefined) timers.set(id, setTimeout(() => { timers.delete(id); postMessage(id); }, ms));
};
postMessage(0);
`;

/** Longer timers fire at once (the delay is a signed 32-bit number). */
const LONGEST_TIMER = 2 ** 31 - 1;

interface Timer {
  readonly run: () => void;
  readonly at: number;
}

/**
 * Timers that a worker keeps, for pages that have to be on time while nobody looks at them: browsers run timers of a
 * hidden page once a minute, and those of its workers as ever. Use it as
 * `new ReliableSocket(url, { environment: workerClock() })` where the server closes what it has not heard from for less
 * than two minutes, and neither pings nor answers pings; in Chromium a heartbeat that is answered is on time without it.
 * One for all the sockets of a page is enough.
 *
 * The worker is made of text with the first timer, so there is no file to host; it stays as long as the page, and costs
 * what an empty worker costs. Where there can be none the page's timers are used, and `onFallback` is told. A page that
 * the browser freezes stands still with its workers.
 *
 * @throws ReliableSocketError `bad-option`
 */
export const workerClock = (options: WorkerClockOptions = {}): Pick<Environment, 'setTimer' | 'clearTimer'> => {
  checkNames('workerClock', options, ['onFallback']);
  const { onFallback } = options;
  check('workerClock: onFallback', onFallback, ['function', 'undefined']);
  const timers = new Map<number, Timer>();
  /** Undefined before the first timer; null where there can be none. */
  let worker: Worker | null | undefined;
  let lastId = 0;

  const ring = (id: number): void => {
    const timer = timers.get(id);
    timers.delete(id);
    timer?.run();
  };
  const ringFromPage = (id: number, ms: number): void => {
    setTimeout(ring, ms, id);
  };
  const fallBack = (cause: unknown): null => {
    worker = null;
    for (const [id, { at }] of timers) ringFromPage(id, at - Date.now());
    onFallback?.(cause);
    return null;
  };
  const start = (): Worker | null => {
    try {
      const url = URL.createObjectURL(new Blob([SOURCE], { type: 'text/javascript' }));
      const started = new Worker(url);
      started.onmessage = ({ data: id }: { readonly data: number }) => {
        if (id === 0) URL.revokeObjectURL(url);
        else ring(id);
      };
      // A refusal is told like this, and later; what was set meanwhile must not be lost with it.
      started.onerror = (event) => fallBack(event.message ?? event.type);
      return started;
    } catch (cause) {
      return fallBack(cause);
    }
  };

  return {
    setTimer(run, ms) {
      const id = ++lastId;
      const wait = Math.min(ms, LONGEST_TIMER);
      if (worker === undefined) worker = start();
      timers.set(id, { run, at: Date.now() + wait });
      if (worker) worker.postMessage([id, wait]);
      else ringFromPage(id, wait);
      return id;
    },
    clearTimer(handle) {
      // Safe: it is what `setTimer` gave.
      const id = handle as number;
      if (timers.delete(id)) worker?.postMessage([id]);
    },
  };
};

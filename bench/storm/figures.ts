import type { Stampede } from './herd.js';

export const WINDOW_MS = 100;

export interface Figures {
  readonly attempts: number;
  /** Most attempts in any window of 100 ms, wherever it begins. */
  readonly worst: number;
  /** The same, counting from the moment at which the server is back. */
  readonly worstOnceBack: number;
  readonly neverBack: number;
  /** ms after the server was back; may be negative with a server that said when to come. */
  readonly medianReturn: number;
  readonly lastReturn: number;
  /** ms after the drop. */
  readonly firstReturn: number;
}

export function figuresOf({ options, attempts, returns }: Stampede): Figures {
  const onceBack = attempts.filter((at) => at >= options.away);
  return {
    attempts: attempts.length,
    worst: mostInAWindow(attempts),
    worstOnceBack: mostInAWindow(onceBack),
    neverBack: options.clients - returns.length,
    medianReturn: (returns[Math.floor(returns.length / 2)] ?? Infinity) - options.away,
    lastReturn: (returns.at(-1) ?? Infinity) - options.away,
    firstReturn: returns[0] ?? Infinity,
  };
}

/** Of times in order. Windows are not on a grid: each begins with an attempt. */
export function mostInAWindow(times: readonly number[]): number {
  let most = 0;
  let first = 0;
  times.forEach((time, at) => {
    while (time - (times[first] ?? time) >= WINDOW_MS) first += 1;
    most = Math.max(most, at - first + 1);
  });
  return most;
}

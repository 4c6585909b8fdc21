import { figuresOf } from './figures.js';
import type { Stampede } from './herd.js';

/** Meant for 10,000 clients; fewer keep them easily. Times in ms. */
const MOST_EVER = 900;
const MOST_ONCE_BACK = 90;
const MOST_ON_APPOINTMENT = 150;
const LATEST_RETURN = 31_000;
const LATEST_MEDIAN = 10_000;
/** After the appointment, for the way through the network. */
const GRACE = 1_000;

/** Which bounds a herd of `ReliableSocket`s broke, as sentences. Empty if all is well. */
export function complaints(stampede: Stampede): string[] {
  const figures = figuresOf(stampede);
  const { away, goaway } = stampede.options;
  const found: string[] = [];
  const atMost = (what: string, value: number, bound: number): void => {
    if (!(value <= bound)) found.push(`${what}: ${Math.round(value)}, at most ${bound} wanted`);
  };
  atMost('clients that never came back', figures.neverBack, 0);
  if (goaway === undefined) {
    atMost('attempts in 100 ms', figures.worst, MOST_EVER);
    atMost('attempts in 100 ms once the server is back', figures.worstOnceBack, MOST_ONCE_BACK);
    atMost('ms until the last is back', figures.lastReturn, LATEST_RETURN);
    atMost('ms until half are back', figures.medianReturn, LATEST_MEDIAN);
    if (figures.attempts < 2 * stampede.options.clients) found.push('too mild: most came back at the first attempt');
  } else {
    atMost('attempts in 100 ms', figures.worst, MOST_ON_APPOINTMENT);
    atMost('ms until the last is back', figures.lastReturn + away, goaway.retryAfter + goaway.within + GRACE);
    if (figures.firstReturn < goaway.retryAfter) {
      found.push(`the first is back after ${Math.round(figures.firstReturn)} ms, sooner than the server said`);
    }
  }
  return found;
}

import type { Environment } from './environment.js';

/**
 * The one timer. It is moved only to an earlier time; that a deadline went later is found out when it fires. Without any
 * deadline it is taken away, for in Node it would keep the process. One that is late may be so for long: after a sleep of
 * the machine it waits for what was left, so it is set anew.
 */
export const createAlarm = (environment: Environment, ring: () => void): ((at: number, now: number) => void) => {
  let set = Infinity;
  let handle: unknown;
  return (at, now) => {
    if (at >= set && set >= now && at < Infinity) return;
    if (set < Infinity) environment.clearTimer(handle);
    set = at;
    if (at === Infinity) return;
    handle = environment.setTimer(
      () => {
        set = Infinity;
        ring();
      },
      Math.max(0, Math.ceil(at - now)),
    );
  };
};

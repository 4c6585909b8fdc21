import type { SocketEnvironment } from './environment.js';

/**
 * The one timer. It is moved only to an earlier time; that a deadline went later is found out when it fires. Without any
 * deadline it is taken away, for in Node it would keep the process. A timer that is overdue may stay so for long, since
 * after a sleep of the machine it still waits for what was left of it. So it is set anew.
 */
export const createAlarm = (environment: SocketEnvironment, ring: () => void): ((at: number, now: number) => void) => {
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

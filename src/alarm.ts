import type { SocketEnvironment } from './environment.js';

/**
 * The one timer. It is moved only to an earlier time; that a deadline went later is found out when it fires. Without any
 * deadline it is taken away, for in Node it would keep the process.
 */
export const createAlarm = (environment: SocketEnvironment, ring: () => void): ((at: number) => void) => {
  let set = Infinity;
  let handle: unknown;
  return (at) => {
    if (at >= set && at < Infinity) return;
    if (set < Infinity) environment.clearTimer(handle);
    set = at;
    if (at === Infinity) return;
    handle = environment.setTimer(
      () => {
        set = Infinity;
        ring();
      },
      Math.max(0, Math.ceil(at - environment.now())),
    );
  };
};

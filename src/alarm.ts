import type { SocketEnvironment } from './environment.js';

/**
 * The one timer. It is moved only to an earlier time; that a deadline went later is found out when it fires. Without any
 * deadline it is taken away, for in Node it would keep the process. A timer that is overdue may stay so for long, since
 * after a sleep of the machine it still waits for what was left of it. So it is set anew.
 *
 * In a hidden page browsers hold a timer back for up to a minute that was set by a timer that was set by a timer, five of
 * them in line (HTML, timer nesting level). So what comes from the network sets it anew as well, if a timer may have set
 * it: a heartbeat that is answered is then never held back.
 */
export const createAlarm = (
  environment: SocketEnvironment,
  ring: () => void,
): ((at: number, now: number, isByNetwork: boolean) => void) => {
  let set = Infinity;
  let wasByNetwork: boolean;
  let handle: unknown;
  return (at, now, isByNetwork) => {
    if (set >= now && at >= set && at < Infinity && (!isByNetwork || wasByNetwork)) return;
    if (set < Infinity) environment.clearTimer(handle);
    set = at;
    wasByNetwork = isByNetwork;
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

import type { ScriptedSocket, VirtualClock } from '../../src/testing/index.js';

interface VirtualGlobals {
  readonly clock: VirtualClock;
  readonly random: () => number;
  readonly WebSocket: typeof ScriptedSocket;
}

/** Puts timers, time, chance and the socket of libraries that take them from the globals onto the virtual clock. */
export async function withVirtualGlobals<T>(
  { clock, random, WebSocket }: VirtualGlobals,
  run: () => Promise<T>,
): Promise<T> {
  const real = {
    setTimeout: globalThis.setTimeout,
    clearTimeout: globalThis.clearTimeout,
    WebSocket: globalThis.WebSocket,
  };
  const { now } = Date;
  const { random: chance } = Math;
  Object.assign(globalThis, {
    setTimeout: (callback: (...rest: unknown[]) => void, ms?: number, ...rest: unknown[]) =>
      clock.setTimer(() => callback(...rest), ms ?? 0),
    clearTimeout: clock.clearTimer,
    WebSocket,
  });
  Date.now = clock.now;
  Math.random = random;
  try {
    return await run();
  } finally {
    Object.assign(globalThis, real);
    Date.now = now;
    Math.random = chance;
  }
}

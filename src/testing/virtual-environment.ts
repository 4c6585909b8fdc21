import type { Environment, WebSocketConstructor } from '../environment.js';
import { FUNCTION, must, mustOptions, OBJECT, type Rule, TEXT } from './checks.js';
import { seededRandom } from './random.js';
import type { VirtualClock } from './virtual-clock.js';

/** What `virtualEnvironment` is made of. */
export interface VirtualEnvironmentParts {
  /** Shared by all clients of a test. */
  readonly clock: VirtualClock;
  /** @default seededRandom(1) */
  readonly random?: () => number;
  /** The WebSocket class, for example `scriptedSockets().WebSocket`. @default none */
  readonly WebSocket?: WebSocketConstructor;
  /** Start of the instance ids, which are then counted from 1. @default 'client-' */
  readonly instances?: string;
}

const RULES: { readonly [K in keyof VirtualEnvironmentParts]-?: Rule } = {
  clock: OBJECT,
  random: FUNCTION,
  WebSocket: FUNCTION,
  instances: TEXT,
};

/**
 * An `environment` for the client in which nothing is left to chance: time from
 * a `VirtualClock`, random numbers from a seed, ids that count.
 *
 * It reaches neither globals nor the network. Several clients may share one.
 */
export function virtualEnvironment(parts: VirtualEnvironmentParts): Environment {
  mustOptions('virtualEnvironment', parts, RULES);
  must('virtualEnvironment: clock', parts.clock, OBJECT);
  const { clock, random = seededRandom(1), instances = 'client-' } = parts;
  let made = 0;
  return {
    now: clock.now,
    random,
    setTimer: clock.setTimer,
    clearTimer: clock.clearTimer,
    webSocket: () => parts.WebSocket,
    instanceId: () => {
      made += 1;
      return `${instances}${made}`;
    },
  };
}

import { setTimeout as delay } from 'node:timers/promises';
import { type Action, FLOOD_MESSAGES } from '../api.js';
import type { Session } from './session.js';
import type { HostSide } from './side.js';

/** Nobody can connect for so long after a cut. */
const OUTAGE_MS = 3_000;
/** An operating system gives a dead link up after minutes; here it takes this long. */
const FROZEN_MS = 8_000;
/** Every byte comes later by `latency`, for so long. */
const SLOW = { ms: 6_000, latency: 800 };
/** Narrow enough for a flood to be under way when the link breaks, which ends it. */
const NARROW = { ms: 60_000, bytesPerSecond: 60_000 };
const FLOOD_MS = 700;
const AWAY_MS = 1_500;

type Deed = (session: Session, sides: readonly HostSide[]) => Promise<void>;

/** What the buttons of the page do, to both sides alike. Each resolves when its effect on the network is over. */
export const deeds: Readonly<Record<Action, Deed>> = {
  async cut(_session, sides) {
    for (const { proxy } of sides) {
      proxy.refuse(true);
      proxy.inject('rst');
    }
    await delay(OUTAGE_MS);
    for (const { proxy } of sides) proxy.refuse(false);
  },

  async freeze(_session, sides) {
    const frozen = sides.map((side) => ({ side, connected: side.server.handshakes.length }));
    for (const { proxy } of sides) proxy.inject('freeze');
    await delay(FROZEN_MS);
    // Who has left the dead link meanwhile is spared.
    for (const { side, connected } of frozen) {
      if (side.server.handshakes.length === connected) side.proxy.inject('rst');
    }
  },

  async slow(_session, sides) {
    for (const { proxy } of sides) proxy.inject('delay', SLOW);
    await delay(SLOW.ms);
  },

  async narrow(_session, sides) {
    for (const { proxy } of sides) proxy.inject('throttle', NARROW);
  },

  async flood(_session, sides) {
    for (const side of sides) {
      for (let count = 0; count < FLOOD_MESSAGES; count += 1) side.publish();
    }
    await delay(FLOOD_MS);
    for (const { proxy } of sides) {
      proxy.inject('rst');
      proxy.inject('throttle', { ms: 0 });
    }
  },

  restart: (session, sides) =>
    session.oneAtATime(async () => {
      await Promise.all(sides.map(({ server }) => server.restart({ away: AWAY_MS })));
    }),

  forget: (session, sides) =>
    session.oneAtATime(async () => {
      await Promise.all(sides.map(({ server }) => server.stop()));
      // The world goes on meanwhile, and nobody will remember it.
      await delay(AWAY_MS);
      await Promise.all(sides.map(({ server }) => server.restart({ keepMemory: false })));
    }),

  async expire(session, sides) {
    session.renewToken();
    for (const { server } of sides) server.closeAll(4401, 'the token has expired');
  },

  pause: async (session) => session.pause(),
  resume: async (session) => session.resume(),
};

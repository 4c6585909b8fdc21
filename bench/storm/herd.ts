import { seededRandom, VirtualClock } from '../../src/testing/index.js';
import type { Member } from './member.js';
import { withVirtualGlobals } from './virtual-globals.js';
import { VirtualServer } from './virtual-server.js';

/** The clients come one after another over so many ms. */
const ARRIVAL = 10_000;
/** So long all is well, so that every backoff counts from the begin. */
const HEALTH = 15_000;
/** After the server came back nobody is waited for any longer. */
const PATIENCE = 90_000;
const STEP = 100;

export interface HerdOptions {
  readonly clients: number;
  readonly seed: number;
  /** For so many ms the server is away. */
  readonly away: number;
  /** What the server says just before it dies. */
  readonly goaway?: { readonly retryAfter: number; readonly within: number };
}

/** All times in ms after the drop. */
export interface Stampede {
  readonly name: string;
  readonly options: HerdOptions;
  /** When the attempts to connect were made, in order. */
  readonly attempts: readonly number[];
  /** When each client was connected again, in order. Fewer than clients if some never were. */
  readonly returns: readonly number[];
}

/** Drops all clients of a herd at once, and sees when they come back. */
export function stampede(member: Member, options: HerdOptions): Promise<Stampede> {
  const clock = new VirtualClock();
  const random = seededRandom(options.seed);
  const server = new VirtualServer(clock, seededRandom(options.seed + 1), member.manners);
  const { WebSocket } = server;
  return withVirtualGlobals({ clock, random, WebSocket }, async () => {
    let dropped = Infinity;
    const returned = new Map<number, number>();
    const leave: (() => void)[] = [];
    for (let n = 0; n < options.clients; n += 1) {
      const onOpen = (): void => {
        if (clock.now() > dropped && !returned.has(n)) returned.set(n, clock.now() - dropped);
      };
      clock.setTimer(
        () => leave.push(member.join({ url: 'ws://herd.test', clock, random, WebSocket, onOpen })),
        (n / options.clients) * ARRIVAL,
      );
    }
    await clock.advanceAsync(ARRIVAL + HEALTH);
    if (server.live !== options.clients) {
      throw new Error(`storm: only ${server.live} of ${options.clients} clients of ${member.name} connected`);
    }

    dropped = clock.now();
    server.attempts.length = 0;
    if (options.goaway !== undefined) server.broadcast({ type: 'goaway', ...options.goaway });
    server.die();
    await clock.advanceAsync(options.away);
    server.isAway = false;
    for (let waited = 0; returned.size < options.clients && waited < PATIENCE; waited += STEP) {
      await clock.advanceAsync(STEP);
    }
    const attempts = server.attempts.map((at) => at - dropped);
    for (const end of leave) end();
    return { name: member.name, options, attempts, returns: [...returned.values()].sort((a, b) => a - b) };
  });
}

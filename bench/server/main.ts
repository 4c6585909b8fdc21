import { setTimeout as pause } from 'node:timers/promises';
import type { Kind } from './contestants.js';
import { Duel } from './duel.js';

// Servers side by side, in one run: npm run bench:server. Absolute numbers say more about the machine than about them.

const FAN_OUT = { clients: 1_000, messages: 1_000 };
/** Messages that are published in one turn of the event loop. */
const BURST = 10;
const IDLE = 5_000;
const RESUME = { clients: 1_000, messages: 1_000 };

/** µs of the server's CPU for each message that a client got. */
const fanOut = async (kind: Kind, burst: number): Promise<number> => {
  const duel = await Duel.start(kind);
  await duel.clients({ connect: FAN_OUT.clients });
  const round = async (messages: number, done: number): Promise<void> => {
    for (let n = burst; n <= messages; n += burst) {
      const heard = duel.clients({ expect: done + n });
      await duel.server({ publish: burst });
      await heard;
    }
  };
  await round(FAN_OUT.messages / 10, 0);
  const before = await duel.usage();
  await round(FAN_OUT.messages, FAN_OUT.messages / 10);
  const after = await duel.usage();
  await duel.end();
  return (after.cpu - before.cpu) / (FAN_OUT.clients * FAN_OUT.messages);
};

/** Bytes of the server for each client that is there. */
const idle = async (kind: Kind): Promise<number> => {
  const duel = await Duel.start(kind);
  // What the first ones cost is code, not memory of theirs.
  await duel.clients({ connect: 200 });
  const before = await duel.usage();
  await duel.clients({ connect: IDLE });
  const after = await duel.usage();
  await duel.end();
  return (after.rss - before.rss) / IDLE;
};

/** How long everybody needs to catch up, in ms, and the most memory of the server, in bytes. */
const resume = async (kind: Kind): Promise<{ readonly ms: number; readonly peak: number }> => {
  const duel = await Duel.start(kind);
  await duel.clients({ connect: RESUME.clients });
  const first = duel.clients({ expect: 1 });
  await duel.server({ publish: 1 });
  await first;
  await duel.clients({ disconnect: true });
  await pause(500);
  for (let n = 0; n < RESUME.messages; n += 10) await duel.server({ publish: 10 });
  const startedAt = performance.now();
  await duel.clients({ connect: RESUME.clients, behind: true });
  await duel.clients({ expect: RESUME.messages });
  const ms = performance.now() - startedAt;
  const { peak } = await duel.usage();
  await duel.end();
  return { ms, peak };
};

/** The middle one of three: other work on the machine only ever adds. */
const median = async <T>(measure: () => Promise<T>, by: (value: T) => number): Promise<T> => {
  const values = [await measure(), await measure(), await measure()].sort((a, b) => by(a) - by(b));
  // Safe: there are three.
  return values[1] as T;
};

interface Cost {
  /** µs per message, of bursts and of single ones. */
  readonly cpu: number;
  readonly alone: number;
  /** Bytes per idle client. */
  readonly idle: number;
  readonly back: { readonly ms: number; readonly peak: number } | undefined;
}

const measure = async (kind: Kind): Promise<Cost> => ({
  cpu: await median(() => fanOut(kind, BURST), Number),
  alone: await median(() => fanOut(kind, 1), Number),
  idle: await median(() => idle(kind), Number),
  back:
    kind === 'bare ws'
      ? undefined
      : await median(
          () => resume(kind),
          ({ ms }) => ms,
        ),
});

const [bare, ours, socketIo] = [await measure('bare ws'), await measure('reliable-socket'), await measure('socket.io')];
const row = ({ cpu, alone, idle, back }: Cost): Record<string, string> => ({
  [`CPU per message, bursts of ${BURST}, µs`]: cpu.toFixed(2),
  'to bare ws': (cpu / bare.cpu).toFixed(2),
  'CPU per message, one at a time, µs': alone.toFixed(2),
  'to bare ws ': (alone / bare.alone).toFixed(2),
  'memory per idle client, kB': (idle / 1_000).toFixed(1),
  'to bare ws  ': (idle / bare.idle).toFixed(2),
  'resume, ms': back ? back.ms.toFixed(0) : '',
  'peak memory, MB': back ? (back.peak / 1e6).toFixed(0) : '',
});
console.log(
  `${FAN_OUT.clients} clients x ${FAN_OUT.messages} messages; ${IDLE} idle; ${RESUME.clients} x ${RESUME.messages} behind`,
);
console.table({ 'bare ws': row(bare), 'reliable-socket': row(ours), 'socket.io': row(socketIo) });

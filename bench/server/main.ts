import { setTimeout as pause } from 'node:timers/promises';
import { type Kind, kinds } from './contestants.js';
import { Duel } from './duel.js';

// Servers side by side, in one run: npm run bench:server. Absolute numbers say more about the machine than about them.

const FAN_OUT = { clients: 1_000, messages: 1_000, batch: 10 };
const IDLE = 5_000;
const RESUME = { clients: 1_000, messages: 1_000 };

/** µs of the server's CPU for each message that a client got. */
const fanOut = async (kind: Kind): Promise<number> => {
  const duel = await Duel.start(kind);
  await duel.clients({ connect: FAN_OUT.clients });
  const round = async (messages: number, done: number): Promise<void> => {
    for (let n = FAN_OUT.batch; n <= messages; n += FAN_OUT.batch) {
      const heard = duel.clients({ expect: done + n });
      await duel.server({ publish: FAN_OUT.batch });
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

const rows: Record<string, Record<string, string>> = {};
let bare = { cpu: 1, bytes: 1 };
for (const kind of kinds) {
  const cpu = await median(() => fanOut(kind), Number);
  const bytes = await median(() => idle(kind), Number);
  if (kind === 'bare ws') bare = { cpu, bytes };
  const back =
    kind === 'bare ws'
      ? undefined
      : await median(
          () => resume(kind),
          ({ ms }) => ms,
        );
  rows[kind] = {
    'CPU per message, µs': cpu.toFixed(2),
    'to bare ws': (cpu / bare.cpu).toFixed(2),
    'memory per idle client, kB': (bytes / 1_000).toFixed(1),
    'to bare ws ': (bytes / bare.bytes).toFixed(2),
    'resume, ms': back ? back.ms.toFixed(0) : '',
    'peak memory, MB': back ? (back.peak / 1e6).toFixed(0) : '',
  };
}
console.log(
  `${FAN_OUT.clients} clients x ${FAN_OUT.messages} messages; ${IDLE} idle; ${RESUME.clients} x ${RESUME.messages} behind`,
);
console.table(rows);

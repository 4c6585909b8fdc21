import { parseArgs } from 'node:util';
import { type HerdOptions, type Stampede, stampede } from './herd.js';
import { peers, reliable } from './members.js';
import { writeReport } from './report.js';
import { renderTable } from './table.js';
import { complaints } from './verdict.js';

const HELP = `A herd of clients of each library loses its server for 30 s, on a virtual clock.

  npm run storm                     10,000 clients of each; writes bench/STORM.md and bench/storm.svg
  npm run storm -- --clients 2000   fewer, and only a table
  npm run storm -- --seed 7         other chance

The exit code is 1 if ReliableSocket does not keep its bounds.`;

const CLIENTS = 10_000;
const AWAY = 30_000;

const { values } = readArguments();
const seed = Number(values.seed ?? 1);
const clients = Number(values.clients ?? CLIENTS);

if (values.help === true) console.log(HELP);
else if (!Number.isSafeInteger(seed)) fail(`--seed: ${values.seed} is no whole number`);
else if (!(Number.isSafeInteger(clients) && clients > 0)) fail(`--clients: ${values.clients} is no count`);
else await run({ clients, seed, away: AWAY });

async function run(options: HerdOptions): Promise<void> {
  const herds: Stampede[] = [
    await stampede(reliable, options),
    await stampede(reliable, { ...options, goaway: { retryAfter: 30_000, within: 10_000 } }),
  ];
  const ours = herds.slice();
  for (const peer of peers) {
    console.error(peer.name);
    herds.push(await stampede(peer, options));
  }
  console.log(`\n${clients} clients dropped at once, the server away for ${AWAY / 1_000} s, seed ${seed}\n`);
  console.log(renderTable(herds));
  if (clients === CLIENTS) await writeReport(herds);
  const found = ours.flatMap(complaints);
  for (const complaint of found) console.error(`! ReliableSocket: ${complaint}`);
  if (found.length > 0) process.exitCode = 1;
}

function readArguments() {
  try {
    return parseArgs({
      options: {
        seed: { type: 'string' },
        clients: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    return fail(`${error instanceof Error ? error.message : error}\n\n${HELP}`);
  }
}

function fail(text: string): never {
  console.error(text);
  process.exit(2);
}

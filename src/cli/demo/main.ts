import { parseArgs } from 'node:util';
import { complaints, runContest } from './contest.js';
import { createProgressBar } from './progress.js';
import { renderFaults, renderTable } from './table.js';

const HELP = `A naive client and ReliableSocket, side by side through the same storm.

  npm run demo                  one storm after another, until Ctrl-C
  npm run demo -- --once        one storm; exit code 1 if ReliableSocket lost, repeated or
                                reordered a message, or if the storm was too mild to prove it
  npm run demo -- --seed 7      begins with this storm (default 1)
`;

const { values } = readArguments();
const firstSeed = Number(values.seed ?? 1);

if (values.help === true) {
  console.log(HELP);
} else if (!Number.isSafeInteger(firstSeed)) {
  fail(`--seed: ${values.seed} is no whole number`);
} else {
  let seed = firstSeed;
  do {
    const isFine = await runOnce(seed);
    if (!isFine && values.once === true) process.exitCode = 1;
    seed += 1;
  } while (values.once !== true);
}

function readArguments(): { values: { once?: boolean; seed?: string; help?: boolean } } {
  try {
    return parseArgs({
      options: { once: { type: 'boolean' }, seed: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
    });
  } catch (error) {
    return fail(`${error instanceof Error ? error.message : error}\n\n${HELP}`);
  }
}

function fail(text: string): never {
  console.error(text);
  process.exit(2);
}

async function runOnce(seed: number): Promise<boolean> {
  const began = performance.now();
  console.log(`\nstorm with the seed ${seed}`);
  const bar = createProgressBar(process.stdout);
  const contest = await runContest(seed, bar.show);
  bar.end();
  const seconds = ((performance.now() - began) / 1_000).toFixed(1);
  console.log(`\n${renderTable(contest)}\n\n${renderFaults(contest)}\n`);
  const found = complaints(contest);
  for (const complaint of found) console.error(`! ${complaint}`);
  console.log(found.length === 0 ? `passed in ${seconds} s` : `failed after ${seconds} s`);
  return found.length === 0;
}

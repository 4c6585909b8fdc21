import { parseArgs } from 'node:util';
import type { Contestant } from './contestant.js';
import { peers, reliableContestants } from './contestants/index.js';
import { runScenario } from './run.js';
import { type Scenario, scenarios } from './scenario.js';
import { renderTable } from './table.js';
import { complaints } from './verdict.js';

const HELP = `ReliableSocket and its peers, each through the same storm of network faults.

  npm run chaos                          the storms with the seed 1
  npm run chaos -- --seed 7              other storms
  npm run chaos -- --scenario fast       only one: ${scenarios.map(({ name }) => name).join(', ')}
  npm run chaos -- --without-peers       ReliableSocket alone, which takes less time

The exit code is 1 if ReliableSocket broke a promise, or if a storm was too mild to show that it keeps it.
The seed decides which faults come when, how strong they are, and every payload. It can not decide how fast
the machine and its TCP are, nor the jitter inside of some peers: the counts of losses differ a little.`;

const { values } = readArguments();
const seed = Number(values.seed ?? 1);
const chosen = scenarios.filter(({ name }) => name === (values.scenario ?? name));

if (values.help === true) console.log(HELP);
else if (!Number.isSafeInteger(seed)) fail(`--seed: ${values.seed} is no whole number`);
else if (chosen.length === 0) fail(`--scenario: ${values.scenario} is none of ${scenarios.map(({ name }) => name)}`);
else {
  const contestants = values['without-peers'] === true ? reliableContestants : [...reliableContestants, ...peers];
  for (const scenario of chosen) {
    if (!(await runOnce(scenario, contestants))) process.exitCode = 1;
  }
}

async function runOnce(scenario: Scenario, contestants: readonly Contestant[]): Promise<boolean> {
  const run = await runScenario(scenario, seed, contestants, (text) => console.error(text));
  const { name, messages, perSecond, faults } = scenario;
  console.log(
    `\n${name}: ${messages} messages each way, ${Math.round(perSecond)} a second, ${faults} faults, seed ${seed}`,
  );
  console.log(`\n${renderTable(run)}\n\nlongest stall of this process: ${Math.round(run.worstStall)} ms\n`);
  const found = complaints(run);
  for (const complaint of found) console.error(`! ${complaint}`);
  return found.length === 0;
}

function readArguments() {
  try {
    return parseArgs({
      options: {
        seed: { type: 'string' },
        scenario: { type: 'string' },
        'without-peers': { type: 'boolean' },
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

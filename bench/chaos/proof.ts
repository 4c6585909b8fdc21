import { peers, reliableContestants } from './contestants/index.js';
import { writeReport } from './report.js';
import { type Run, runScenario } from './run.js';
import { type Scenario, scenarios } from './scenario.js';
import { renderTable } from './table.js';
import { complaints } from './verdict.js';

const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
const SEED_WITH_PEERS = 1;

/** Ten seeds of each scenario, and one of each with the peers. Takes about 15 minutes; writes `bench/CHAOS.md`. */
export async function proveChaos(log: (text: string) => void): Promise<string[]> {
  const alone: Run[] = [];
  const withPeers: Run[] = [];
  const note = async (runs: Run[], run: Run): Promise<void> => {
    log(`${run.scenario.name}, seed ${run.seed}\n${renderTable(run)}\n`);
    runs.push(run);
    const bySeed = [...alone].sort((a, b) => a.seed - b.seed);
    await writeReport({ alone: bySeed, withPeers });
  };
  const inTurn = async (name: string, seeds: readonly number[]): Promise<void> => {
    for (const seed of seeds) await note(alone, await runScenario(scenarioOf(name), seed, reliableContestants));
  };
  const together = async (name: string): Promise<void> => {
    await note(withPeers, await runScenario(scenarioOf(name), SEED_WITH_PEERS, [...reliableContestants, ...peers]));
  };
  // The fast one needs the machine for itself; the slow one leaves room for others beside it.
  await inTurn('fast', SEEDS);
  await Promise.all([inTurn('dense', SEEDS), ...[1, 2, 3, 4, 5].map((seed) => inTurn('sparse', [seed, seed + 5]))]);
  await together('fast');
  await Promise.all([together('dense'), together('sparse')]);
  return [...alone, ...withPeers].flatMap((run) =>
    complaints(run).map((text) => `${run.scenario.name}, seed ${run.seed}: ${text}`),
  );
}

function scenarioOf(name: string): Scenario {
  const found = scenarios.find((scenario) => scenario.name === name);
  if (found === undefined) throw new RangeError(`chaos: no scenario is called ${name}`);
  return found;
}

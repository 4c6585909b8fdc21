import { peers, reliableContestants } from './contestants/index.js';
import { writeReport } from './report.js';
import { type Run, runScenario } from './run.js';
import { type Scenario, scenarios } from './scenario.js';
import { renderTable } from './table.js';
import { complaints } from './verdict.js';

const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
const SEED_WITH_PEERS = 1;
/** The slow scenario leaves room for another beside it. */
const LANES = [['sparse'], ['fast', 'dense']];

/** Ten seeds of each scenario, and one of each with the peers. Takes about 20 minutes; writes `bench/CHAOS.md`. */
export async function proveChaos(log: (text: string) => void): Promise<string[]> {
  const alone: Run[] = [];
  const withPeers: Run[] = [];
  const note = async (runs: Run[], run: Run): Promise<void> => {
    log(`${run.scenario.name}, seed ${run.seed}\n${renderTable(run)}\n`);
    runs.push(run);
    const bySeed = [...alone].sort((a, b) => a.seed - b.seed);
    await writeReport({ alone: bySeed, withPeers });
  };
  await Promise.all(
    LANES.map(async (names) => {
      for (const scenario of named(names)) {
        for (const seed of SEEDS) await note(alone, await runScenario(scenario, seed, reliableContestants));
      }
    }),
  );
  for (const scenario of scenarios) {
    await note(withPeers, await runScenario(scenario, SEED_WITH_PEERS, [...reliableContestants, ...peers]));
  }
  return [...alone, ...withPeers].flatMap((run) =>
    complaints(run).map((text) => `${run.scenario.name}, seed ${run.seed}: ${text}`),
  );
}

const named = (names: readonly string[]): Scenario[] => scenarios.filter(({ name }) => names.includes(name));

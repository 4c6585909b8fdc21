import { writeFile } from 'node:fs/promises';
import { renderRows, seconds, thousands } from '../support/table.js';
import { untold } from './match.js';
import type { Result, Run } from './run.js';
import { type Scenario, scenarios } from './scenario.js';
import { renderTable } from './table.js';
import { complaints, sum } from './verdict.js';

const HEAD = [
  'all seeds together',
  'in: lost',
  'repeated',
  'out of order',
  'out: lost',
  'of these not told',
  'repeated',
  'out of order',
  'fewest faults that hit',
  'reconnects',
];

/** What a long run brought: `ReliableSocket` through many seeds, and everybody through one. */
export interface Proof {
  readonly alone: readonly Run[];
  readonly withPeers: readonly Run[];
}

/** Writes `bench/CHAOS.md`. */
export async function writeReport(proof: Proof): Promise<void> {
  const page = `# Through a storm of faults

Written by \`npm run proof -- chaos\`. Each contestant has a server and a fault proxy of its own, on real TCP, and goes through the same faults: reset, end without a close frame, freeze, delay, throttle, and a cut inside of a frame. After some of them nobody can connect for a while. All settings are in \`bench/chaos/contestants/\`; the servers number, replay and remember ids, for whoever makes use of it.

- "Lost" counts what the application gave to the client or to the server and what never arrived. "Repeated" and "out of order" count what the other application got.
- "Not told": the client said nothing of the loss. \`queue()\` does not promise delivery, it promises to tell.
- "Down" is without an open link, as the client itself sees it. One that does not notice a dead link calls itself open.
- The seed decides the faults and the payloads. The speed of the machine, and the jitter inside of some peers, it does not: the losses of a peer differ a little from run to run.
- A busy machine stretches the storm, faults and messages alike; the stalls of the process are told with each table.

${scenarios.map((scenario) => renderScenario(scenario, proof)).join('\n')}`;
  await writeFile(new URL('../CHAOS.md', import.meta.url), page);
}

function renderScenario(scenario: Scenario, { alone, withPeers }: Proof): string {
  const { name, messages, perSecond, faults, timing } = scenario;
  const mine = (run: Run): boolean => run.scenario.name === name;
  const runs = alone.filter(mine);
  const parts = [
    `## ${name}`,
    `${thousands(messages)} messages each way, ${thousands(Math.round(perSecond))} a second, ${faults} faults. ${
      timing.kind === 'default'
        ? 'Every client waits as long as its defaults say.'
        : `Backoff ${timing.backoff.least} to ${timing.backoff.most} ms, heartbeat ${timing.heartbeat.interval}/${timing.heartbeat.timeout} ms, connect timeout ${timing.connect} ms, for every client that has the option.`
    }`,
  ];
  if (runs.length > 0) {
    const broken = runs.flatMap((run) => complaints(run).map((text) => `- seed ${run.seed}: ${text}`));
    const seeds = `${runs.length} seeds (${runs.map(({ seed }) => seed).join(', ')})`;
    parts.push(
      `\`ReliableSocket\` alone, ${seeds}, longest stall of the process ${stallOf(runs)} s:`,
      renderRows(HEAD, together(runs)),
      broken.length === 0 ? 'Every promise was kept in every run.' : `Not kept:\n\n${broken.join('\n')}`,
    );
  }
  for (const run of withPeers.filter(mine)) {
    parts.push(`Side by side, seed ${run.seed}, longest stall of the process ${stallOf([run])} s:`, renderTable(run));
  }
  return `${parts.join('\n\n')}\n`;
}

const stallOf = (runs: readonly Run[]): string => seconds(Math.max(...runs.map(({ worstStall }) => worstStall)));

function together(runs: readonly Run[]): string[][] {
  const results = runs.flatMap((run) => run.results);
  return [...new Set(results.map(({ contestant }) => contestant.name))].map((name) => {
    const own = results.filter(({ contestant }) => contestant.name === name);
    const total = (count: (result: Result) => number): string =>
      thousands(own.reduce((all, result) => all + count(result), 0));
    return [
      name,
      total(({ in: { lost } }) => lost),
      total(({ in: { repeated } }) => repeated),
      total(({ in: { outOfOrder } }) => outOfOrder),
      total(({ out }) => out.lost),
      total((result) => untold(result).length),
      total(({ out }) => out.repeated),
      total(({ out }) => out.outOfOrder),
      String(Math.min(...own.map(({ proxy }) => sum(proxy.hits)))),
      total(({ client }) => client.reconnects),
    ];
  });
}

import { describe, expect, it } from 'vitest';
import { reliableContestants } from '../../bench/chaos/contestants/index.js';
import { runScenario } from '../../bench/chaos/run.js';
import { type Scenario, scenarios, shortened } from '../../bench/chaos/scenario.js';
import { complaints } from '../../bench/chaos/verdict.js';

const SEED = 1;
/** Each way. */
const MESSAGES = { dense: 2_000, fast: 2_000, sparse: 1_500 };

function named(name: keyof typeof MESSAGES): Scenario {
  return shortened(scenarios.find((scenario) => scenario.name === name)!, MESSAGES[name]);
}

// The long runs are `npm run proof -- chaos`. These are quiet for most of their time, so they go side by side.
describe.concurrent('a short storm of faults', () => {
  it.each(['dense', 'fast', 'sparse'] as const)('keeps every promise: %s', async (name) => {
    const run = await runScenario(named(name), SEED, reliableContestants);
    // A storm that was too mild is a complaint too.
    expect(complaints(run)).toEqual([]);
    for (const { in: inbound, out, contestant, client } of run.results) {
      expect([inbound.sent, out.sent], contestant.name).toEqual([MESSAGES[name], MESSAGES[name]]);
      expect(inbound.received, contestant.name).toBe(MESSAGES[name]);
      expect(client.reconnects, contestant.name).toBeGreaterThan(0);
    }
  });
});

import { describe, expect, it } from 'vitest';
import { checks } from '../../src/cli/conformance/checks.js';
import { type CheckResult, runConformance } from '../../src/cli/conformance/run.js';
import type { Target } from '../../src/cli/conformance/target.js';
import type { ReferenceServerOptions } from '../../src/testing/reference-server.js';
import { type Bend, startBentServer } from '../support/conformance/bent-server.js';
import { brokenServers } from '../support/conformance/broken/index.js';
import { PATIENCE } from '../support/conformance/patience.js';
import { startReferenceApp } from '../support/conformance/reference-app.js';

async function check(bend: Bend, server: ReferenceServerOptions = {}, target: Partial<Target> = {}) {
  const good = await startReferenceApp(server);
  const bent = await startBentServer(good.url, bend);
  try {
    const { results } = await runConformance({ ...PATIENCE, ...target, url: bent.url, calm: 30 });
    return results;
  } finally {
    await bent.stop();
    await good.stop();
  }
}

/** What the same server comes to when nothing is bent, once for each way to set it up. */
const unbent = new Map<string, Promise<readonly CheckResult[]>>();

describe('broken servers', () => {
  it('there is one for each check', () => {
    expect([...new Set(brokenServers.map(({ check: id }) => id))].sort()).toEqual(checks.map(({ id }) => id).sort());
  });

  it.concurrent.each(brokenServers)(
    '$check finds a server that $fault',
    async ({ check: id, bend, server, target }) => {
      const setting = JSON.stringify([server, target]);
      if (!unbent.has(setting)) unbent.set(setting, check({}, server, target));
      const good = (await unbent.get(setting)) ?? [];
      expect(good.filter(({ outcome }) => outcome === 'fail').map((result) => [result.id, result.reason])).toEqual([]);

      const bent = await check(bend(), server, target);
      const changed = bent.filter(({ outcome }, at) => outcome !== good[at]?.outcome);
      expect(changed.map((result) => [result.id, result.outcome, result.reason])).toEqual([
        [id, 'fail', expect.any(String)],
      ]);
      expect(changed[0]?.steps).toContainEqual(expect.objectContaining({ kind: 'expected', met: false }));
    },
  );
});

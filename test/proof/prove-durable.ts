import { buildPackage } from '../support/build-package.js';
import { killInRounds, type RoundsOptions } from '../support/durable/rounds.js';
import { startRemoteHost } from '../support/remote-host.js';
import { bundleWithIdb } from '../support/with-idb.js';
import { findTool } from '../tools/tools.js';

/** Bytes that the origin may take more than it has: enough for a part of each round. */
const QUOTA = 3_000_000;
/** Less kills than this in the middle of work prove nothing. */
const LEAST_HITS = 0.5;

/** Pages with durable messages that are killed, without and with a quota; answers what was found wrong. */
export async function proveDurable(options: RoundsOptions, log: (text: string) => void): Promise<string[]> {
  const [path] = findTool('chromium') ?? [];
  if (path === undefined) return ['Chromium is missing: npm run tools -- --all'];
  const folder = await buildPackage('proof-durable');
  await bundleWithIdb(folder);
  const host = await startRemoteHost(folder);
  const complaints: string[] = [];
  try {
    for (const quota of [undefined, QUOTA]) {
      const { wrong, seen } = await killInRounds(path, host.url, { ...options, ...(quota && { quota }) });
      log(`seed ${options.seed}, ${options.rounds} rounds of ${options.messages}, quota: ${quota ?? 'of the disk'}`);
      for (const [name, count] of Object.entries({ ...wrong, ...seen })) log(`  ${name}: ${count}`);
      for (const [name, count] of Object.entries(wrong)) if (count > 0) complaints.push(`${name}: ${count}`);
      if (seen.cutShort < options.rounds * LEAST_HITS) complaints.push('the kills did not come in mid-work');
      if (seen.leftWork < options.rounds * LEAST_HITS) complaints.push('the kills left no work');
      if (quota !== undefined && (seen.volatile === 0 || seen.told === 0))
        complaints.push('the quota was never reached');
    }
  } finally {
    await host.close();
  }
  return complaints;
}

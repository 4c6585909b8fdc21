import { type ClusterOptions, runCluster } from '../support/cluster/cluster.js';

/** Two nodes and one Redis in a storm; answers what was found wrong. */
export async function proveCluster(options: ClusterOptions, log: (text: string) => void): Promise<string[]> {
  const flags = Object.entries(options).map(([name, value]) => `--${name} ${value}`);
  log(`npm run cluster -- ${flags.join(' ')}`);
  const { wrong, seen } = await runCluster(options);
  for (const [name, count] of Object.entries({ ...wrong, ...seen })) log(`${name}: ${count}`);
  return Object.entries(wrong)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${name}: ${count}`);
}

import { proveBrowsers } from '../test/proof/prove-browsers.js';
import { proveCluster } from '../test/proof/prove-cluster.js';
import { proveDurable } from '../test/proof/prove-durable.js';
import { proveFuzz } from '../test/proof/prove-fuzz.js';
import { proveNginx } from '../test/proof/prove-nginx.js';
import { proveTabs } from '../test/proof/prove-tabs.js';
import { proveChaos } from './chaos/proof.js';
import { proveStorm } from './storm/proof.js';
import { renderRows, seconds } from './support/table.js';

/** Too long for every commit. Each says what it found wrong; nothing is good. */
const proofs: Readonly<Record<string, (log: (text: string) => void) => Promise<string[]>>> = {
  chaos: proveChaos,
  storm: proveStorm,
  cluster: (log) => proveCluster({ seed: 1, clients: 200, messages: 50_000, orders: 50, kills: 10 }, log),
  tabs: (log) => proveTabs(1, log),
  browsers: proveBrowsers,
  nginx: proveNginx,
  fuzz: (log) => proveFuzz(1, 10, log),
  durable: (log) => proveDurable({ seed: 1, rounds: 30, messages: 1_000 }, log),
};

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !(name in proofs));
if (unknown.length > 0) {
  console.error(`proof: ${unknown.join(', ')} is none of ${Object.keys(proofs).join(', ')}`);
  process.exit(2);
}

const rows: string[][] = [];
for (const [name, prove] of Object.entries(proofs)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  console.log(`\n## ${name}\n`);
  const began = performance.now();
  const found = await prove((text) => console.log(text));
  for (const complaint of found) console.error(`! ${complaint}`);
  rows.push([name, found.length === 0 ? 'holds' : `${found.length} found wrong`, seconds(performance.now() - began)]);
  if (found.length > 0) process.exitCode = 1;
}
console.log(`\n${renderRows(['proof', 'result', 'took, s'], rows)}`);

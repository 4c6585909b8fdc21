import { stampede } from './herd.js';
import { reliable } from './members.js';
import { renderTable } from './table.js';
import { complaints } from './verdict.js';

const SEEDS = [1, 2, 3, 4, 5];
const CLIENTS = 10_000;
const AWAY = 30_000;

/** Full herds of `ReliableSocket`s, with and without an appointment. Takes about two minutes. */
export async function proveStorm(log: (text: string) => void): Promise<string[]> {
  const found: string[] = [];
  for (const seed of SEEDS) {
    const options = { clients: CLIENTS, seed, away: AWAY };
    const herds = [
      await stampede(reliable, options),
      await stampede(reliable, { ...options, goaway: { retryAfter: 30_000, within: 10_000 } }),
    ];
    log(`seed ${seed}\n${renderTable(herds)}\n`);
    found.push(...herds.flatMap(complaints).map((text) => `seed ${seed}: ${text}`));
  }
  return found;
}

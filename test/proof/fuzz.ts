import { parseArgs } from 'node:util';
import { proveFuzz } from './prove-fuzz.js';

// The long version of test/integration/server/fuzz.test.ts: npm run fuzz -- --minutes 10 --seed 1

const { values } = parseArgs({ options: { minutes: { type: 'string' }, seed: { type: 'string' } } });
const minutes = Number(values.minutes ?? 10);
const seed = Number(values.seed ?? Date.now() % 100_000);
const found = await proveFuzz(seed, minutes, console.log);
for (const complaint of found) console.error(`! ${complaint}`);
process.exitCode = found.length === 0 ? 0 : 1;

import { parseArgs } from 'node:util';
import { besiege } from '../support/besieged.js';

// The long version of test/integration/server/fuzz.test.ts: npm run fuzz -- --minutes 10 --seed 1

const { values } = parseArgs({ options: { minutes: { type: 'string' }, seed: { type: 'string' } } });
const minutes = Number(values.minutes ?? 10);
const seed = Number(values.seed ?? Date.now() % 100_000);
console.log(`${minutes} minutes, seed ${seed}`);
const { attacks, sent, heard, noticed, grown, buffered, connections, errors } = await besiege(seed, minutes * 60_000);
console.table(attacks);
console.table({
  'honest messages sent': sent.length,
  'lost, repeated or out of order': heard.filter((numbers) => numbers.join() !== sent.join()).length,
  'noticed by honest clients': noticed.join(', ') || 'nothing',
  'errors of the server': errors.join(', ') || 'none',
  'connections, at most': connections,
  'bytes left unread, at most': buffered,
  'bytes held more than before': grown,
});
const isWhole = heard.every((numbers) => numbers.join() === sent.join());
process.exitCode = isWhole && noticed.length === 0 && errors.length === 0 && grown < 20_000_000 ? 0 : 1;

import { besiege } from '../support/besieged.js';

/** What a server under attack may hold more than before, in bytes. */
const MOST_GROWN = 20_000_000;

/** Hostile frames against a server with honest clients beside; answers what was found wrong. */
export async function proveFuzz(seed: number, minutes: number, log: (text: string) => void): Promise<string[]> {
  log(`npm run fuzz -- --minutes ${minutes} --seed ${seed}`);
  const { attacks, sent, heard, noticed, grown, buffered, connections, errors } = await besiege(seed, minutes * 60_000);
  const broken = heard.filter((numbers) => numbers.join() !== sent.join()).length;
  for (const [name, count] of Object.entries(attacks)) log(`attacks, ${name}: ${count}`);
  log(`honest messages: ${sent.length}; connections, at most: ${connections}; bytes left unread, at most: ${buffered}`);
  log(`bytes held more than before: ${grown}`);
  return [
    ...(broken > 0 ? [`${broken} honest clients lost or repeated messages, or got them out of order`] : []),
    ...noticed.map((what) => `honest clients noticed: ${what}`),
    ...errors.map((what) => `the server told: ${what}`),
    ...(grown >= MOST_GROWN ? [`the server holds ${grown} bytes more than before`] : []),
  ];
}

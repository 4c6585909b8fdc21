import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import type { SubjectName } from '../subjects/bundle.js';
import { allNames } from '../subjects/cases.js';
import { median, rotated } from '../support/median.js';
import type { NodeOptions } from './messages.js';

export const OFFLINE_SENDS = 1_000_000;

/** One client: medians of all rounds. */
export interface OfflineRow {
  readonly name: SubjectName;
  /** CPU for all of them, in ms. */
  readonly cpu: number;
  /** What the heap has grown by, in bytes. */
  readonly heap: number;
}

/** Sends a million messages in one task before there is a connection. A bare socket throws at the first. */
export async function measureOffline({ scripts, names, rounds, progress }: NodeOptions): Promise<OfflineRow[]> {
  const wanted = allNames.filter(
    (name) => names.includes(name) && name !== 'bare' && name !== 'ReliableSocket, each outcome awaited',
  );
  // Takes the connection, and says nothing.
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  // Safe: it listens on an address, not on a pipe.
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const samples: OfflineRow[] = [];
  for (let round = 0; round < rounds; round += 1) {
    progress(`Node, offline, round ${round + 1} of ${rounds}`);
    for (const name of rotated(wanted, round)) {
      const client = scripts.start(name);
      try {
        const { cpu, heap } = await client.sendOffline(url, OFFLINE_SENDS);
        samples.push({ name, cpu: cpu / 1_000, heap });
      } finally {
        await client.end();
      }
    }
  }
  server.close();
  return wanted.map((name) => {
    const own = samples.filter((sample) => sample.name === name);
    return { name, cpu: median(own.map(({ cpu }) => cpu)), heap: median(own.map(({ heap }) => heap)) };
  });
}

import type { AddressInfo } from 'node:net';
import { contestants, type Kind, listen } from './contestants.js';

// One contestant: node --expose-gc child-server.ts <kind>

export type ToServer = { readonly publish: number } | { readonly usage: true };
export interface Usage {
  /** CPU since the start, in µs. */
  readonly cpu: number;
  /** After garbage was collected, in bytes. */
  readonly rss: number;
  readonly peak: number;
}

const TEXT = 'x'.repeat(70);
const http = await listen();
// Safe: it is one of the kinds that the parent knows.
const contestant = contestants[process.argv[2] as Kind](http);
process.on('message', async (message: ToServer) => {
  if ('publish' in message) {
    for (let n = 0; n < message.publish; n += 1) contestant.publish(TEXT);
    process.send?.({ published: true });
    return;
  }
  const { user, system } = process.cpuUsage();
  for (let n = 0; n < 3; n += 1) {
    globalThis.gc?.();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const peak = process.resourceUsage().maxRSS * 1_024;
  process.send?.({ cpu: user + system, rss: process.memoryUsage().rss, peak } satisfies Usage);
});
process.on('disconnect', () => process.exit());
process.send?.({ port: (http.address() as AddressInfo).port });

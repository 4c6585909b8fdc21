import { WebSocket } from 'ws';
import type { Exposed, Pace } from '../subjects/expose.js';

// Takes the orders for one client, alone in its process: the client's script runs next, and exposes `subject`.

export type Order =
  | { readonly do: 'open'; readonly url: string; readonly acks: boolean }
  | { readonly do: 'hear'; readonly total: number }
  | { readonly do: 'send'; readonly count: number; readonly pace: Pace }
  | { readonly do: 'round-trips'; readonly count: number }
  | { readonly do: 'crowd'; readonly url: string; readonly count: number }
  | { readonly do: 'send-offline'; readonly url: string; readonly count: number }
  /** Of the whole process since its start, in us: collection of garbage and compilation too. */
  | { readonly do: 'tell-cpu' }
  /** In bytes, after garbage was collected. */
  | { readonly do: 'tell-heap' };

/** What an order is answered with. */
export type Answer = OfflineCost | number[] | number | undefined;

export interface OfflineCost {
  /** us */
  readonly cpu: number;
  /** What the heap has grown by, in bytes: asked in the same task, before a connection can fail. */
  readonly heap: number;
}

/** An abandoned socket that tells an error must not end the process. */
class QuietWebSocket extends WebSocket {
  constructor(url: string | URL, protocols?: string | string[]) {
    super(url, protocols);
    this.on('error', () => {});
  }
}

// As in a browser and in later Nodes: every client finds the class where it looks for it by default.
Object.assign(globalThis, { WebSocket: QuietWebSocket });
declare const subject: Exposed;

process.on('message', async (order: Order) => process.send?.({ answer: await obey(order) }));
process.on('disconnect', () => process.exit());

async function obey(order: Order): Promise<Answer> {
  switch (order.do) {
    case 'open':
      await subject.open(order.url, order.acks);
      return;
    case 'hear':
      await subject.hear(order.total);
      return;
    case 'send':
      await subject.send(order.count, order.pace);
      return;
    case 'round-trips':
      return subject.roundTrips(order.count);
    case 'crowd':
      await subject.crowd(order.url, order.count);
      return;
    case 'send-offline': {
      const heapBefore = heap();
      const before = process.cpuUsage();
      subject.sendOffline(order.url, order.count);
      return { cpu: sum(process.cpuUsage(before)), heap: heap() - heapBefore };
    }
    case 'tell-cpu':
      return sum(process.cpuUsage());
    case 'tell-heap':
      return heap();
  }
}

function sum({ user, system }: NodeJS.CpuUsage): number {
  return user + system;
}

function heap(): number {
  for (let n = 0; n < 3; n += 1) globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

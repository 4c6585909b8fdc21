import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import { startCompanion } from '../companion.js';

/** What a page tells of a message, or of itself. */
export interface Report {
  readonly n?: number;
  readonly durable?: boolean;
  readonly outcome?: string;
  /** Code and cause of an `error` event. */
  readonly error?: string;
}

/** A server that counts what it does for each order, and hears what pages know of theirs. */
export interface Shop {
  /** For the socket under test. */
  readonly url: string;
  /** For a plain WebSocket of the page, which sends a `Report` as JSON. */
  readonly reportUrl: string;
  /** How often each order was processed, by its `n`. */
  readonly processed: Map<number, number>;
  readonly reports: Report[];
  /** How many pages are there to report. */
  reporters(): number;
  /** Processes so many orders more, and then answers none until it is released: what comes meanwhile waits. */
  holdAfter(count: number): void;
  release(): void;
  stop(): Promise<void>;
}

/**
 * Starts a shop. It knows no principals, so it tells clients and their message ids apart by `client` alone: who comes
 * back under another name has his orders processed twice.
 */
export async function startShop(): Promise<Shop> {
  const processed = new Map<number, number>();
  let more = Infinity;
  let held = Promise.resolve();
  let release = (): void => {};
  const companion = await startCompanion({
    async onMessage(message) {
      const n = Number(message.n);
      processed.set(n, (processed.get(n) ?? 0) + 1);
      more -= 1;
      // Processed, and not answered.
      if (more <= 0) await held;
      return {};
    },
  });
  const reporters = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  await once(reporters, 'listening');
  const shop: Shop = {
    url: companion.url,
    reportUrl: `ws://127.0.0.1:${(reporters.address() as AddressInfo).port}`,
    processed,
    reports: [],
    reporters: () => reporters.clients.size,
    holdAfter(count) {
      more = count;
      held = new Promise((resolve) => {
        release = resolve;
      });
    },
    release() {
      more = Infinity;
      release();
    },
    async stop() {
      for (const socket of reporters.clients) socket.terminate();
      shop.release();
      await new Promise((resolve) => reporters.close(resolve));
      await companion.stop();
    },
  };
  reporters.on('connection', (socket) => {
    socket.on('error', () => {});
    socket.on('message', (data) => {
      // Safe: only the script beside this file sends here.
      shop.reports.push(JSON.parse(String(data)) as Report);
    });
  });
  return shop;
}

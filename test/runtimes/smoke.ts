import type * as Library from '../../src/index.js';
import { RemoteNetwork } from '../support/remote-network.js';
import { until } from '../support/until.js';

/** What is seen from within a runtime. */
export interface SmokeReport {
  /** Whether the client used the runtime's own WebSocket. */
  readonly ownWebSocket: boolean;
  readonly heard: readonly unknown[];
  /** Whether each connection continued from a cursor. */
  readonly resumed: readonly boolean[];
  /** One for each message that was sent. */
  readonly outcomes: readonly string[];
  /** What the server took. */
  readonly received: readonly unknown[];
  readonly cuts: number;
  /** The codes that those ends were told with. */
  readonly codes: readonly number[];
  readonly troubles: readonly unknown[];
  readonly status: string;
}

/** Connects, is cut off in the midst of messages both ways, resumes, and has every message acked. */
export async function smoke(
  { queue, ReliableSocket }: typeof Library,
  host: string,
  WebSocket?: Library.WebSocketConstructor,
): Promise<SmokeReport> {
  const network = await RemoteNetwork.open(host);
  const socket = new ReliableSocket(network.url, {
    ...(WebSocket && { WebSocket }),
    backoff: { base: 20, max: 200 },
    policies: { order: queue({ ack: 'message' }) },
  });
  const heard: unknown[] = [];
  const resumed: boolean[] = [];
  const codes: number[] = [];
  const troubles: unknown[] = [];
  socket.onMessage('news', ({ n }) => heard.push(n));
  socket.on('open', (event) => resumed.push(event.resumed));
  socket.on('close', ({ code, cause }) => cause === 'peer' && codes.push(code));
  for (const trouble of ['gap', 'error', 'undelivered'] as const) {
    socket.on(trouble, (event: unknown) => troubles.push(event));
  }
  await socket.opened();
  await network.publish(1, 5);
  await until(() => heard.length === 5);
  const receipts = [1, 2, 3].map((n) => socket.send({ type: 'order', n }));
  await network.inject('rst');
  await network.publish(6, 10);
  receipts.push(...[4, 5, 6].map((n) => socket.send({ type: 'order', n })));
  await until(() => heard.length === 10 && resumed.length === 2);
  const outcomes = await Promise.all(receipts.map(({ settled }) => settled));
  await socket.close();
  const { received, hits } = await network.see();
  return {
    ownWebSocket: WebSocket === undefined,
    heard,
    resumed,
    outcomes: outcomes.map(({ outcome }) => outcome),
    received,
    cuts: hits.rst,
    codes,
    troubles,
    status: socket.state.status,
  };
}

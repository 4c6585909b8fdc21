import type { Loss } from './losses.js';

export interface TabStormReport {
  /** From each loss until the server had a new socket, in ms. */
  readonly takeovers: readonly { readonly loss: Loss; readonly ms: number }[];
  /** How long the server had two sockets, in ms, for each time that it had. */
  readonly overlaps: readonly number[];
  readonly most: number;
  readonly published: number;
  readonly tabs: readonly TabReport[];
  /** The `n` of each order that the server has processed. */
  readonly processed: readonly number[];
  readonly connections: number;
}

export interface TabReport {
  readonly heard: readonly number[];
  readonly acked: readonly number[];
  readonly troubles: readonly unknown[];
  /** How many of its orders have no ending. */
  readonly waiting: number;
  /** Whether it was closed or killed; what it tells is from just before. */
  readonly wasLost: boolean;
}

/** ms for which the server may have two sockets: the new leader's is there before the old one's end is. */
const HAND_OVER = 250;

/** What was promised and not kept. */
export function complaintsOf(report: TabStormReport): string[] {
  const times = new Map<number, number>();
  for (const n of report.processed) times.set(n, (times.get(n) ?? 0) + 1);
  const found = report.overlaps.filter((ms) => ms > HAND_OVER).map((ms) => `two sockets for ${Math.round(ms)} ms`);
  if (report.most > 2) found.push(`${report.most} sockets at once`);
  for (const [n, count] of times) if (count > 1) found.push(`order ${n} was processed ${count} times`);
  report.tabs.forEach(({ heard, acked, troubles, waiting, wasLost }, i) => {
    const [first = 0] = heard;
    const wrong = heard.findIndex((n, index) => n !== first + index);
    if (wrong >= 0) found.push(`tab ${i} heard ${heard.slice(wrong - 1, wrong + 2)}`);
    if (heard.length === 0) found.push(`tab ${i} heard nothing`);
    if (!wasLost && heard.at(-1) !== report.published) found.push(`tab ${i} heard up to ${heard.at(-1)}`);
    if (!wasLost && waiting > 0) found.push(`tab ${i} waits for ${waiting} orders`);
    for (const n of acked) if (!times.has(n)) found.push(`order ${n} was acked, and not processed`);
    for (const trouble of troubles) found.push(`tab ${i} was told ${JSON.stringify(trouble)}`);
  });
  return found;
}

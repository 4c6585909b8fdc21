import { sleep } from '../network.js';
import { clock, type Visit } from './visit.js';

/** What the life of a browser does to a page, and how to end it. Each part throws if it did not come to that. */
export interface Ordeal {
  leave(): Promise<void>;
  wake(): Promise<void>;
  /** After the conversation has gone on: what must have been seen. */
  check?(): Promise<void>;
}

/** Whether the link lives through it, is lost each time and has to be replaced, or either, as TCP may have it. */
export type Fate = 'kept' | 'replaced' | 'either';

export interface Figures {
  readonly rounds: number;
  readonly lost: number;
  readonly repeated: number;
  readonly reconnects: number;
  /** Of these, those that nothing called for: all where the link lives, and more than one after one wake. */
  readonly falseReconnects: number;
  /** From each wake to the `open` of the next link, or to the first message on the one that was kept; ms. */
  readonly back: readonly number[];
  /** From each wake to the open of a bare WebSocket that is made at once; ms. */
  readonly bare: readonly number[];
  /** What the client meant to wait before each reconnect; ms. */
  readonly waits: readonly number[];
  readonly troubles: readonly unknown[];
}

/** Takes a page at work through an ordeal, once for each of the times (ms), and counts what it cost. */
export async function endure(visit: Visit, ordeal: Ordeal, fate: Fate, times: readonly number[]): Promise<Figures> {
  const back: number[] = [];
  const bare: number[] = [];
  await visit.until('seen.heard.length > 2 && seen.outcomes.length > 2');
  for (const ms of times) {
    await ordeal.leave();
    await sleep(ms);
    const wokeAt = clock();
    await ordeal.wake();
    const bareOpenedAt = visit.connectBare();
    const signs = { kept: 'seen.heardAt', replaced: 'seen.openedAt', either: '[...seen.openedAt, ...seen.heardAt]' }[
      fate
    ];
    await visit.until(`${signs}.some((at) => at > ${wokeAt})`, 60_000);
    back.push((await visit.see<number>(`Math.min(...${signs}.filter((at) => at > ${wokeAt}))`)) - wokeAt);
    await ordeal.check?.();
    bare.push((await bareOpenedAt) - wokeAt);
  }
  const { seen, published, received } = await visit.end();
  const inbound = compare(seen.heard, published);
  const outbound = compare(received, seen.ordered);
  const reconnects = seen.openedAt.length - 1;
  const needed = fate === 'kept' ? 0 : times.length;
  return {
    rounds: times.length,
    lost: inbound.lost + outbound.lost,
    repeated: inbound.repeated + outbound.repeated,
    reconnects,
    falseReconnects: Math.max(0, reconnects - needed),
    back,
    bare,
    waits: seen.waits.slice(1),
    troubles: [...seen.troubles, ...new Set(seen.outcomes.filter((outcome) => outcome !== 'acked'))],
  };
}

/** Of the numbers from 1 to `sent`, each of which should have come once. */
function compare(came: readonly unknown[], sent: number): { readonly lost: number; readonly repeated: number } {
  const different = new Set(came).size;
  return { lost: sent - different, repeated: came.length - different };
}

/** @throws RangeError without any */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low, high] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  if (low === undefined || high === undefined) throw new RangeError('median: there are no values');
  return (low + high) / 2;
}

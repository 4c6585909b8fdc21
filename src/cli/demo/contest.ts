import { type FaultKind, faultKinds, seededRandom } from '../../testing/index.js';
import { NaiveClient } from './naive-client.js';
import { ReliableClient } from './reliable-client.js';
import { exchange, type Side, startSide, stopSide } from './side.js';
import { drawStorm, unleash } from './storm.js';

/** Each way, for each client. */
const MESSAGES = 2_500;
const LEAST_MESSAGES = 2_000;
const LEAST_HITS = 20;
const LEAST_HITS_OF_A_KIND = 2;
/** More of what the client told is only counted. */
const MOST_TOLD = 5;

export interface Contest {
  readonly seed: number;
  readonly naive: Side;
  readonly reliable: Side;
  /** What `ReliableSocket` told of losses. */
  readonly told: readonly string[];
}

export interface ContestProgress {
  /** From 0 to 1. */
  readonly share: number;
  readonly faults: number;
  readonly naiveMissing: number;
  readonly reliableMissing: number;
}

/** Sends both clients through the same storm. Takes about 25 s. */
export async function runContest(seed: number, onProgress: (progress: ContestProgress) => void): Promise<Contest> {
  const storm = drawStorm(seededRandom(seed));
  let told: readonly string[] = [];
  const naive = await startSide(seed, (parts) => new NaiveClient(parts));
  const reliable = await startSide(seed, (parts) => {
    const client = new ReliableClient(parts);
    told = client.told;
    return client;
  });
  const sides = [naive, reliable];
  await until(() => sides.every(({ client }) => client.isOpen), 5_000);

  const began = performance.now();
  const share = (): number => Math.min(1, (performance.now() - began) / storm.duration);
  const calm = unleash(
    storm,
    sides.map(({ proxy }) => proxy),
  );
  const traffic = setInterval(() => {
    // By the clock and not by the timer's calls: a busy machine sends later, but no less.
    while (naive.out.sent < MESSAGES * share()) sides.forEach(exchange);
  }, 5);
  const report = setInterval(() => {
    onProgress({
      share: share(),
      faults: sum(reliable.proxy.faults),
      naiveMissing: naive.out.missing + naive.in.missing,
      reliableMissing: reliable.out.missing + reliable.in.missing,
    });
  }, 100);
  await until(() => naive.out.sent >= MESSAGES, storm.duration * 2);
  clearInterval(traffic);
  calm();

  // Both get time to bring home what is on its way; the naive one has nothing to catch up on.
  await until(() => naive.client.isOpen, 3_000);
  await until(() => reliable.in.missing === 0, 10_000);
  await reliable.client.close();
  await naive.client.close();
  clearInterval(report);
  await Promise.all(sides.map(stopSide));
  return { seed, naive, reliable, told };
}

/** Why the run proves nothing, or proves the wrong thing. Empty if all is well. */
export function complaints({ naive, reliable, told }: Contest): string[] {
  const found = told.slice(0, MOST_TOLD).map((text) => `ReliableSocket told: ${text}`);
  if (told.length > MOST_TOLD) found.push(`ReliableSocket told ${told.length - MOST_TOLD} more losses`);
  for (const [direction, tally] of [
    ['out', reliable.out],
    ['in', reliable.in],
  ] as const) {
    const { sent, missing, repeated, outOfOrder } = tally;
    if (sent < LEAST_MESSAGES) found.push(`too mild: only ${sent} messages ${direction}`);
    if (missing > 0) found.push(`ReliableSocket lost ${missing} ${direction}`);
    if (repeated > 0) found.push(`ReliableSocket repeated ${repeated} ${direction}`);
    if (outOfOrder > 0) found.push(`ReliableSocket brought ${outOfOrder} out of order ${direction}`);
  }
  const { hits } = reliable.proxy;
  if (sum(hits) < LEAST_HITS) found.push(`too mild: only ${sum(hits)} faults hit a live link`);
  for (const kind of faultKinds) {
    if (hits[kind] < LEAST_HITS_OF_A_KIND) found.push(`too mild: ${kind} hit a live link only ${hits[kind]} times`);
  }
  if (naive.out.missing + naive.in.missing === 0) found.push('too mild: the naive client lost nothing');
  return found;
}

const sum = (counts: Readonly<Record<FaultKind, number>>): number =>
  faultKinds.reduce((total, kind) => total + counts[kind], 0);

/** Waits for a condition, but no longer than `atMost` ms: what is missing then is for the table to say. */
async function until(condition: () => boolean, atMost: number): Promise<void> {
  const end = performance.now() + atMost;
  while (!condition() && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 20));
}

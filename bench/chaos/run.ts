import { monitorEventLoopDelay } from 'node:perf_hooks';
import { seededRandom } from '../../src/testing/index.js';
import type { Contestant } from './contestant.js';
import { exchange, isSettled, type Match, startMatch, stopMatch } from './match.js';
import { durationOf, type Scenario } from './scenario.js';
import { drawSchedule, startStorm } from './schedule.js';

const TICK_MS = 5;
/** A busy machine stretches the storm and does not squeeze it: one tick is never taken for more ms than this. */
const LONGEST_TICK_MS = 10;
/** Time for a greeting after the link opened, before the first fault. */
const GREETING_MS = 200;

export interface Result extends Match {
  /** ms without an open link, as the client itself sees it, while messages were sent. */
  readonly down: number;
  /** ms after the last message until all was brought home that ever was. */
  readonly drained: number;
}

export interface Run {
  readonly scenario: Scenario;
  readonly seed: number;
  readonly results: readonly Result[];
  /** The longest time in ms for which this process was too busy to do anything: what it adds to each round trip. */
  readonly worstStall: number;
}

/** Sends contestants through the same storm, as many at the same time as the scenario says. */
export async function runScenario(
  scenario: Scenario,
  seed: number,
  contestants: readonly Contestant[],
  onProgress: (text: string) => void = () => {},
): Promise<Run> {
  const stalls = monitorEventLoopDelay({ resolution: 10 });
  stalls.enable();
  const results: Result[] = [];
  for (let first = 0; first < contestants.length; first += scenario.sideBySide) {
    const group = contestants.slice(first, first + scenario.sideBySide);
    onProgress(`${scenario.name}, seed ${seed}: ${group.map(({ name }) => name).join(', ')}`);
    results.push(...(await runGroup(scenario, seed, group)));
  }
  stalls.disable();
  return { scenario, seed, results, worstStall: stalls.max / 1e6 };
}

async function runGroup(scenario: Scenario, seed: number, group: readonly Contestant[]): Promise<Result[]> {
  const matches = await Promise.all(group.map((contestant) => startMatch(contestant, scenario, seed)));
  try {
    if (!(await until(() => matches.every(({ client }) => client.isOpen), 5_000))) {
      const closed = matches.filter(({ client }) => !client.isOpen).map(({ contestant }) => contestant.name);
      throw new Error(`chaos: could not connect within 5 s: ${closed.join(', ')}`);
    }
    await sleep(GREETING_MS);
    const downs = await rage(scenario, seed, matches);
    const drains = await Promise.all(matches.map((match) => drain(match, scenario.drain)));
    return matches.map((match, at) => ({ ...match, down: downs[at] ?? 0, drained: drains[at] ?? 0 }));
  } finally {
    await Promise.all(matches.map(stopMatch));
  }
}

/** Messages both ways while fault after fault comes down. Returns for how long each client was down. */
async function rage(scenario: Scenario, seed: number, matches: readonly Match[]): Promise<number[]> {
  const proxies = matches.map(({ proxy }) => proxy);
  const storm = startStorm(drawSchedule(scenario, seededRandom(seed)), proxies);
  const duration = durationOf(scenario);
  const downs = matches.map(() => 0);
  let last = performance.now();
  let time = 0;
  for (let sent = 0; sent < scenario.messages; ) {
    await sleep(TICK_MS);
    const now = performance.now();
    const tick = Math.min(LONGEST_TICK_MS, now - last);
    last = now;
    time = Math.min(duration, time + tick);
    matches.forEach(({ client }, at) => {
      if (!client.isOpen) downs[at] = (downs[at] ?? 0) + tick;
    });
    storm.advance(time);
    for (const due = (time / duration) * scenario.messages; sent < due; sent += 1) matches.forEach(exchange);
  }
  storm.calm();
  return downs;
}

async function drain(match: Match, atMost: number): Promise<number> {
  const began = performance.now();
  await until(() => isSettled(match), atMost);
  const { out, in: inbound } = match;
  return Math.max(0, Math.max(out.heardAt, inbound.heardAt) - began);
}

/** Waits for a condition, but no longer than `atMost` ms: what is missing then is for the table to say. */
async function until(condition: () => boolean, atMost: number): Promise<boolean> {
  const end = performance.now() + atMost;
  while (!condition()) {
    if (performance.now() > end) return false;
    await sleep(20);
  }
  return true;
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

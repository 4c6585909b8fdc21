import { type FaultKind, type FaultOptions, type FaultProxy, faultKinds } from '../../src/testing/index.js';
import { durationOf, type Range, type Scenario } from './scenario.js';

export interface ScheduledFault {
  /** ms after the first message. */
  readonly at: number;
  readonly kind: FaultKind;
  readonly options: FaultOptions;
  /** Nobody can connect for so many ms. */
  readonly outage: number;
}

/** Draws the faults of a scenario: all kinds equally often, one in each equal part of the time. */
export function drawSchedule(scenario: Scenario, random: () => number): ScheduledFault[] {
  const { faults, strength } = scenario;
  const draw = ([least, most]: Range): number => Math.round(least + random() * (most - least));
  const part = durationOf(scenario) / faults;
  return shuffledKinds(faults, random).map((kind, at) => ({
    at: part * (at + 0.2 + 0.6 * random()),
    kind,
    options: {
      ms: kind === 'freeze' ? (random() < 0.5 ? Infinity : draw(strength.freeze)) : draw(strength.slow),
      latency: draw(strength.latency),
      bytesPerSecond: draw(strength.bytesPerSecond),
      ...(kind === 'cut' ? { direction: random() < 0.5 ? 'up' : 'down' } : {}),
    },
    outage: endsLinks(kind) && random() < 0.25 ? draw(strength.outage) : 0,
  }));
}

/** Lets the faults loose on a proxy. Returns what ends them all, those that go on too. */
export function unleash(schedule: readonly ScheduledFault[], proxy: FaultProxy): () => void {
  const timers: ReturnType<typeof setTimeout>[] = [];
  const later = (run: () => void, ms: number): void => void timers.push(setTimeout(run, ms));
  for (const { at, kind, options, outage } of schedule) {
    later(() => {
      if (outage > 0) {
        proxy.refuse(true);
        later(() => proxy.refuse(false), outage);
      }
      proxy.inject(kind, options);
    }, at);
  }
  return () => {
    for (const timer of timers) clearTimeout(timer);
    proxy.refuse(false);
    proxy.calm();
  };
}

const endsLinks = (kind: FaultKind): boolean => kind === 'rst' || kind === 'fin';

function shuffledKinds(count: number, random: () => number): FaultKind[] {
  const kinds: FaultKind[] = [];
  while (kinds.length < count) {
    const left = [...faultKinds];
    while (left.length > 0 && kinds.length < count) {
      kinds.push(...left.splice(Math.floor(random() * left.length), 1));
    }
  }
  return kinds;
}

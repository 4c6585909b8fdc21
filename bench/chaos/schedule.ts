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

export interface Storm {
  /** Lets loose what is due by then, in ms after the first message. */
  advance(to: number): void;
  /** Ends all faults, those that go on too. */
  calm(): void;
}

/** Brings a schedule down on some proxies alike. It has no timer: whoever counts the time calls `advance`. */
export function startStorm(schedule: readonly ScheduledFault[], proxies: readonly FaultProxy[]): Storm {
  const refuse = (on: boolean) => (): void => {
    for (const proxy of proxies) proxy.refuse(on);
  };
  const inject = (kind: FaultKind, options: FaultOptions) => (): void => {
    for (const proxy of proxies) proxy.inject(kind, options);
  };
  const due = schedule
    .flatMap(({ at, kind, options, outage }) => [
      ...(outage > 0
        ? [
            { at, run: refuse(true) },
            { at: at + outage, run: refuse(false) },
          ]
        : []),
      { at, run: inject(kind, options) },
    ])
    .sort((a, b) => a.at - b.at);
  return {
    advance(to) {
      for (let next = due[0]; next !== undefined && next.at <= to; next = due[0]) {
        due.shift();
        next.run();
      }
    },
    calm() {
      refuse(false)();
      for (const proxy of proxies) proxy.calm();
    },
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

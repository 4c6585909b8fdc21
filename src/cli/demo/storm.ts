import { type FaultKind, type FaultOptions, type FaultProxy, faultKinds } from '../../testing/index.js';

/** How often each kind comes. */
const TIMES_EACH = 5;

interface Blow {
  /** After the storm's begin, in ms. */
  readonly at: number;
  readonly kind: FaultKind;
  readonly options: FaultOptions;
  /** For so long after it nobody can connect, in ms. */
  readonly outage: number;
}

export interface Storm {
  readonly blows: readonly Blow[];
  /** In ms. */
  readonly duration: number;
}

/** Draws a storm: every kind of fault equally often, in any order, of any strength. */
export function drawStorm(random: () => number): Storm {
  const between = (least: number, most: number): number => Math.round(least + random() * (most - least));
  const kinds = shuffle(Array.from({ length: TIMES_EACH }, () => faultKinds).flat(), random);
  let at = 600;
  const blows = kinds.map((kind): Blow => {
    const ends = kind === 'rst' || kind === 'fin';
    const blow = {
      at,
      kind,
      options: {
        // From what nobody notices to what only a heartbeat finds.
        ms: kind === 'freeze' ? between(200, 1_600) : between(300, 900),
        newConnections: random() < 0.3,
        latency: between(40, 250),
        bytesPerSecond: between(2_000, 8_000),
        direction: kind === 'cut' ? (random() < 0.5 ? ('up' as const) : ('down' as const)) : undefined,
      },
      outage: ends && random() < 0.4 ? between(100, 900) : 0,
    };
    // The next one is to meet a living link, so that it counts.
    at += between(450, 650) + blow.outage + (kind === 'freeze' ? blow.options.ms : 0);
    const { direction, ...options } = blow.options;
    return { ...blow, options: direction === undefined ? options : { ...options, direction } };
  });
  return { blows, duration: at };
}

/** Lets the storm loose on some proxies at once. Returns what calls it off. */
export function unleash(storm: Storm, proxies: readonly FaultProxy[]): () => void {
  const refuse = (on: boolean): void => {
    for (const proxy of proxies) proxy.refuse(on);
  };
  const timers = storm.blows.map(({ at, kind, options, outage }) =>
    setTimeout(() => {
      if (outage > 0) {
        refuse(true);
        timers.push(setTimeout(() => refuse(false), outage));
      }
      for (const proxy of proxies) proxy.inject(kind, options);
    }, at),
  );
  return () => {
    for (const timer of timers) clearTimeout(timer);
    refuse(false);
    for (const proxy of proxies) proxy.calm();
  };
}

function shuffle<T>(items: T[], random: () => number): T[] {
  for (let at = items.length - 1; at > 0; at -= 1) {
    const other = Math.floor(random() * (at + 1));
    [items[at], items[other]] = [items[other] as T, items[at] as T];
  }
  return items;
}

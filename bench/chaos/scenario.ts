/** How a client is told to wait, where its options allow it. Times in ms. */
export type Timing =
  | { readonly kind: 'default' }
  | {
      readonly kind: 'fast';
      readonly backoff: { readonly least: number; readonly most: number };
      readonly heartbeat: { readonly interval: number; readonly timeout: number };
      readonly connect: number;
      readonly ack: number;
    };

/** A range from which the strength of a fault is drawn. */
export type Range = readonly [least: number, most: number];

export interface Scenario {
  readonly name: string;
  /** Each way, for each contestant. */
  readonly messages: number;
  readonly perSecond: number;
  readonly faults: number;
  /** So many must meet a live link of each `ReliableSocket`, or the run proves nothing. */
  readonly leastHits: number;
  readonly timing: Timing;
  /** After the last fault there is so much time, in ms, to bring home what is on its way. */
  readonly drain: number;
  /** How many contestants run at the same time: as many as one thread keeps up with. */
  readonly sideBySide: number;
  readonly strength: Strength;
}

/** Times in ms. */
export interface Strength {
  /** A freeze that ends by itself. Half of them last until the link is given up. */
  readonly freeze: Range;
  /** How long it is slow. */
  readonly slow: Range;
  readonly latency: Range;
  readonly bytesPerSecond: Range;
  /** After some of the faults that end links nobody can connect for so long. */
  readonly outage: Range;
}

const brief: Strength = {
  freeze: [20, 200],
  slow: [50, 300],
  latency: [5, 40],
  bytesPerSecond: [30_000, 200_000],
  outage: [20, 150],
};

const dense: Scenario = {
  name: 'dense',
  messages: 10_000,
  perSecond: 1_000,
  faults: 100,
  // Who waits for a second and more is seldom there to be hit.
  leastHits: 1,
  timing: { kind: 'default' },
  drain: 45_000,
  sideBySide: 3,
  strength: brief,
};

export const scenarios: readonly Scenario[] = [
  dense,
  {
    ...dense,
    name: 'fast',
    leastHits: 50,
    timing: {
      kind: 'fast',
      backoff: { least: 10, most: 60 },
      heartbeat: { interval: 150, timeout: 100 },
      connect: 150,
      ack: 250,
    },
  },
  {
    ...dense,
    name: 'sparse',
    perSecond: 10_000 / 60,
    faults: 20,
    leastHits: 8,
    sideBySide: 9,
    strength: {
      freeze: [200, 2_000],
      slow: [500, 2_000],
      latency: [40, 250],
      bytesPerSecond: [2_000, 8_000],
      outage: [100, 900],
    },
  },
];

/** ms from the first message to the last. */
export const durationOf = ({ messages, perSecond }: Scenario): number => (messages / perSecond) * 1_000;

/** The same storm at the same pace, with a part of its messages and faults. */
export function shortened(scenario: Scenario, messages: number): Scenario {
  const share = messages / scenario.messages;
  return {
    ...scenario,
    messages,
    faults: Math.round(scenario.faults * share),
    leastHits: Math.ceil(scenario.leastHits * share),
  };
}

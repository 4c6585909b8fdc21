import fc from 'fast-check';
import {
  drop,
  type Gap,
  latest,
  type Outcome,
  queue,
  type Receipt,
  ReliableSocket,
  type SocketState,
  type Undelivered,
} from '../../src/index.js';
import { seededRandom } from '../../src/testing/random.js';
import { type ScriptedSocket, scriptedSockets } from '../../src/testing/scripted-socket.js';
import { VirtualClock } from '../../src/testing/virtual-clock.js';
import { virtualEnvironment } from '../../src/testing/virtual-environment.js';
import { PropertyNetwork, type Tally } from './property-server.js';

export const outgoing = ['order', 'note', 'chat', 'cursor', 'tick'] as const;

export type Step =
  | { readonly do: 'send'; readonly type: (typeof outgoing)[number]; readonly count: number }
  | { readonly do: 'publish'; readonly count: number }
  | { readonly do: 'pass'; readonly ms: number }
  | { readonly do: 'slow'; readonly latency: number }
  | { readonly do: 'peer-close'; readonly code: number }
  | { readonly do: 'race'; readonly type: (typeof outgoing)[number]; readonly at: number; readonly anew: boolean }
  | { readonly do: 'storm'; readonly code: number; readonly every: readonly number[] }
  | { readonly do: 'fuse'; readonly frames: number }
  | { readonly do: 'dials'; readonly as: 'open' | 'refused' | 'hang' }
  | { readonly do: 'cut' | 'freeze' | 'thaw' | 'reconnect' | 'settle' };

export interface Scenario {
  readonly seed: number;
  /** With `welcome` and an epoch, or `seq` alone. */
  readonly welcome: boolean;
  readonly steps: readonly Step[];
}

const step = (name: 'cut' | 'freeze' | 'thaw' | 'reconnect' | 'settle') => fc.constant<Step>({ do: name });

/** Messages both ways over links that are cut, frozen, slow, and lose what is on its way. */
const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('send' as const),
      type: fc.constantFrom(...outgoing),
      count: fc.integer({ min: 1, max: 4 }),
    }),
  },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('publish' as const), count: fc.integer({ min: 1, max: 4 }) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('pass' as const),
      ms: fc.oneof(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 100, max: 9_000 })),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('slow' as const), latency: fc.constantFrom(1, 20, 300, 1_200) }),
  },
  { weight: 2, arbitrary: step('cut') },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('peer-close' as const),
      code: fc.constantFrom(1000, 1001, 1006, 1011, 1013),
    }),
  },
  // A pong arrives, then the link dies, and what was written since its ping is on its way: the pong proves none of it.
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('race' as const),
      type: fc.constantFrom(...outgoing),
      at: fc.integer({ min: 11, max: 19 }),
      anew: fc.boolean(),
    }),
  },
  // Link after link dies while messages are under way: which of them is to blame?
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('storm' as const),
      code: fc.constantFrom(1006, 1011),
      every: fc.array(fc.integer({ min: 10, max: 8_000 }), { minLength: 3, maxLength: 12 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('fuse' as const), frames: fc.integer({ min: 1, max: 6 }) }) },
  { weight: 2, arbitrary: step('freeze') },
  { weight: 1, arbitrary: step('thaw') },
  { weight: 2, arbitrary: step('settle') },
  { weight: 1, arbitrary: step('reconnect') },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('dials' as const), as: fc.constantFrom('open', 'open', 'refused', 'hang') }),
  },
);

export const scenarios: fc.Arbitrary<Scenario> = fc.record({
  seed: fc.integer({ min: 1, max: 1_000_000 }),
  welcome: fc.boolean(),
  steps: fc.array(steps, { minLength: 10, maxLength: 60, size: 'max' }),
});

export interface Sent {
  readonly type: (typeof outgoing)[number];
  readonly n: number;
  readonly receipt: Receipt;
  outcomes: Outcome[];
}

/** What happened in a run, from beginning to end. */
export interface Run {
  readonly sent: Sent[];
  readonly heard: number[];
  readonly gaps: Gap[];
  readonly undelivered: Undelivered[];
  readonly errors: string[];
  readonly sockets: readonly ScriptedSocket[];
  readonly network: PropertyNetwork;
  readonly tally: Tally;
  readonly state: SocketState;
  readonly waiting: number;
  /** Everything that could be seen from outside, with its time. */
  readonly trace: string[];
}

/** Plays a scenario, then lets the weather clear up and everything come to its end. */
export async function play({ seed, welcome, steps }: Scenario): Promise<Run> {
  const clock = new VirtualClock();
  const random = seededRandom(seed);
  const network = new PropertyNetwork(clock, seededRandom(seed + 1), welcome);
  const trace: string[] = [];
  const note = (...what: unknown[]): void => void trace.push(`${clock.now()} ${JSON.stringify(what)}`);
  const scripted = scriptedSockets((socket) => {
    note('dial', socket.url);
    network.dialled(socket);
  });
  const socket = new ReliableSocket('wss://example.com/live', {
    environment: virtualEnvironment({ clock, random, WebSocket: scripted.WebSocket }),
    lifecycle: false,
    backoff: { base: 200, max: 3_000, stableAfter: 2_000 },
    heartbeat: { interval: 5_000, timeout: 3_000 },
    resume: { from: { seq: 0, ...(welcome && { epoch: 'e' }) } },
    policies: {
      order: queue({ ack: 'message' }),
      note: queue({ ack: 'pong' }),
      chat: queue(),
      cursor: latest(),
      tick: drop(),
    },
  });
  const run = {
    sent: [] as Sent[],
    heard: [] as number[],
    gaps: [] as Gap[],
    undelivered: [] as Undelivered[],
    errors: [] as string[],
  };
  socket.onMessage('news', ({ seq }) => {
    note('heard', seq);
    run.heard.push(Number(seq));
  });
  socket.on('gap', (gap) => run.gaps.push(gap));
  socket.on('state', (state) => note('state', state));
  socket.on('error', ({ code }) => run.errors.push(code));
  socket.on('undelivered', (told) => {
    note('undelivered', told);
    run.undelivered.push(told);
  });

  const send = (type: Sent['type']): void => {
    const n = run.sent.length + 1;
    const sent: Sent = { type, n, receipt: socket.send({ type, n }), outcomes: [] };
    run.sent.push(sent);
    note('send', type, sent.receipt.id, sent.receipt.status);
    void sent.receipt.settled.then((outcome) => {
      note('settled', sent.receipt.id, outcome.outcome, outcome.by);
      sent.outcomes.push(outcome);
    });
  };

  for (const step of steps) await take(step, { clock, network, socket, send });
  network.weather.dials = 'open';
  network.weather.latency = 20;
  network.thawAll();
  // A last message shows that the conversation goes on.
  send('order');
  network.publish();
  await clock.advanceAsync(120_000);
  const { tally } = network;
  const { state } = socket;
  const waiting = socket.outbox.size;
  for (const one of scripted.sockets) note('written', one.url, one.sent);
  void socket.close();
  await clock.advanceAsync(2_000);
  return { ...run, sockets: scripted.sockets, network, tally, state, waiting, trace };
}

function pingIsLast(socket: ScriptedSocket | undefined): boolean {
  return String(socket?.sent.at(-1)).includes('"ping"');
}

interface Stage {
  readonly clock: VirtualClock;
  readonly network: PropertyNetwork;
  readonly socket: ReliableSocket;
  send(type: Sent['type']): void;
}

async function take(step: Step, { clock, network, socket, send }: Stage): Promise<void> {
  const { link, tally, weather } = network;
  const live = link !== undefined && !link.frozen ? link : undefined;
  switch (step.do) {
    case 'send':
      for (let i = 0; i < step.count; i += 1) send(step.type);
      return;
    case 'publish':
      for (let i = 0; i < step.count; i += 1) network.publish();
      return;
    case 'pass':
      return clock.advanceAsync(step.ms);
    case 'settle':
      return clock.advanceAsync(15_000);
    case 'slow':
      weather.latency = step.latency;
      return;
    case 'dials':
      weather.dials = step.as;
      return;
    case 'cut':
      if (live === undefined) return;
      tally.cuts += 1;
      if (live.underWay > 0) tally.lossyCuts += 1;
      return live.cut(1006);
    case 'peer-close':
      if (live === undefined) return;
      tally.peerCloses += 1;
      return live.cut(step.code);
    case 'race': {
      send('chat');
      send(step.anew ? 'chat' : 'note');
      await clock.advanceAsync(step.anew ? 0 : 2 * weather.latency);
      if (step.anew) network.link?.cut(1006);
      // Until a ping has just been written: after a message with ack: 'pong', or at open.
      for (let tried = 0; tried < 500 && !pingIsLast(network.link?.socket); tried += 1) await clock.advanceAsync(10);
      if (!pingIsLast(network.link?.socket) || network.link?.frozen) return;
      await clock.advanceAsync((step.at * weather.latency) / 10);
      send(step.type);
      tally.races += 1;
      await clock.advanceAsync(((20 - step.at) * weather.latency) / 10 + 1);
      return network.link?.cut(1006);
    }
    case 'storm':
      for (const ms of step.every) {
        send('order');
        send('note');
        await clock.advanceAsync(ms);
        tally.peerCloses += 1;
        network.link?.cut(step.code);
      }
      return;
    case 'fuse':
      return live?.lightFuse(step.frames);
    case 'freeze':
      if (live === undefined) return;
      tally.freezes += 1;
      return live.freeze();
    case 'thaw':
      return network.thawAll();
    case 'reconnect':
      return socket.reconnect();
  }
}

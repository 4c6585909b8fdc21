import { describe, expect, it } from 'vitest';
import { queue, type ReliableSocket, type Undelivered } from '../../src/index.js';
import { type FaultKind, type FaultProxy, faultKinds } from '../../src/testing/fault-proxy.js';
import { seededRandom } from '../../src/testing/random.js';
import type { ReferenceServer } from '../../src/testing/reference-server.js';
import { collect, sleep, upTo, useNetwork } from '../support/network.js';
import { until } from '../support/until.js';

const network = useNetwork();

/** Each way, while the storm goes on. */
const MESSAGES = 3_000;
const EACH_TICK = 5;
/** How often each kind of fault must have met a live link. */
const HITS = 4;

interface Storm {
  readonly server: ReferenceServer;
  readonly proxy: FaultProxy;
  readonly socket: ReliableSocket;
  readonly undelivered: Undelivered[];
  /** The numbers that the listener got, in order. */
  readonly heard: number[];
  /** The numbers that took effect on the server, in order. */
  readonly taken: () => number[];
  readonly idOf: Map<string, number>;
  readonly send: (n: number) => void;
}

async function setUp(
  seed: number,
  policy: ReturnType<typeof queue>,
  options: { acks?: boolean; maxMessages?: number; interval?: number } = {},
): Promise<Storm> {
  const server = await network.server({ epoch: 'storm', acks: options.acks ?? true });
  const proxy = await network.proxy(server.port, seed);
  const heard: number[] = [];
  const idOf = new Map<string, number>();
  const socket = network.socket(proxy.url, {
    environment: { random: seededRandom(seed) },
    connect: { timeout: 500 },
    heartbeat: { interval: options.interval ?? 150, timeout: 250 },
    // From the beginning, so that a link which dies before `welcome` is no excuse.
    resume: { from: { seq: 0, epoch: 'storm' } },
    policies: { up: policy },
    queue: { maxMessages: options.maxMessages ?? 10_000 },
  });
  socket.onMessage('down', ({ n }) => heard.push(Number(n)));
  const undelivered = collect<Undelivered>((listener) => socket.on('undelivered', listener));
  return {
    server,
    proxy,
    socket,
    undelivered,
    heard,
    taken: () => server.received.map(({ message }) => Number(message.n)),
    idOf,
    send: (n) => void idOf.set(socket.send({ type: 'up', n }).id, n),
  };
}

/** Messages flow both ways while fault after fault comes down, until all were sent and each kind has hit often enough. */
async function rage(storm: Storm, seed: number): Promise<number> {
  const { server, proxy, socket, send } = storm;
  const random = seededRandom(seed);
  let sent = 0;
  let due: FaultKind[] = [];
  let next = 0;
  /** How many were sent when each link died. */
  const deaths: number[] = [];
  socket.on('close', () => deaths.push(sent));
  const end = performance.now() + 60_000;
  const weak = (): FaultKind[] => faultKinds.filter((kind) => proxy.hits[kind] < HITS);
  while (sent < MESSAGES || weak().length > 0) {
    if (performance.now() > end) throw new Error(`after 60 s not hit often enough: ${JSON.stringify(proxy.hits)}`);
    for (let i = 0; i < EACH_TICK; i += 1) {
      sent += 1;
      server.publish({ type: 'down', n: sent });
      send(sent);
    }
    // What is unproved at three deaths in a row would be suspected to kill links, and sent out of turn.
    const spared = oldestUnproved(storm) <= (deaths.at(-2) ?? 0);
    if (performance.now() > next && socket.state.status === 'open' && !spared) {
      if (due.length === 0) due = faultKinds.map((kind) => kind).sort(() => random() - 0.5);
      strike(proxy, due.pop()!, random);
      next = performance.now() + 10 + random() * 80;
    }
    await sleep(4);
  }
  proxy.calm();
  return sent;
}

function oldestUnproved({ socket, idOf }: Storm): number {
  const [oldest] = socket.outbox;
  return oldest === undefined ? Infinity : (idOf.get(oldest.id) ?? Infinity);
}

function strike(proxy: FaultProxy, kind: FaultKind, random: () => number): void {
  // Half of the freezes end in time; the others have to be found.
  const ms = kind === 'freeze' ? (random() < 0.5 ? 200 : Infinity) : 150;
  proxy.inject(kind, { ms, latency: 20 + random() * 60, bytesPerSecond: 20_000 });
  // Now and then the server is not there for a moment.
  if (kind === 'rst' && random() < 0.5) {
    proxy.refuse(true);
    setTimeout(() => proxy.refuse(false), 60);
  }
}

function expectHits({ proxy, socket }: Storm): void {
  for (const kind of faultKinds) expect(proxy.hits[kind], kind).toBeGreaterThanOrEqual(HITS);
  expect(socket.stats().opened).toBeGreaterThan(2 * HITS);
}

async function expectInboundWhole(storm: Storm, sent: number, gaps: unknown[]): Promise<void> {
  await until(() => storm.heard.length >= sent, { message: 'all that was published was heard' });
  // Lost 0, repeated 0, out of order 0.
  expect(storm.heard).toEqual(upTo(sent));
  expect(gaps).toEqual([]);
}

describe('in a storm of faults', () => {
  it("loses, repeats and reorders nothing in either direction with ack: 'message'", async () => {
    const storm = await setUp(1, queue({ ack: 'message' }));
    const gaps = collect((listener) => storm.socket.on('gap', listener));
    const sent = await rage(storm, 11);
    await until(() => storm.socket.outbox.size === 0, { message: 'all was acked' });
    await expectInboundWhole(storm, sent, gaps);
    expect(storm.taken()).toEqual(upTo(sent));
    expect(storm.undelivered).toEqual([]);
    expectHits(storm);
    // It was not luck: links died with messages on them.
    expect(storm.socket.stats().sent).toBeGreaterThan(sent);
  });

  it("does the same with ack: 'pong' and a server that acks nothing", async () => {
    const storm = await setUp(2, queue({ ack: 'pong' }), { acks: false });
    const gaps = collect((listener) => storm.socket.on('gap', listener));
    const sent = await rage(storm, 22);
    await until(() => storm.socket.outbox.size === 0, { message: 'all was proved' });
    await expectInboundWhole(storm, sent, gaps);
    expect(storm.taken()).toEqual(upTo(sent));
    expect(storm.undelivered).toEqual([]);
    expectHits(storm);
    expect(storm.socket.stats().sent).toBeGreaterThan(sent);
  });

  it('tells each plain message that was lost', async () => {
    const maxMessages = 2_000;
    const storm = await setUp(3, queue(), { maxMessages, interval: 25 });
    const gaps = collect((listener) => storm.socket.on('gap', listener));
    let sent = await rage(storm, 33);
    await expectInboundWhole(storm, sent, gaps);
    // And a long outage, in which more is sent than may wait.
    storm.proxy.refuse(true);
    storm.proxy.inject('rst');
    await until(() => storm.socket.state.status !== 'open');
    for (const more of upTo(maxMessages + 500)) storm.send(sent + more);
    sent += maxMessages + 500;
    storm.proxy.refuse(false);
    await until(() => storm.socket.outbox.size === 0 && storm.taken().at(-1) === sent);

    const taken = storm.taken();
    expect(new Set(taken).size).toBe(taken.length);
    expect([...taken].sort((a, b) => a - b)).toEqual(taken);
    const told = new Map(storm.undelivered.map(({ id, outcome }) => [storm.idOf.get(id), outcome]));
    expect(told.size).toBe(storm.undelivered.length);
    const arrived = new Set(taken);
    const lost = upTo(sent).filter((n) => !arrived.has(n));
    expect(lost.filter((n) => !['unknown', 'dropped'].includes(told.get(n) ?? 'not told'))).toEqual([]);
    // What is called dropped never left.
    expect(taken.filter((n) => told.get(n) === 'dropped')).toEqual([]);
    const outcomes = [...told.values()];
    expect(outcomes.filter((outcome) => outcome === 'dropped')).toHaveLength(500);
    expect(lost.length).toBeGreaterThan(500);
    // Nothing was forgotten, and doubt is not spread over everything.
    expect(storm.socket.stats().forgotten).toBe(0);
    expect(outcomes.length).toBeLessThan(0.8 * sent);
    expectHits(storm);
  });
});

import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { type Gap, queue, type ReliableSocket } from '../../../src/index.js';
import { type FaultKind, type FaultProxy, faultKinds } from '../../../src/testing/fault-proxy.js';
import { seededRandom } from '../../../src/testing/random.js';
import { useCompanions } from '../../support/companion.js';
import { collect, upTo, useNetwork } from '../../support/network.js';
import { until } from '../../support/until.js';

const network = useNetwork();
const start = useCompanions();

/** Each way and each stream, while the storm goes on. */
const MESSAGES = 1_500;
/** How often each kind of fault must have met a live link. */
const HITS = 3;
const CHANNELS = ['red', 'green', 'blue'];

/** Fault after fault, each kind as often as any other, until `sent` says that it is enough and each has hit. */
async function rage(proxy: FaultProxy, socket: ReliableSocket, random: () => number, isEnough: () => boolean) {
  let due: FaultKind[] = [];
  const end = performance.now() + 60_000;
  while (!isEnough() || faultKinds.some((kind) => proxy.hits[kind] < HITS)) {
    if (performance.now() > end) throw new Error(`after 60 s not hit often enough: ${JSON.stringify(proxy.hits)}`);
    await pause(10 + random() * 80);
    const { state } = socket;
    if (state.status !== 'open') continue;
    if (due.length === 0) due = faultKinds.map((kind) => kind).sort(() => random() - 0.5);
    const kind = due.pop()!;
    const ms = kind === 'freeze' ? (random() < 0.5 ? 200 : Infinity) : 150;
    proxy.inject(kind, { ms, latency: 20 + random() * 60, bytesPerSecond: 20_000 });
    // Every message of the client gets its answer between two faults.
    await until(() => socket.outbox.size < 200, { message: 'the outbox is emptied now and then' });
  }
  proxy.calm();
}

describe('the server companion in a storm of faults', () => {
  it('loses, repeats and reorders nothing, on any stream and in either direction', async () => {
    const taken: number[] = [];
    const { port, server } = await start({
      onMessage(message) {
        if (message.type !== 'up') return;
        taken.push(Number(message.n));
        return { data: { n: taken.length } };
      },
    });
    const proxy = await network.proxy(port, 5);
    const socket = network.socket(proxy.url, {
      environment: { random: seededRandom(5) },
      connect: { timeout: 500 },
      heartbeat: { interval: 150, timeout: 250 },
      policies: { up: queue({ ack: 'message' }) },
    });
    const gaps = collect<Gap>((listener) => socket.on('gap', listener));
    const heard = new Map<string, number[]>(['', ...CHANNELS].map((name) => [name, []]));
    socket.onMessage('down', ({ n }) => heard.get('')!.push(Number(n)));
    for (const name of CHANNELS) {
      const channel = socket.channel(name);
      channel.onMessage('down', ({ n }) => heard.get(name)!.push(Number(n)));
      channel.on('gap', (gap) => gaps.push(gap));
    }
    const subscribed = CHANNELS.map((name) => socket.channel(name));
    await until(() => subscribed.every(({ state }) => state.status === 'subscribed'), { message: 'all is subscribed' });

    let sent = 0;
    const sending = (async () => {
      while (sent < MESSAGES) {
        for (let i = 0; i < 4; i += 1) {
          sent += 1;
          await server.publish({ type: 'down', n: sent });
          for (const channel of CHANNELS) await server.publish({ type: 'down', n: sent }, { channel });
          socket.send({ type: 'up', n: sent });
        }
        await pause(4);
      }
    })();
    await rage(proxy, socket, seededRandom(55), () => sent >= MESSAGES);
    await sending;

    await until(() => socket.outbox.size === 0, { message: 'all was acked' });
    await until(() => [...heard.values()].every(({ length }) => length >= sent), {
      message: 'all that was published was heard',
    });
    for (const [name, numbers] of heard) expect(numbers, `stream "${name}"`).toEqual(upTo(sent));
    expect(gaps).toEqual([]);
    expect([...taken].sort((a, b) => a - b)).toEqual(upTo(sent));
    // It was not luck: links died with messages on them.
    expect(socket.stats().opened).toBeGreaterThan(2 * HITS);
    expect(socket.stats().sent).toBeGreaterThan(sent);
  });
});

import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { runConformance } from '../../src/cli/conformance/run.js';
import { type Gap, queue, type Undelivered } from '../../src/index.js';
import type { ServerStats } from '../../src/server/index.js';
import { PATIENCE } from '../support/conformance/patience.js';
import { collect, upTo, useNetwork } from '../support/network.js';
import { RawClient } from '../support/raw-client.js';
import { until } from '../support/until.js';
import { requireTool, type ToolName, tools } from '../tools/tools.js';
import { type Running, startProgram, startWorkerd } from './servers/start.js';

const packageFolder = inject('packageFolder');
const network = useNetwork();
const program =
  (file: string, ...args: string[]) =>
  (command: string): Promise<Running> =>
    startProgram(command, [...args, join(packageFolder, 'servers', file)]);

interface Runtime {
  readonly name: ToolName;
  readonly start: (path: string) => Promise<Running>;
  /** Whether the runtime tells how much waits to be read. */
  readonly boundsReaders: boolean;
  /** Checks that the conformance kit could not make, beside those that need a setting. */
  readonly lacks: readonly string[];
}

const runtimes: readonly Runtime[] = [
  { name: 'bun', start: program('bun.js', 'run'), boundsReaders: true, lacks: [] },
  {
    name: 'deno',
    start: program('deno.js', 'run', '--allow-net', '--no-config', '--no-lock'),
    boundsReaders: true,
    // It knows a list of subprotocols only with the blanks that browsers put in, and `ws` does not.
    lacks: ['auth/subprotocol'],
  },
  { name: 'workerd', start: (path) => startWorkerd(path, packageFolder), boundsReaders: false, lacks: [] },
];

/** What the companion shows only if it is set up for it. */
const NEEDS_A_SETTING = [
  'liveness/heartbeat',
  'resume/replay-before-pong',
  'channels/default-stream',
  'epoch/welcome-bare',
  'auth/first-frame',
];

const present = runtimes.filter(({ name }) => requireTool(name) !== undefined);
const running = new Map<ToolName, Running>();
const portOf = (name: ToolName): number => running.get(name)?.port ?? 0;

beforeAll(async () => {
  const starts = present.map(async ({ name, start }) => running.set(name, await start(requireTool(name)?.[0] ?? '')));
  await Promise.all(starts);
});
afterAll(async () => {
  await Promise.all([...running.values()].map((server) => server.stop()));
});

for (const { name, boundsReaders } of runtimes) {
  describe.skipIf(!present.some((runtime) => runtime.name === name))(`the built server in ${tools[name].title}`, () => {
    /** Publishes, if asked for, and tells the numbers. */
    const ask = async (query: string = ''): Promise<ServerStats> =>
      (await (await fetch(`http://127.0.0.1:${portOf(name)}/?${query}`)).json()) as ServerStats;

    it('resumes a client that is cut off, acks its messages, and loses nothing', async () => {
      const proxy = await network.proxy(portOf(name));
      const before = (await ask()).received;
      const socket = network.socket(`${proxy.url}/`, { policies: { order: queue({ ack: 'message' }) } });
      const gaps = collect<Gap>((listener) => socket.on('gap', listener));
      const undelivered = collect<Undelivered>((listener) => socket.on('undelivered', listener));
      const [heard, orders, resumed]: [unknown[], unknown[], unknown[]] = [[], [], []];
      socket.onMessage('news', ({ n }) => heard.push(n));
      socket.onMessage('order', ({ n }) => orders.push(n));
      socket.on('open', (event) => resumed.push(event.resumed));
      await socket.opened();

      await ask('from=1&to=50');
      await until(() => heard.length === 50);
      const receipts = upTo(50).map((n) => socket.send({ type: 'order', n }));
      proxy.inject('rst');
      await ask('from=51&to=100');
      receipts.push(...upTo(50).map((n) => socket.send({ type: 'order', n: 50 + n })));
      const outcomes = await Promise.all(receipts.map(({ settled }) => settled));
      await until(() => heard.length >= 100 && orders.length >= 100);

      expect(proxy.hits.rst).toBe(1);
      expect(resumed).toEqual([false, true]);
      expect(outcomes.map(({ outcome }) => outcome)).toEqual(Array(100).fill('acked'));
      expect(heard).toEqual(upTo(100));
      expect(orders).toEqual(upTo(100));
      expect([gaps, undelivered]).toEqual([[], []]);
      expect((await ask()).received - before).toBeGreaterThanOrEqual(100);
    });

    if (!boundsReaders) return;
    it('cuts off a reader that stops reading, at its bound', async () => {
      const client = new RawClient(`ws://127.0.0.1:${portOf(name)}/?client=slow`);
      await client.frame('welcome');
      const { cutOff } = await ask();
      client.socket.pause();
      let most = 0;
      for (let n = 0; n < 10; n += 1) most = Math.max(most, (await ask('from=1&to=20&size=50000')).buffered);
      await expect.poll(async () => (await ask()).cutOff - cutOff).toBe(1);
      expect(most).toBeGreaterThan(1_048_576 / 4);
      expect(most).toBeLessThanOrEqual(1_048_576);
      client.socket.resume();
      await client.gone();
      expect(client.closed?.code).toBe(1013);
      expect(client.frames.at(-1)).toMatchObject({ type: 'goaway', reason: 'too-slow' });
    });
  });
}

describe('the built server keeps the level full', () => {
  for (const { name, lacks } of runtimes) {
    const isMissing = !present.some((runtime) => runtime.name === name);
    it.skipIf(isMissing).concurrent(`in ${tools[name].title}`, async () => {
      const { results } = await runConformance({
        ...PATIENCE,
        url: `ws://127.0.0.1:${portOf(name)}`,
        level: 'full',
      });
      const rest = results
        .filter(({ outcome }) => outcome !== 'pass')
        .map(({ id, outcome, reason }) => `${id}: ${outcome}, ${reason}`);
      const expected = [...NEEDS_A_SETTING, ...lacks].sort();
      expect(rest.sort()).toEqual(expected.map((id) => expect.stringMatching(`^${id}: not offered`)));
    });
  }
});

import { test } from '@fast-check/vitest';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { play, type Run, scenarios } from '../support/property-scenario.js';

// SESSION_RUNS=20000 npx vitest run --project unit test/unit/session-property.test.ts
// is a long proof: with seeds of its own, which a failure prints.
const long = process.env.SESSION_RUNS;
const numRuns = Number(long ?? 80);
const options = { numRuns, ...(long === undefined && { seed: 20_250_101 }) };
const timeout = 15_000 + numRuns * 100;

const holds = (name: string, check: (run: Run) => void, runs: number = numRuns): void =>
  test.prop([scenarios], { ...options, numRuns: runs })(
    name,
    async (scenario) => {
      check(await play(scenario));
    },
    timeout,
  );

const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);

describe('over links that are cut, frozen, slow and lossy', () => {
  // Kills: sockets of the past keep their `onmessage`; a cursor that does not move.
  holds('the listener gets each message once and in order', ({ heard, gaps, network }) => {
    expect(heard).toEqual(numbers(network.published));
    expect(gaps).toEqual([]);
  });

  // Kills: of the unproved messages only the first is put back when the link dies.
  holds("each message with ack: 'message' is acked, reaches the server, and takes effect once", ({ sent, network }) => {
    for (const { type, n, receipt, outcomes } of sent) {
      if (type !== 'order') continue;
      expect(outcomes).toMatchObject([{ outcome: 'acked', by: 'ack' }]);
      expect(network.wire.get(receipt.id)).toBeGreaterThanOrEqual(1);
      expect(network.effects.filter((effect) => effect.n === n)).toHaveLength(1);
    }
  });

  // Kills: a pong that proves what was written after its ping; marks of the old link in the ping at open.
  holds("each message with ack: 'pong' is proved only when it reached the server, and takes effect once", (run) => {
    for (const { type, n, receipt, outcomes } of run.sent) {
      if (type !== 'note') continue;
      expect(outcomes).toMatchObject([{ outcome: 'acked', by: 'pong' }]);
      expect(run.network.wire.get(receipt.id)).toBeGreaterThanOrEqual(1);
      expect(run.network.effects.filter((effect) => effect.n === n)).toHaveLength(1);
    }
  });

  // Kills: the loss of `drop()` messages is not told; a false proof as above.
  holds(
    'each plain message arrives once at most and in order, or its loss is told',
    ({ sent, network, undelivered }) => {
      const arrived = network.effects.filter(({ type }) => type === 'chat').map(({ n }) => Number(n));
      expect(arrived).toEqual([...new Set(arrived)].sort((a, b) => a - b));
      for (const { type, n, receipt } of sent) {
        if (type !== 'chat' && type !== 'tick') continue;
        const told = undelivered.filter(({ id }) => id === receipt.id);
        const times = network.effects.filter((effect) => effect.n === n).length;
        expect(times).toBeLessThanOrEqual(1);
        expect(told.length).toBeLessThanOrEqual(1);
        // Arrived, or told; what was told as dropped never left.
        expect(times + told.length).toBeGreaterThanOrEqual(1);
        if (told[0]?.outcome === 'dropped') expect(times).toBe(0);
      }
    },
  );

  // Kills: an unproved last value is not put back; several are put back in the wrong order.
  holds('the last value of a key arrives, and none after it', ({ sent, network }) => {
    const last = sent.filter(({ type }) => type === 'cursor').at(-1);
    const arrived = network.effects.filter(({ type }) => type === 'cursor').map(({ n }) => Number(n));
    expect(arrived.at(-1)).toBe(last?.n);
    // The same one may come twice, an older one never after a newer one.
    expect(arrived).toEqual([...arrived].sort((a, b) => a - b));
  });

  // Kills: the ring of unproved messages is not emptied when it was told; the put-back as above.
  holds('each receipt settles exactly once, and only once is a message told as undelivered', (run) => {
    const { sent, undelivered, state, waiting } = run;
    expect(state.status).toBe('open');
    expect(waiting).toBe(0);
    const times = new Map<string, number>();
    for (const { id } of undelivered) times.set(id, (times.get(id) ?? 0) + 1);
    expect([...times.values()].filter((count) => count > 1)).toEqual([]);
    const good = {
      order: ['acked'],
      note: ['acked'],
      chat: ['sent'],
      cursor: ['sent', 'replaced'],
      tick: ['sent', 'dropped'],
    };
    for (const { type, receipt, outcomes } of sent) {
      expect(outcomes).toHaveLength(1);
      expect(good[type]).toContain(outcomes[0]?.outcome);
      // The receipt tells the same whenever it is asked.
      if (outcomes[0]?.outcome === 'dropped') expect(receipt.status).toBe('dropped');
    }
  });

  // Kills: the gate for writing stays open when a link is lost.
  holds(
    'nothing is written while the socket is not open, and the handshake never overlaps an open link',
    ({ sockets }) => {
      expect(sockets.flatMap(({ violations }) => violations)).toEqual([]);
      // `conn` counts every dial.
      const conns = sockets.map(({ url }) => Number(new URL(url).searchParams.get('conn')));
      expect(conns).toEqual([...conns].sort((a, b) => a - b));
      expect(new Set(conns).size).toBe(conns.length);
    },
  );

  // Kills: one pong without the suspect counts as life, and any death with it alone as guilt.
  holds(
    'no innocent message is called poisoned',
    ({ undelivered, sent, errors }) => {
      expect(undelivered.filter(({ reason }) => reason === 'poisoned')).toEqual([]);
      expect(sent.filter(({ outcomes }) => outcomes[0]?.error?.code === 'poisoned')).toEqual([]);
      expect(errors).toEqual([]);
      // It takes a series of deaths to suspect a message at all, so there are more runs.
    },
    4 * numRuns,
  );

  // Kills: `Math.random` in the place of the environment's.
  test.prop([scenarios], { ...options, numRuns: Math.ceil(numRuns / 3) })(
    'the same seed gives the same run, to the last frame and millisecond',
    async (scenario) => {
      const [first, second] = [await play(scenario), await play(scenario)];
      expect(second.trace).toEqual(first.trace);
      expect(first.trace.length).toBeGreaterThan(3);
    },
    timeout,
  );

  it('all that is a matter of what the scenarios reach: they reach it', async () => {
    const total: Record<string, number> = {};
    const add = (name: string, count: number): void => {
      total[name] = (total[name] ?? 0) + count;
    };
    for (const scenario of fc.sample(scenarios, { numRuns: 100, seed: 1 })) {
      const { tally, sent, undelivered, sockets, heard } = await play(scenario);
      for (const [name, count] of Object.entries(tally)) add(name, count);
      add('sent', sent.length);
      add('heard', heard.length);
      add('told', undelivered.length);
      add('replaced', sent.filter(({ outcomes }) => outcomes[0]?.outcome === 'replaced').length);
      add('dials', sockets.length);
    }
    for (const [name, least] of Object.entries({
      cuts: 30,
      lossyCuts: 30,
      freezes: 30,
      thaws: 30,
      peerCloses: 150,
      races: 30,
      refused: 50,
      resends: 100,
      stale: 5,
      replayed: 300,
      sent: 1_500,
      heard: 1_000,
      told: 200,
      replaced: 50,
      dials: 500,
    })) {
      expect(total[name], name).toBeGreaterThan(least);
    }
  }, 30_000);
});

import { fc, test } from '@fast-check/vitest';
import { WebSocket as MockWebSocket, Server } from 'mock-socket';
import { describe, expect, it, vi } from 'vitest';
import { createHeartbeat, type Heartbeat } from '../../src/core/heartbeat.js';
import { json, ReliableSocket, type WebSocketConstructor } from '../../src/index.js';
import { type ScriptedSocket, scriptedSockets } from '../../src/testing/index.js';
import { withFakeTimers } from '../support/fake-timers.js';
import { type FakeTurn, fakeTurn } from '../support/turn.js';

const INTERVAL = 30_000;
const TIMEOUT = 10_000;
const START = 1_000_000;

const started = (literal = false): { turn: FakeTurn; heartbeat: Heartbeat; at: (ms: number) => Heartbeat } => {
  const turn = fakeTurn(START);
  const heartbeat = createHeartbeat(turn, { interval: INTERVAL, timeout: TIMEOUT }, literal);
  heartbeat.start();
  return {
    turn,
    heartbeat,
    at(ms) {
      turn.now = START + ms;
      return heartbeat;
    },
  };
};

describe('createHeartbeat', () => {
  it('asks after an interval of silence, and not a moment before', () => {
    const { heartbeat, at } = started();
    expect(heartbeat.due()).toBe(START + INTERVAL);
    expect(at(INTERVAL - 1).check()).toBeUndefined();
    expect(at(INTERVAL).check()).toBe('ping');
  });

  it('takes any frame for life, and waits a whole interval from there', () => {
    const { heartbeat, at } = started();
    at(20_000).heard();
    expect(at(INTERVAL).check()).toBeUndefined();
    expect(heartbeat.due()).toBe(START + 20_000 + INTERVAL);
    expect(at(20_000 + INTERVAL).check()).toBe('ping');
  });

  it('gives the link up when the ping stays without any frame for the timeout', () => {
    const { heartbeat, at } = started();
    at(INTERVAL).ping(0, TIMEOUT);
    expect(heartbeat.due()).toBe(START + INTERVAL + TIMEOUT);
    expect(at(INTERVAL + TIMEOUT - 1).check()).toBeUndefined();
    expect(at(INTERVAL + TIMEOUT).check()).toBe('dead');
  });

  it('does not ask again while a question is out', () => {
    const { heartbeat, at } = started();
    at(INTERVAL).ping(0, TIMEOUT);
    heartbeat.wrote(0);
    expect(heartbeat.due()).toBe(START + INTERVAL + TIMEOUT);
    expect(at(INTERVAL + 5_000).check()).toBeUndefined();
  });

  it('lets a frame that is no pong answer for the life of the link', () => {
    const { at } = started();
    at(INTERVAL).ping(0, TIMEOUT);
    at(INTERVAL + 5_000).heard();
    expect(at(INTERVAL + TIMEOUT).check()).toBeUndefined();
    expect(at(INTERVAL + 5_000 + INTERVAL).check()).toBe('ping');
  });

  it('asks every interval while anything is unproved, on a link that is busy with inbound traffic too', () => {
    const { at } = started();
    at(1_000).wrote(Infinity);
    for (let ms = 2_000; ms < 1_000 + INTERVAL; ms += 1_000) {
      at(ms).heard();
      expect(at(ms).check()).toBeUndefined();
    }
    expect(at(1_000 + INTERVAL).check()).toBe('ping');
  });

  it('counts the interval of what is unproved from the last ping at the earliest', () => {
    const { heartbeat, at } = started();
    const t = at(10_000).ping(0, TIMEOUT);
    at(10_000).wrote(Infinity);
    at(11_000).heard();
    expect(heartbeat.due()).toBe(START + 11_000 + INTERVAL);
    heartbeat.pong(t);
    at(35_000).heard();
    expect(heartbeat.due()).toBe(START + 10_000 + INTERVAL);
  });

  it('has nothing unproved after a ping, whose pong proves what was written before it', () => {
    const { heartbeat, at } = started();
    at(1_000).wrote(Infinity);
    heartbeat.pong(heartbeat.ping(1, TIMEOUT));
    at(29_000).heard();
    expect(heartbeat.due()).toBe(START + 29_000 + INTERVAL);
  });

  it('asks within the time that a message wants its proof, and for the earliest of many', () => {
    const { heartbeat, at } = started();
    at(100).wrote(500);
    at(200).wrote(500);
    expect(heartbeat.due()).toBe(START + 600);
    expect(at(600).check()).toBe('ping');
    heartbeat.pong(heartbeat.ping(2, TIMEOUT));
    at(600).heard();
    expect(heartbeat.due()).toBe(START + 600 + INTERVAL);
  });

  it('asks at once when a proof is wanted at once', () => {
    const { at } = started();
    at(100).wrote(0);
    expect(at(100).check()).toBe('ping');
  });

  it('does not call late what had to wait for the ping that was out', () => {
    const { heartbeat, at } = started();
    const first = at(0).ping(0, TIMEOUT);
    at(10).wrote(50);
    at(900).heard();
    heartbeat.pong(first);
    expect(heartbeat.due()).toBe(START + 900);
    expect(heartbeat.check()).toBe('ping');
    expect(at(4_000).check()).toBe('probe');
  });

  it('judges nothing when it comes late, but probes', () => {
    const { at } = started();
    at(INTERVAL).ping(0, TIMEOUT);
    expect(at(INTERVAL + TIMEOUT + 2_500).check()).toBe('dead');
    expect(at(INTERVAL + TIMEOUT + 2_501).check()).toBe('probe');
  });

  it('calls a tenth of a second late in any case, a quarter of the timeout where that is more', () => {
    const turn = fakeTurn(0);
    const heartbeat = createHeartbeat(turn, { interval: 1_000, timeout: 200 });
    heartbeat.start();
    turn.now = 1_100;
    expect(heartbeat.check()).toBe('ping');
    turn.now = 1_101;
    expect(heartbeat.check()).toBe('probe');
  });

  it('measures lateness by the ordinary timeout again once a probe was answered', () => {
    const { at } = started();
    at(0).ping(0, 3_000);
    at(100).heard();
    expect(at(100 + INTERVAL + 2_500).check()).toBe('ping');
    expect(at(100 + INTERVAL + 2_501).check()).toBe('probe');
  });

  it('takes a silence for sleep where it is longer than an interval and a timeout together', () => {
    const { at } = started();
    expect(at(INTERVAL + TIMEOUT).heard()).toBe(false);
    expect(at(2 * (INTERVAL + TIMEOUT) + 1).heard()).toBe(true);
  });

  it('gives a late question a fresh deadline, and one that still runs at most its own', () => {
    const { heartbeat, at } = started();
    at(INTERVAL).ping(0, TIMEOUT);
    at(INTERVAL + 60_000).ping(0, 3_000);
    expect(heartbeat.due()).toBe(START + INTERVAL + 63_000);
    at(INTERVAL + 61_000).ping(0, TIMEOUT);
    expect(heartbeat.due()).toBe(START + INTERVAL + 63_000);
    at(INTERVAL + 61_500).ping(0, 500);
    expect(heartbeat.due()).toBe(START + INTERVAL + 62_000);
  });

  it('does not let a question without a deadline do away with the ordinary one', () => {
    const { heartbeat, at } = started();
    at(5_000).ping(0, Infinity);
    expect(heartbeat.due()).toBe(START + INTERVAL);
    at(INTERVAL).ping(0, TIMEOUT);
    at(INTERVAL + 1_000).ping(0, Infinity);
    expect(heartbeat.due()).toBe(START + INTERVAL + TIMEOUT);
  });

  it('takes a deadline that is due this very moment for one that has passed', () => {
    const { heartbeat, at } = started();
    at(INTERVAL).ping(0, TIMEOUT);
    at(INTERVAL + TIMEOUT).ping(0, 3_000);
    expect(heartbeat.due()).toBe(START + INTERVAL + TIMEOUT + 3_000);
  });

  it('writes often enough for a server that closes silent clients, however busy the other direction is', () => {
    const { heartbeat, at } = started();
    heartbeat.serverCloses(25_000);
    expect(heartbeat.due()).toBe(START + 10_000);
    at(9_000).heard();
    expect(heartbeat.due()).toBe(START + 10_000);
    at(9_500).wrote(Infinity);
    expect(heartbeat.due()).toBe(START + 19_000);
    heartbeat.pong(at(12_000).ping(1, TIMEOUT));
    at(20_000).heard();
    expect(heartbeat.due()).toBe(START + 22_000);
  });

  it('never asks more seldom than was wanted, and forgets the word of the server with the connection', () => {
    const { heartbeat, at } = started();
    heartbeat.serverCloses(600_000);
    expect(heartbeat.due()).toBe(START + INTERVAL);
    heartbeat.serverCloses(2_500);
    expect(heartbeat.due()).toBe(START + 1_000);
    at(500).start();
    expect(heartbeat.due()).toBe(START + 500 + INTERVAL);
    at(20_000).heard();
    expect(heartbeat.due()).toBe(START + 20_000 + INTERVAL);
  });

  it('begins a new connection with nothing out and nothing unproved', () => {
    const { heartbeat, at } = started();
    at(100).wrote(0);
    const t = at(100).ping(7, TIMEOUT);
    at(200).wrote(0);
    at(300).start();
    expect(heartbeat.due()).toBe(START + 300 + INTERVAL);
    expect(heartbeat.pong(t)).toBeUndefined();
    at(20_000).heard();
    expect(heartbeat.due()).toBe(START + 20_000 + INTERVAL);
  });

  it('asks for nothing, ever, where it is turned off', () => {
    const turn = fakeTurn();
    const heartbeat = createHeartbeat(turn, false);
    heartbeat.start();
    expect(heartbeat.due()).toBe(Infinity);
    turn.now += 1e9;
    heartbeat.wrote(Infinity);
    heartbeat.heard();
    heartbeat.serverCloses(25_000);
    expect(heartbeat.due()).toBe(Infinity);
    expect(heartbeat.check()).toBeUndefined();
  });

  it('proves with the equal t what was written before that ping, and nothing twice', () => {
    const { heartbeat } = started();
    const first = heartbeat.ping(3, TIMEOUT);
    const second = heartbeat.ping(5, TIMEOUT);
    expect(second).toBe(first + 1);
    expect(heartbeat.pong(first)).toBe(3);
    expect(heartbeat.pong(first)).toBeUndefined();
    expect(heartbeat.pong(second)).toBe(5);
    expect(heartbeat.pong(second)).toBeUndefined();
  });

  it('takes the pong of a later ping for an answer to all that came before', () => {
    const { heartbeat } = started();
    const first = heartbeat.ping(3, TIMEOUT);
    const second = heartbeat.ping(5, TIMEOUT);
    expect(heartbeat.pong(second)).toBe(5);
    expect(heartbeat.pong(first)).toBeUndefined();
  });

  it('reads pongs without t in the order of the pings', () => {
    const { heartbeat } = started();
    heartbeat.ping(3, TIMEOUT);
    heartbeat.ping(5, TIMEOUT);
    expect(heartbeat.pong(undefined)).toBe(3);
    expect(heartbeat.pong(undefined)).toBe(5);
    expect(heartbeat.pong(undefined)).toBeUndefined();
  });

  it('takes no other t than an equal one, and once echoed none without t either, on later connections too', () => {
    const { heartbeat } = started();
    const first = heartbeat.ping(3, TIMEOUT);
    expect(heartbeat.pong(first + 1)).toBeUndefined();
    expect(heartbeat.pong(`${first}`)).toBeUndefined();
    expect(heartbeat.pong(null)).toBeUndefined();
    expect(heartbeat.pong(first)).toBe(3);
    heartbeat.ping(4, TIMEOUT);
    expect(heartbeat.pong(undefined)).toBeUndefined();
    heartbeat.start();
    heartbeat.ping(1, TIMEOUT);
    expect(heartbeat.pong(undefined)).toBeUndefined();
  });

  it('proves nothing with literal pongs, but knows the round trip', () => {
    const { heartbeat, at } = started(true);
    at(100).ping(3, TIMEOUT);
    expect(at(180).pong(undefined)).toBeUndefined();
    expect(heartbeat.roundTrip()).toBe(80);
  });

  it('measures the round trip of the ping that was answered', () => {
    const { heartbeat, at } = started();
    expect(heartbeat.roundTrip()).toBeUndefined();
    const first = at(100).ping(0, TIMEOUT);
    const second = at(200).ping(0, TIMEOUT);
    at(350).pong(first);
    expect(heartbeat.roundTrip()).toBe(250);
    at(360).pong(second);
    expect(heartbeat.roundTrip()).toBe(160);
    at(400).pong(second);
    expect(heartbeat.roundTrip()).toBe(160);
  });

  it('remembers so many unanswered pings and no more, so that the oldest still prove in order', () => {
    const { heartbeat } = started();
    for (let mark = 1; mark <= 100; mark++) heartbeat.ping(mark, TIMEOUT);
    for (let mark = 1; mark <= 64; mark++) expect(heartbeat.pong(undefined)).toBe(mark);
    expect(heartbeat.pong(undefined)).toBeUndefined();
  });

  it('tells at the third cut, once, that no ping was ever answered', () => {
    const { heartbeat } = started();
    expect([1, 2, 3, 4, 5].map(() => heartbeat.gaveUp())).toEqual([false, false, true, false, false]);
  });

  it('tells nothing of the kind once any pong came', () => {
    const { heartbeat } = started();
    heartbeat.gaveUp();
    heartbeat.gaveUp();
    heartbeat.pong('whatever');
    expect(heartbeat.gaveUp()).toBe(false);
    expect(heartbeat.gaveUp()).toBe(false);
  });

  type Step =
    | { readonly do: 'write' | 'ping' | 'lose' }
    | { readonly do: 'answer' | 'repeat' | 'foreign'; readonly which: number };
  const steps = fc.array(
    fc.oneof(
      fc.record({ do: fc.constantFrom('write' as const, 'ping' as const) }),
      fc.record({ do: fc.constantFrom('answer' as const, 'repeat' as const, 'foreign' as const), which: fc.nat(3) }),
    ),
    { maxLength: 60, size: 'max' },
  );

  // Kills: a pong that proves up to the newest mark, one that leaves its ping in the list, one that proves with a t
  // that nobody asked, `splice(0, 1)` for all pings up to the equal one.
  test.prop([steps, fc.boolean()])('never proves more than the server has read', (script: Step[], echoes) => {
    const { heartbeat } = started();
    let written = 0;
    let proven = 0;
    /** Pings on their way to the server, each with what it proves; the server answers in order. */
    const out: { t: number; mark: number }[] = [];
    const past: number[] = [];
    for (const step of script) {
      if (step.do === 'write') written++;
      else if (step.do === 'ping') out.push({ t: heartbeat.ping(written, TIMEOUT), mark: written });
      else if (step.do === 'foreign') expect(heartbeat.pong(1_000_000)).toBeUndefined();
      else if (step.do === 'repeat') {
        const t = past.at(-1);
        if (echoes && t !== undefined) expect(heartbeat.pong(t)).toBeUndefined();
      } else {
        const ping = out.shift();
        const mark = heartbeat.pong(echoes ? ping?.t : undefined);
        expect(mark).toBe(ping?.mark);
        if (ping) past.push(ping.t);
        proven = Math.max(proven, mark ?? 0);
      }
      expect(proven).toBeLessThanOrEqual(written);
    }
  });

  // Kills: `heardAt + interval` beside `answerBy` (a ping each ms on a silent link), a `ping` that moves `answerBy` on
  // while it still runs, `heard` that leaves `answerBy` standing, `timeout` taken for `interval`.
  test.prop([
    fc.array(fc.integer({ min: 0, max: 60_000 }), { maxLength: 30, size: 'max' }),
    fc.array(fc.integer({ min: 0, max: 60_000 }), { maxLength: 30, size: 'max' }),
  ])('gives a silent link up in time, never a living one, and asks at a bounded rate', (frames, writes) => {
    const { turn, heartbeat } = started();
    /** Frames and writes up to a minute, then nothing. */
    const events = [
      ...frames.map((ms) => ({ at: START + ms, run: () => heartbeat.heard() })),
      ...writes.map((ms) => ({ at: START + ms, run: () => heartbeat.wrote(Infinity) })),
    ].sort((a, b) => a.at - b.at);
    let lastHeard = START;
    let firstAsked: number | undefined;
    let pings = 0;
    for (;;) {
      const event = events[0];
      if (event && event.at <= heartbeat.due()) {
        events.shift();
        turn.now = event.at;
        event.run();
        if (frames.includes(event.at - START)) {
          lastHeard = event.at;
          firstAsked = undefined;
        }
        continue;
      }
      turn.now = heartbeat.due();
      const beat = heartbeat.check();
      if (beat === 'dead') break;
      expect(beat).toBe('ping');
      heartbeat.ping(0, TIMEOUT);
      firstAsked ??= turn.now;
      pings++;
      expect(pings).toBeLessThan(100);
    }
    expect(turn.now - (firstAsked ?? Infinity)).toBe(TIMEOUT);
    expect(turn.now).toBeLessThanOrEqual(lastHeard + INTERVAL + TIMEOUT);
    expect(pings).toBeLessThanOrEqual(Math.ceil((turn.now - START) / INTERVAL) + 1);
  });
});

describe('heartbeat through ReliableSocket', () => {
  const url = 'ws://heartbeat.test/';
  const ends = withFakeTimers();

  const opened = async (options: ConstructorParameters<typeof ReliableSocket>[1] = {}) => {
    const network = scriptedSockets();
    const socket = new ReliableSocket(url, {
      WebSocket: network.WebSocket,
      environment: { random: () => 0.5 },
      ...options,
    });
    ends.push(() => void socket.close());
    await vi.advanceTimersByTimeAsync(0);
    network.last.open();
    return { network, socket, ws: network.last };
  };
  const pings = (ws: ScriptedSocket): unknown[] => ws.frames.filter(({ type }) => type === 'ping');

  it('finds a half-open link within 40 s with one ping, and leaves it at once', async () => {
    const { network, socket, ws } = await opened();
    const closes: unknown[] = [];
    socket.on('close', (close) => closes.push(close));
    await vi.advanceTimersByTimeAsync(INTERVAL - 1);
    expect(pings(ws)).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(pings(ws)).toEqual([{ type: 'ping', t: 1 }]);
    await vi.advanceTimersByTimeAsync(TIMEOUT - 1);
    expect(socket.state.status).toBe('open');
    await vi.advanceTimersByTimeAsync(1);
    expect(pings(ws)).toHaveLength(1);
    expect(closes).toEqual([{ code: 1006, reason: '', wasClean: false, cause: 'heartbeat' }]);
    expect(socket.state).toMatchObject({ status: 'waiting', reason: 'heartbeat' });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(network.sockets).toHaveLength(2);
    ws.lateClose();
    expect(socket.state.status).toBe('connecting');
  });

  it('stays with a server that answers', async () => {
    const server = new Server(url, { mock: false });
    ends.push(() => server.stop());
    let asked = 0;
    let connections = 0;
    server.on('connection', (peer) => {
      connections++;
      peer.on('message', (data) => {
        const { type, t } = JSON.parse(String(data)) as { type: string; t: number };
        if (type !== 'ping') return;
        asked++;
        peer.send(JSON.stringify({ type: 'pong', t }));
      });
    });
    // Safe: the types of mock-socket know no null handlers, the class does.
    const socket = new ReliableSocket(url, { WebSocket: MockWebSocket as unknown as WebSocketConstructor });
    ends.push(() => void socket.close());
    await vi.advanceTimersByTimeAsync(10 * 60_000);
    expect(socket.state.status).toBe('open');
    expect(connections).toBe(1);
    expect(asked).toBe(19);
    expect(socket.stats().roundTrip).toBe(4);
  });

  it('takes ordinary messages for life, and asks nothing while they come', async () => {
    const { socket, ws } = await opened();
    for (let i = 0; i < 20; i++) {
      await vi.advanceTimersByTimeAsync(INTERVAL - 1);
      ws.receive({ type: 'tick', i });
    }
    expect(pings(ws)).toEqual([]);
    expect(socket.state.status).toBe('open');
  });

  it('does not judge a link when the page was asleep, but probes for 3 s', async () => {
    const { socket, ws } = await opened();
    await vi.advanceTimersByTimeAsync(INTERVAL);
    expect(pings(ws)).toHaveLength(1);
    vi.setSystemTime(Date.now() + 3_600_000);
    await vi.advanceTimersByTimeAsync(TIMEOUT);
    expect(socket.state.status).toBe('open');
    expect(pings(ws)).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(2_999);
    expect(socket.state.status).toBe('open');
    await vi.advanceTimersByTimeAsync(1);
    expect(socket.state.status).toBe('waiting');
  });

  it('tells once, after three cuts, that this server never answered a ping', async () => {
    const { network, socket } = await opened({ backoff: { base: 1, max: 1 } });
    const errors: string[] = [];
    socket.on('error', ({ code }) => errors.push(code));
    for (let i = 1; i <= 5; i++) {
      await vi.advanceTimersByTimeAsync(INTERVAL + TIMEOUT);
      expect(errors).toHaveLength(i < 3 ? 0 : 1);
      await vi.advanceTimersByTimeAsync(1);
      network.last.open();
    }
    expect(errors).toEqual(['heartbeat-unanswered']);
  });

  it('writes literal pings where the protocol says so', async () => {
    const { socket, ws } = await opened({ protocol: json({ literalPing: true }) });
    await vi.advanceTimersByTimeAsync(INTERVAL);
    expect(ws.sent).toEqual(['ping']);
    ws.receive('pong');
    await vi.advanceTimersByTimeAsync(TIMEOUT);
    expect(socket.state.status).toBe('open');
  });

  it('writes nothing of its own where it is turned off', async () => {
    const { socket, ws } = await opened({ heartbeat: false });
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(ws.sent).toEqual([]);
    expect(socket.state.status).toBe('open');
  });
});

import { describe, expect, it } from 'vitest';
import {
  type FaultKind,
  type FaultProxyOptions,
  ScriptedSocket,
  scriptedSockets,
  seededRandom,
  startFaultProxy,
  VirtualClock,
  type VirtualEnvironmentParts,
  virtualEnvironment,
} from '../../../src/testing/index.js';

// Safe: these tests are about values that the types refuse.
const wrong = <T>(value: unknown): T => value as T;
const target = { host: '127.0.0.1', port: 8080 };
const opened = (): ScriptedSocket => {
  const socket = new ScriptedSocket('ws://a/');
  socket.open();
  return socket;
};

describe('what a test gives by mistake is told by name', () => {
  it.each<[() => unknown, string]>([
    [() => seededRandom(wrong<number>('storm')), 'seededRandom: the seed is "storm", wanted a number'],
    [() => seededRandom(Number.NaN), 'seededRandom: the seed is NaN, wanted a number'],
    [() => new VirtualClock(wrong<number>(new Date())), 'VirtualClock: start is an object, wanted a number'],
    [() => new VirtualClock().setTimer(wrong<() => void>(5), 5), 'VirtualClock: setTimer: run is 5, wanted a function'],
    [
      () => virtualEnvironment(wrong<VirtualEnvironmentParts>(null)),
      'virtualEnvironment: options is null, wanted an object',
    ],
    [
      () => virtualEnvironment(wrong<VirtualEnvironmentParts>({})),
      'virtualEnvironment: clock is undefined, wanted an object',
    ],
    [
      () =>
        virtualEnvironment(wrong<VirtualEnvironmentParts>({ clock: new VirtualClock(), websocket: ScriptedSocket })),
      'virtualEnvironment: websocket is no option, wanted one of clock, random, WebSocket, instances',
    ],
    [
      () => virtualEnvironment({ clock: new VirtualClock(), random: wrong<() => number>(0.5) }),
      'virtualEnvironment: random is 0.5, wanted a function',
    ],
    [() => scriptedSockets(wrong<() => void>({})), 'scriptedSockets: onCreate is an object, wanted a function'],
    [
      () => opened().receive(wrong<string>(undefined)),
      'ScriptedSocket: receive: the data is undefined, wanted a text or an object',
    ],
    [() => opened().drop(wrong<number>('1006')), 'ScriptedSocket: drop: the code is "1006", wanted a whole number'],
    [
      () => opened().drainBuffer(Number.NaN),
      'ScriptedSocket: drainBuffer: bytes is NaN, wanted a number of at least 0',
    ],
  ])('%s', (call, message) => {
    expect(call).toThrow(new RangeError(message));
  });
});

describe('startFaultProxy', () => {
  it.each<[unknown, string]>([
    [8080, 'options is 8080, wanted an object'],
    [{}, 'target is undefined, wanted an object'],
    [{ target: 'ws://a/' }, 'target is "ws://a/", wanted an object'],
    [{ target: { port: 8080 } }, 'target.host is undefined, wanted a text'],
    [{ target: { host: 'a' } }, 'target.port is undefined, wanted a whole number from 1 to 65535'],
    [{ target, port: 65_536 }, 'port is 65536, wanted a whole number from 0 to 65535'],
    [{ target, random: 1 }, 'random is 1, wanted a function'],
    [{ target, latency: 5 }, 'latency is no option, wanted one of target, random, port'],
  ])('rejects for %o', async (options, message) => {
    const started = startFaultProxy(wrong<FaultProxyOptions>(options));
    await expect(started).rejects.toThrow(new RangeError(`startFaultProxy: ${message}`));
  });

  it('counts no fault that it can not do', async () => {
    const proxy = await startFaultProxy({ target });
    const faults: [string, unknown, string][] = [
      ['rts', {}, 'rts is none of rst, fin, freeze, delay, throttle, cut'],
      ['delay', 100, 'options is 100, wanted an object'],
      ['delay', { latency: Number.NaN }, 'latency is NaN, wanted a number of at least 0'],
      ['freeze', { ms: -1 }, 'ms is -1, wanted a number of at least 0'],
      ['freeze', { newConnections: 1 }, 'newConnections is 1, wanted true or false'],
      ['throttle', { bytesPerSecond: 0 }, 'bytesPerSecond is 0, wanted a number above 0'],
      ['cut', { direction: 'both' }, 'direction is "both", wanted "up" or "down"'],
      [
        'freeze',
        { seconds: 5 },
        'seconds is no option, wanted one of ms, newConnections, latency, bytesPerSecond, direction',
      ],
    ];
    for (const [kind, options, message] of faults) {
      const inject = () => proxy.inject(wrong<FaultKind>(kind), wrong<object>(options));
      expect(inject).toThrow(new RangeError(`inject: ${message}`));
    }
    const calls = Object.values(proxy.faults);
    expect(calls).toEqual(calls.map(() => 0));
    expect(() => proxy.refuse(wrong<boolean>(undefined))).toThrow('refuse: on is undefined, wanted true or false');
    await proxy.close();
  });
});

import { expect, it } from 'vitest';
import { scriptedSockets, VirtualClock, virtualEnvironment } from '../../../src/testing/index.js';

it('makes an environment of clock, seed, socket class and counted ids', () => {
  const clock = new VirtualClock(500);
  const { WebSocket } = scriptedSockets();
  const environment = virtualEnvironment({ clock, random: () => 0.25, WebSocket });
  const { now, setTimer, clearTimer } = environment;
  let runs = 0;
  setTimer(() => (runs += 1), 10);
  clearTimer(setTimer(() => (runs += 100), 10));
  clock.advance(10);
  expect([now(), runs, environment.random()]).toEqual([510, 1, 0.25]);
  expect(environment.webSocket()).toBe(WebSocket);
  expect([environment.instanceId(), environment.instanceId()]).toEqual(['client-1', 'client-2']);
});

it('has a seed of its own and no WebSocket unless they are given', () => {
  const clock = new VirtualClock();
  const environment = virtualEnvironment({ clock, instances: 'x' });
  expect(environment.random()).toBe(virtualEnvironment({ clock }).random());
  expect(environment.webSocket()).toBeUndefined();
  expect(environment.instanceId()).toBe('x1');
});

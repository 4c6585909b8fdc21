import { expect, it } from 'vitest';
import { VirtualClock } from '../../src/testing/index.js';
import { framesOf, openClient } from '../support/scripted-client.js';
import { startDropIn } from '../support/scripted-drop-in.js';

// Of a hidden page browsers hold back, for up to a minute, the timers that were set by a timer that was set by a timer ...
// five of them in line. test/lifecycle/browsers.test.ts has what follows from that in a real one.

const HELD_BACK = 5;

/** A clock, and how many timers the longest line has. */
const createLineClock = () => {
  const clock = new VirtualClock();
  const { setTimer } = clock;
  let line = 0;
  let longest = 0;
  const inLine = (run: () => void, ms: number): unknown => {
    const own = line + 1;
    longest = Math.max(longest, own);
    return setTimer(() => {
      line = own;
      run();
      line = 0;
    }, ms);
  };
  return { clock: Object.assign(clock, { setTimer: inLine }), longest: () => longest };
};

it('a heartbeat that is answered is never behind a line of timers', async () => {
  const { clock, longest } = createLineClock();
  const { net, after } = await openClient({ heartbeat: { interval: 10_000, timeout: 1_000 } }, { clock });
  for (let asked = 1; asked <= 20; asked += 1) {
    await after(10_000);
    expect(framesOf(net.last, 'ping')).toHaveLength(asked);
    net.last.receive({ type: 'pong', t: asked });
  }
  expect(longest()).toBeLessThan(HELD_BACK);
});

it('the heartbeat of the drop-in is never behind a line of timers', async () => {
  const { clock, longest } = createLineClock();
  const heartbeat = { ping: 'ping', isPong: (data: unknown) => data === 'pong', interval: 10_000, timeout: 1_000 };
  const { open, later } = startDropIn({ heartbeat }, { clock });
  const wire = open();
  for (let asked = 1; asked <= 20; asked += 1) {
    await later(10_000);
    expect(wire.sent).toHaveLength(asked);
    wire.receive('pong');
  }
  expect(longest()).toBeLessThan(HELD_BACK);
});

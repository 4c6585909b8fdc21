import { describe, expect, it } from 'vitest';
import { createDeadlines, type Deadlines } from '../../../src/core/deadlines.js';
import { createDialer, type Dialer, type DialerOptions } from '../../../src/core/dialer.js';
import type { State } from '../../../src/core/io.js';
import { defaults } from '../../../src/options.js';
import { type FakeTurn, fakeTurn, only } from '../../support/turn.js';

interface Made {
  readonly turn: FakeTurn;
  readonly dialer: Dialer;
  readonly deadlines: Deadlines;
}
const made = (options: Partial<DialerOptions> = {}): Made => {
  const turn = fakeTurn(1_000_000, () => 0.5);
  const deadlines = createDeadlines();
  const dialer = createDialer(
    turn,
    {
      backoff: defaults.backoff,
      connectTimeout: 10_000,
      auth: defaults.auth,
      protocols: [],
      hasTokenHook: false,
      hasUrlProvider: false,
      ...options,
    },
    deadlines,
  );
  return { turn, dialer, deadlines };
};
/** In the middle of a connection that holds a token. */
const connected = (options: Partial<DialerOptions> = {}): Made => {
  const all = made(options);
  all.dialer.begin();
  if (options.hasTokenHook) all.dialer.token.got('t1', Infinity, undefined);
  all.dialer.dial('ws://h/', {});
  all.dialer.opened(false);
  all.turn.take();
  return all;
};
const told = { code: 4000, reason: 'why', wasClean: true };
const states = (turn: FakeTurn): State[] => only(turn.take(), 'state').map(({ state }) => state);

describe('createDialer', () => {
  it('begins with the url where no token is needed, counts the dials, and gives the attempt its time', () => {
    const { turn, dialer, deadlines } = made();
    dialer.begin();
    expect(turn.take()).toEqual([
      { do: 'state', state: { status: 'connecting', attempt: 1 }, text: '' },
      { do: 'ask-url', conn: 1 },
    ]);
    expect(dialer.step).toBe('url');
    expect(deadlines.get('connect')).toBe(turn.now + 10_000);
    dialer.begin();
    expect(dialer.conn).toBe(2);
  });

  it('asks for a token first, once, and goes on when it is there', () => {
    const { turn, dialer } = made({ hasTokenHook: true });
    dialer.begin();
    dialer.seekToken();
    expect(turn.take().slice(1)).toEqual([{ do: 'ask-token', reason: 'first', attempt: 1 }]);
    expect(dialer.step).toBe('token');
    dialer.token.got('t1', Infinity, undefined);
    dialer.seekToken();
    expect(turn.take()).toEqual([{ do: 'ask-url', conn: 1 }]);
  });

  it('asks on a live link without an attempt, and dials nothing for it', () => {
    const { turn, dialer } = made({ hasTokenHook: true });
    dialer.begin();
    dialer.token.got('t1', 100, undefined);
    dialer.dial('ws://h/', {});
    dialer.opened(false);
    turn.take();
    dialer.seekToken();
    expect(turn.take()).toEqual([]);
    turn.now += 80;
    dialer.seekToken();
    expect(turn.take()).toEqual([{ do: 'ask-token', reason: 'expiring', attempt: 0 }]);
  });

  it.each([
    ['query', 'ws://h/?lastSeq=7&token=t%2F1', ['own']],
    ['subprotocol', 'ws://h/?lastSeq=7', ['reliable-socket', 'auth.dC8x', 'own']],
    ['message', 'ws://h/?lastSeq=7', ['own']],
  ] as const)('carries the token by %s', (via, url, protocols) => {
    const { turn, dialer } = made({ hasTokenHook: true, auth: { via, param: 'token' }, protocols: ['own'] });
    dialer.begin();
    dialer.token.got('t/1', Infinity, undefined);
    turn.take();
    dialer.dial('ws://h/', { lastSeq: 7 });
    expect(turn.take()).toEqual([{ do: 'dial', url, protocols }]);
    expect(dialer.step).toBe('handshake');
  });

  it.each(['query', 'subprotocol'] as const)('carries nothing by %s where there is no token', (via) => {
    const { turn, dialer } = made({ auth: { via, param: 'token' } });
    dialer.begin();
    turn.take();
    dialer.dial('ws://h/', {});
    expect(turn.take()).toEqual([{ do: 'dial', url: 'ws://h/', protocols: [] }]);
  });

  it('tells when it is open, and counts it as healthy only after a while', () => {
    const { turn, dialer, deadlines } = made();
    dialer.begin();
    dialer.dial('ws://h/', {});
    turn.take();
    turn.now += 70;
    dialer.opened(true);
    expect(turn.take()).toEqual([
      { do: 'state', state: { status: 'open', since: turn.now, resumed: true }, text: '' },
      { do: 'open', resumed: true, attempt: 1 },
    ]);
    expect(deadlines.get('connect')).toBe(Infinity);
    expect(deadlines.get('stable')).toBe(turn.now + 5_000);
    expect(deadlines.get('token')).toBe(Infinity);
  });

  it('waits longer after each failure until it is forgiven', () => {
    const { turn, dialer, deadlines } = made();
    const delays = [1, 2, 3].map(() => {
      dialer.begin();
      dialer.retry('x');
      return deadlines.get('retry') - turn.now;
    });
    expect(delays).toEqual([1_000, 2_000, 4_000]);
    expect(dialer.state()).toEqual({ status: 'waiting', attempt: 4, retryAt: turn.now + 4_000, reason: 'x' });
    expect(dialer.isFresh()).toBe(false);
    dialer.forgive();
    expect(dialer.isFresh()).toBe(true);
    dialer.begin();
    expect(dialer.state()).toEqual({ status: 'connecting', attempt: 1 });
    expect(deadlines.get('retry')).toBe(Infinity);
    expect(dialer.delay()).toBe(1_000);
    expect(dialer.delay(2)).toBe(4_000);
  });

  it('waits as long with a jitter that throws as with none', () => {
    const jitter = (): never => {
      throw 'thrown';
    };
    const { turn, dialer } = made({ backoff: { ...defaults.backoff, jitter } });
    expect(dialer.delay(2)).toBe(4_000);
    expect(turn.take()).toEqual([{ do: 'error', code: 'listener-threw', text: 'jitter: it failed', cause: 'thrown' }]);
  });

  it('stops after so many retries, and says how many and why', () => {
    const { turn, dialer, deadlines } = made({ backoff: { ...defaults.backoff, maxRetries: 1 } });
    dialer.begin();
    dialer.retry('x');
    dialer.begin();
    turn.take();
    dialer.retry('url-failed');
    expect(turn.take()).toEqual([
      {
        do: 'state',
        state: { status: 'closed', reason: 'retries-exhausted' },
        text: '1 retries failed, the last one: url-failed',
      },
    ]);
    expect(deadlines.next()).toBe(turn.now + 10_000);
    expect(deadlines.get('retry')).toBe(Infinity);
  });

  describe('follows', () => {
    it('an ordinary end with the backoff', () => {
      const { turn, dialer, deadlines } = connected();
      dialer.follow('retry', told, Infinity);
      expect(states(turn)).toEqual([{ status: 'waiting', attempt: 2, retryAt: turn.now + 1_000, reason: '4000' }]);
      expect(deadlines.get('retry')).toBe(turn.now + 1_000);
    });

    it.each(['later', 'slower'] as const)('"%s" two steps further', (step) => {
      const { turn, dialer, deadlines } = connected();
      dialer.follow(step, told, Infinity);
      expect(deadlines.get('retry')).toBe(turn.now + 4_000);
    });

    it('a time that the server named for our return, however long ago', () => {
      const one = connected();
      one.dialer.follow('later', told, one.turn.now + 777);
      expect(one.deadlines.get('retry')).toBe(one.turn.now + 777);
      const late = connected();
      late.dialer.follow('retry', told, late.turn.now - 777);
      expect(late.deadlines.get('retry')).toBe(late.turn.now);
    });

    it('the word of the app', () => {
      const { turn, dialer, deadlines } = connected();
      dialer.follow({ retryAfter: 123 }, told, Infinity);
      expect(deadlines.get('retry')).toBe(turn.now + 123);
      expect(states(turn)).toMatchObject([{ status: 'waiting', reason: '4000' }]);
      expect(dialer.isFresh()).toBe(false);
      const other = connected();
      other.dialer.follow('stop', told, Infinity);
      expect(other.turn.take()).toEqual([
        {
          do: 'state',
          state: { status: 'closed', reason: 'refused-by-server' },
          text: 'the server closed with 4000 why',
        },
      ]);
    });

    it('a refused token with another one, three times at most', () => {
      const { turn, dialer, deadlines } = connected({ hasTokenHook: true });
      for (let i = 1; i <= 2; i++) {
        dialer.follow('refresh-token', told, Infinity);
        expect(dialer.state()).toMatchObject({ status: 'waiting', reason: 'token-refused' });
        expect(deadlines.get('retry')).toBeGreaterThan(turn.now);
        dialer.begin();
        expect(only(turn.take(), 'ask-token')).toEqual([{ do: 'ask-token', reason: 'refused', attempt: i + 1 }]);
        dialer.token.got('t', Infinity, undefined);
        dialer.dial('wss://x', {});
      }
      dialer.follow('refresh-token', told, Infinity);
      expect(dialer.state()).toEqual({ status: 'closed', reason: 'unauthorized' });
    });

    it('a refused token where nobody brings another one with the end', () => {
      const { dialer } = connected();
      dialer.follow('refresh-token', told, Infinity);
      expect(dialer.state()).toEqual({ status: 'closed', reason: 'unauthorized' });
    });

    it('a refused token with a new url, which may carry another one', () => {
      const { dialer } = connected({ hasUrlProvider: true });
      dialer.follow('refresh-token', told, Infinity);
      expect(dialer.state().status).toBe('waiting');
    });

    it('1008 with one new token, and the second in a row with the end', () => {
      const { dialer } = connected({ hasTokenHook: true });
      dialer.follow('refresh-once', told, Infinity);
      expect(dialer.state().status).toBe('waiting');
      dialer.begin();
      dialer.follow('refresh-once', told, Infinity);
      expect(dialer.state()).toEqual({ status: 'closed', reason: 'refused-by-server' });
    });

    it('1008 with the end where there is no hook, whoever brings the url', () => {
      const { dialer } = connected({ hasUrlProvider: true });
      dialer.follow('refresh-once', told, Infinity);
      expect(dialer.state()).toEqual({ status: 'closed', reason: 'refused-by-server' });
    });

    it('4403 with the end at once, and says what the server said', () => {
      const { turn, dialer } = connected({ hasTokenHook: true });
      dialer.follow('unauthorized', told, Infinity);
      expect(only(turn.take(), 'state')).toEqual([
        {
          do: 'state',
          state: { status: 'closed', reason: 'unauthorized' },
          text: 'the server closed with 4000 why',
        },
      ]);
    });
  });

  it('has no deadline left when it stops', () => {
    const { turn, dialer, deadlines } = connected();
    deadlines.set('token', turn.now + 5);
    dialer.retry('x');
    dialer.stop('no-websocket', 'text');
    expect(deadlines.get('retry')).toBe(Infinity);
    expect(deadlines.get('token')).toBe(Infinity);
  });

  it('knows in which of many states it is', () => {
    const { dialer } = made();
    expect(dialer.is('idle closed')).toBe(true);
    dialer.begin();
    expect(dialer.is('idle closed')).toBe(false);
    expect(dialer.is('connecting')).toBe(true);
  });

  describe('when the page wakes', () => {
    const waiting = (): Made => {
      const all = connected();
      all.dialer.retry('x', 20_000);
      all.turn.take();
      return all;
    };

    it('cuts a wait short, with a little chance', () => {
      const { turn, dialer, deadlines } = waiting();
      dialer.wake('online');
      expect(deadlines.get('retry')).toBe(turn.now + 100);
      expect(states(turn)).toEqual([{ status: 'waiting', attempt: 2, retryAt: turn.now + 100, reason: 'online' }]);
    });

    it('does so once in ten seconds', () => {
      const { turn, dialer, deadlines } = waiting();
      dialer.wake('online');
      dialer.begin();
      dialer.retry('x', 20_000);
      turn.now += 9_999;
      dialer.wake('visible');
      expect(deadlines.get('retry')).toBe(turn.now + 10_001);
      turn.now += 1;
      dialer.wake('visible');
      expect(deadlines.get('retry')).toBe(turn.now + 100);
    });

    it('never makes a wait longer, and does not use up its turn for that', () => {
      const { turn, dialer, deadlines } = connected();
      dialer.retry('x', 50);
      dialer.wake('online');
      expect(deadlines.get('retry')).toBe(turn.now + 50);
      dialer.begin();
      dialer.retry('x', 20_000);
      dialer.wake('online');
      expect(deadlines.get('retry')).toBe(turn.now + 100);
    });

    it('says nothing of a wait that would end at the same time anyway, and does not use up its turn for it', () => {
      const { turn, dialer, deadlines } = connected();
      dialer.retry('x', 100);
      turn.take();
      dialer.wake('online');
      expect(turn.take()).toEqual([]);
      dialer.begin();
      dialer.retry('x', 20_000);
      dialer.wake('online');
      expect(deadlines.get('retry')).toBe(turn.now + 100);
    });

    it.each(['idle', 'connecting', 'open', 'closed'])('does nothing when %s', (status) => {
      const { turn, dialer, deadlines } = made();
      if (status !== 'idle') dialer.begin();
      if (status === 'open') dialer.opened(false);
      if (status === 'closed') dialer.stop('called', '');
      turn.take();
      dialer.wake('resume');
      expect(turn.take()).toEqual([]);
      expect(deadlines.get('retry')).toBe(Infinity);
    });

    it.each(['resume', 'pageshow', 'visible'])('goes on where it was suspended at %s, and at no other', (back) => {
      const { turn, dialer, deadlines } = connected();
      dialer.to({ status: 'suspended', why: 'freeze' });
      turn.take();
      for (const signal of ['online', 'network', 'wake', 'late']) dialer.wake(signal);
      expect(turn.take()).toEqual([]);
      dialer.wake(back);
      expect(states(turn)).toMatchObject([{ status: 'waiting', reason: back }]);
      expect(deadlines.get('retry')).toBe(turn.now + 100);
    });

    it('counts the ten seconds from the last wait that it cut short', () => {
      const { turn, dialer, deadlines } = connected();
      for (const pause of [5_000, 5_000]) {
        dialer.to({ status: 'suspended', why: 'freeze' });
        deadlines.clear('retry');
        dialer.wake('resume');
        turn.now += pause;
      }
      dialer.retry('x', 20_000);
      dialer.wake('visible');
      expect(deadlines.get('retry')).toBe(turn.now + 100);
    });

    it.each([
      [5_000, 100],
      [5_001, 1_000],
    ])('replaces a link that ends %i ms later in %i ms', (later, delay) => {
      const { turn, dialer, deadlines } = connected();
      dialer.wake('visible');
      turn.now += later;
      dialer.retry('x');
      expect(deadlines.get('retry')).toBe(turn.now + delay);
    });

    it('counts the ten seconds also from a link that ended soon after', () => {
      const { turn, dialer, deadlines } = connected();
      dialer.wake('visible');
      dialer.retry('x');
      for (const [pause, wait] of [
        [9_999, 20_000],
        [1, 100],
      ] as const) {
        turn.now += pause;
        dialer.retry('x', 20_000);
        dialer.wake('visible');
        expect(deadlines.get('retry')).toBe(turn.now + wait);
      }
    });

    it('goes on after a second suspension soon after with the ordinary backoff', () => {
      const { turn, dialer, deadlines } = connected();
      for (const delay of [100, 1_000]) {
        dialer.to({ status: 'suspended', why: 'freeze' });
        deadlines.clear('retry');
        dialer.wake('pageshow');
        expect(deadlines.get('retry')).toBe(turn.now + delay);
      }
    });
  });
});

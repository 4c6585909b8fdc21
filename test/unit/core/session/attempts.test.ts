import { describe, expect, it } from 'vitest';
import type { Input } from '../../../../src/core/io.js';
import { createSession } from '../../../../src/core/session.js';
import { defaults } from '../../../../src/options.js';
import {
  message,
  openSession,
  type PureSession,
  pureSession,
  sessionOptions,
  statuses,
} from '../../../support/session.js';
import { only } from '../../../support/turn.js';

describe('createSession', () => {
  it('wants nothing before it is told to connect', () => {
    const { session } = pureSession();
    expect(session.state()).toEqual({ status: 'idle' });
    expect(session.nextDeadline()).toBe(Infinity);
  });

  it('goes by url and handshake to open, step by step', () => {
    const session = createSession(sessionOptions());
    const around = { now: 1_000, random: () => 0.5, bufferedAmount: 0 };
    expect(session.handle({ type: 'connect' }, around)).toEqual([
      { do: 'abandon', dead: false },
      { do: 'state', state: { status: 'connecting', attempt: 1 }, text: '' },
      { do: 'ask-url', conn: 1 },
    ]);
    expect(session.nextDeadline()).toBe(11_000);
    expect(session.handle({ type: 'url', conn: 1, url: 'ws://h/' }, around)).toEqual([
      { do: 'dial', url: 'ws://h/?client=c&conn=1', protocols: [] },
    ]);
    expect(session.handle({ type: 'opened' }, { ...around, now: 1_100 })).toEqual([
      { do: 'state', state: { status: 'open', since: 1_100, resumed: false }, text: '' },
      { do: 'open', resumed: false, attempt: 1 },
    ]);
    expect(session.nextDeadline()).toBe(6_100);
  });

  it('does not take a late `opened` for a sign of life', () => {
    const client = openSession();
    client.advance(10_000);
    const due = client.session.nextDeadline();
    client.run({ type: 'opened' });
    expect(client.session.nextDeadline()).toBe(due);
  });

  it('goes on from nowhere else once a connection was tried', () => {
    const { session } = openSession();
    const before = session.continuation();
    expect(session.adopt({ client: 'other', conn: 9, cursors: [{ seq: 7 }] })).toBe(false);
    expect(session.continuation()).toEqual(before);
  });

  it('takes no notice of a second connect, nor of what belongs to an older step', () => {
    const client = openSession();
    for (const input of [
      { type: 'connect' },
      { type: 'opened' },
      { type: 'url', conn: 1, url: 'ws://late/' },
      { type: 'url-failed', conn: 1 },
    ] satisfies Input[]) {
      expect(client.run(input)).toEqual([]);
    }
    expect(client.status()).toBe('open');
  });

  it('takes neither a url nor a failure of an attempt that was given up', () => {
    const session = createSession(sessionOptions({ hasUrlProvider: true }));
    const around = { now: 1_000, random: () => 0.5, bufferedAmount: 0 };
    session.handle({ type: 'connect' }, around);
    session.handle({ type: 'reconnect' }, around);
    expect(session.handle({ type: 'url', conn: 1, url: 'ws://old/' }, around)).toEqual([]);
    expect(session.handle({ type: 'url-failed', conn: 1 }, around)).toEqual([]);
    expect(session.state().status).toBe('connecting');
    expect(session.handle({ type: 'url-failed', conn: 2 }, around)).toMatchObject([
      { do: 'state', state: { status: 'waiting', reason: 'url-failed', attempt: 2 } },
    ]);
  });

  it('does nothing in an alarm before its time', () => {
    const client = openSession();
    client.drop();
    const at = client.session.nextDeadline();
    client.now = at - 1;
    expect(client.run({ type: 'alarm' })).toEqual([]);
    expect(client.session.nextDeadline()).toBe(at);
  });

  it('gives an attempt up when its time is over, and says where it hung', () => {
    const client = pureSession();
    client.run({ type: 'connect' });
    const commands = client.advance(10_000);
    expect(only(commands, 'abandon')).toEqual([{ do: 'abandon', dead: true }]);
    expect(client.session.state()).toMatchObject({ status: 'waiting', reason: 'connect-timeout: handshake' });
  });

  it('hangs in a token hook no longer than in anything else, and gives that up', () => {
    const client = pureSession({ hasTokenHook: true });
    client.run({ type: 'connect' });
    const commands = client.advance(10_000);
    expect(only(commands, 'abort-token')).toHaveLength(1);
    expect(client.session.state()).toMatchObject({ status: 'waiting', reason: 'connect-timeout: token' });
    expect(only(client.advance(1_000), 'ask-token')).toEqual([{ do: 'ask-token', reason: 'first', attempt: 2 }]);
  });

  it('fails the attempt with the hook, and lets the next one ask again', () => {
    const client = pureSession({ hasTokenHook: true });
    client.run({ type: 'connect' });
    client.run({ type: 'token-failed' });
    expect(client.session.state()).toMatchObject({ status: 'waiting', reason: 'token-failed' });
    expect(only(client.advance(1_000), 'ask-token')).toMatchObject([{ reason: 'first' }]);
  });

  it('is done with an attempt whose hook failed: neither its time nor a late token disturb the wait', () => {
    const client = pureSession({ hasTokenHook: true, backoff: { ...defaults.backoff, base: 20_000 } });
    client.run({ type: 'connect' });
    client.run({ type: 'token-failed' });
    const state = client.session.state();
    expect(state).toMatchObject({ status: 'waiting', retryAt: client.now + 15_000 });
    expect(client.advance(10_000)).toEqual([]);
    expect(client.run({ type: 'token', token: 't', expiresIn: Infinity, subject: undefined })).toEqual([]);
    expect(client.session.state()).toBe(state);
  });

  it('asks again on a live link when a renewal failed, with the delay of a first failure', () => {
    const client = pureSession({ hasTokenHook: true, heartbeat: false });
    client.run({ type: 'connect' });
    client.run({ type: 'token', token: 't', expiresIn: 100_000, subject: undefined });
    client.run({ type: 'opened' });
    expect(only(client.advance(80_000), 'ask-token')).toMatchObject([{ reason: 'expiring', attempt: 0 }]);
    client.run({ type: 'token-failed' });
    expect(client.status()).toBe('open');
    expect(only(client.advance(999), 'ask-token')).toEqual([]);
    expect(only(client.advance(1), 'ask-token')).toMatchObject([{ reason: 'expiring' }]);
  });

  it('stops where there is no WebSocket, and can be told to try again', () => {
    const client = pureSession();
    client.run({ type: 'connect' });
    expect(only(client.run({ type: 'no-websocket' }), 'state')).toMatchObject([
      { state: { status: 'closed', reason: 'no-websocket' } },
    ]);
    expect(client.session.nextDeadline()).toBe(Infinity);
    expect(statuses(client.run({ type: 'connect' }))).toEqual(['connecting']);
  });

  it('begins anew after it gave up, with all its retries', () => {
    const client = pureSession({ backoff: { ...defaults.backoff, maxRetries: 1 } });
    client.run({ type: 'connect' });
    client.drop();
    client.advance(1_000);
    client.drop();
    expect(client.session.state()).toMatchObject({ status: 'closed', reason: 'retries-exhausted' });
    client.run({ type: 'connect' });
    expect(client.session.state()).toEqual({ status: 'connecting', attempt: 1 });
    client.drop();
    expect(client.status()).toBe('waiting');
  });

  it('forgives nothing for a connect in the middle of a wait', () => {
    const client = pureSession();
    client.run({ type: 'connect' });
    client.drop();
    client.run({ type: 'connect' });
    client.advance(1_000);
    client.drop();
    expect(client.session.state()).toMatchObject({ status: 'waiting', attempt: 3, retryAt: client.now + 2_000 });
  });

  it('forgives old failures after a while of health, and not before', () => {
    const client = pureSession();
    client.run({ type: 'connect' });
    for (const delay of [1_000, 2_000]) {
      client.drop();
      client.advance(delay);
    }
    client.run({ type: 'opened' });
    client.advance(4_999);
    client.drop();
    expect(client.session.state()).toMatchObject({ status: 'waiting', attempt: 4 });
    client.advance(4_000);
    client.run({ type: 'opened' });
    client.advance(5_000);
    client.drop();
    expect(client.session.state()).toMatchObject({ status: 'waiting', attempt: 2, retryAt: client.now + 1_000 });
  });

  it('lets go of a socket that told an error and forgot its end, after a second', () => {
    const client = openSession();
    client.run({ type: 'errored' });
    expect(statuses(client.advance(999))).toEqual([]);
    const commands = client.advance(1);
    expect(only(commands, 'abandon')).toEqual([{ do: 'abandon', dead: true }]);
    expect(client.session.state()).toMatchObject({ status: 'waiting', retryAt: client.now + 1_000 });
  });

  it('waits no longer for the end of a socket that tells one error after the other', () => {
    const client = openSession();
    client.run({ type: 'errored' });
    client.advance(600);
    client.run({ type: 'errored' });
    expect(statuses(client.advance(400))).toEqual(['waiting']);
  });

  it('waits for no end that came', () => {
    const client = openSession();
    client.run({ type: 'errored' });
    client.drop();
    client.advance(1_000);
    client.run({ type: 'opened' });
    expect(statuses(client.advance(4_000))).toEqual([]);
  });

  it('takes the error of one socket for nothing on the next', () => {
    const client = openSession();
    client.run({ type: 'errored' });
    const commands = client.run({ type: 'reconnect' });
    expect(only(commands, 'close-event')).toMatchObject([{ cause: 'reconnect' }]);
    client.run({ type: 'opened' });
    expect(client.advance(1_000)).toEqual([]);
  });

  it('takes the error of a socket that is gone for nothing on the next', () => {
    const client = openSession();
    client.drop();
    client.advance(500);
    client.run({ type: 'errored' });
    expect(statuses(client.advance(500))).toEqual(['connecting']);
    client.run({ type: 'opened' });
    expect(client.advance(1_000)).toEqual([]);
  });

  it.each([
    ['the peer', (client: PureSession) => client.drop(), []],
    ['the heartbeat', (client: PureSession) => client.advance(10_000), ['abandon']],
    ['an error without an end', (client: PureSession) => client.advance(1_000), ['abandon']],
    ['a freeze', (client: PureSession) => client.run({ type: 'signal', signal: 'freeze' }), ['hang-up', 'abandon']],
    [
      'close',
      (client: PureSession) => client.run({ type: 'close', code: 1000, reason: '', drain: 0 }),
      ['abort-token', 'hang-up'],
    ],
  ] as const)(
    'lets go of the link first where %s ends it, then tells of link, messages and state',
    (by, end, first) => {
      const client = openSession();
      client.send(message('a'));
      if (by === 'the heartbeat') client.advance(30_000);
      if (by === 'an error without an end') client.run({ type: 'errored' });
      expect(end(client).map((command) => command.do)).toEqual([...first, 'close-event', 'undelivered', 'state']);
    },
  );

  it('knows the status of a refused handshake where the platform shows it', () => {
    const client = pureSession();
    client.run({ type: 'connect' });
    client.run({ type: 'closed', info: { code: 1006, reason: '', wasClean: false }, httpStatus: 403 });
    expect(client.session.state()).toEqual({ status: 'closed', reason: 'unauthorized' });
  });

  it('takes a close for nothing while there is no socket', () => {
    const client = pureSession();
    expect(client.drop()).toEqual([]);
    client.open();
    client.drop();
    expect(client.drop()).toEqual([]);
  });

  it('follows the word of the app about a close', () => {
    const client = openSession();
    client.run({ type: 'closed', info: { code: 4000, reason: 'x', wasClean: true }, verdict: { retryAfter: 77 } });
    expect(client.session.state()).toMatchObject({ status: 'waiting', retryAt: client.now + 77 });
    client.advance(77);
    client.run({ type: 'opened' });
    client.run({ type: 'closed', info: { code: 4000, reason: 'x', wasClean: true }, verdict: 'stop' });
    expect(client.session.state()).toEqual({ status: 'closed', reason: 'refused-by-server' });
  });
});

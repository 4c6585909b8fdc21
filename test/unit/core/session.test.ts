import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import type { Command, Input, LifecycleSignal } from '../../../src/core/io.js';
import { createSession } from '../../../src/core/session.js';
import { defaults } from '../../../src/options.js';
import { type PureSession, pureSession, sessionOptions } from '../../support/session.js';
import { entry, ids, latestPolicy, only, passages, queuePolicy } from '../../support/turn.js';

const acked = queuePolicy({ ack: 'message' });
const message = (id: string, fields: Parameters<typeof entry>[1] = {}) =>
  entry(id, { data: JSON.stringify({ type: 'm', id }), ...fields });
const statuses = (commands: readonly Command[]): string[] => only(commands, 'state').map(({ state }) => state.status);
const open = (options: Parameters<typeof pureSession>[0] = {}): PureSession => {
  const client = pureSession(options);
  client.open();
  client.written();
  return client;
};
const errors = (commands: readonly Command[]): string[] => only(commands, 'error').map(({ code }) => code);

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

  it('takes no notice of a second connect, nor of what belongs to an older step', () => {
    const client = open();
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

  describe('close', () => {
    it('says goodbye, waits a second for the peer, and is over', () => {
      const client = open();
      const commands = client.run({ type: 'close', code: 4000, reason: 'bye', drain: 0 });
      expect(only(commands, 'hang-up')).toEqual([{ do: 'hang-up', code: 4000, reason: 'bye' }]);
      expect(only(commands, 'close-event')).toMatchObject([{ cause: 'called', info: { code: 4000, wasClean: true } }]);
      expect(statuses(commands)).toEqual(['closing']);
      expect(statuses(client.advance(999))).toEqual([]);
      const end = client.advance(1);
      expect(statuses(end)).toEqual(['closed']);
      expect(only(end, 'abandon')).toEqual([{ do: 'abandon', dead: true }]);
      expect(client.session.nextDeadline()).toBe(Infinity);
    });

    it('is over at once when the peer answers', () => {
      const client = open();
      client.run({ type: 'close', code: 1000, reason: '', drain: 0 });
      expect(statuses(client.drop(1000))).toEqual(['closed']);
      expect(client.session.nextDeadline()).toBe(Infinity);
    });

    it('waits for nobody where nothing is open, from any state', () => {
      const waiting = open();
      waiting.drop();
      for (const client of [pureSession(), waiting]) {
        const commands = client.run({ type: 'close', code: 1000, reason: '', drain: 0 });
        expect(statuses(commands)).toEqual(['closed']);
        expect(only(commands, 'hang-up')).toEqual([]);
        expect(client.session.nextDeadline()).toBe(Infinity);
      }
    });

    it('is heard once', () => {
      const client = open();
      client.run({ type: 'close', code: 1000, reason: '', drain: 0 });
      expect(client.run({ type: 'close', code: 1000, reason: '', drain: 0 })).toEqual([]);
      client.drop(1000);
      expect(client.run({ type: 'close', code: 1000, reason: '', drain: 0 })).toEqual([]);
    });

    it('can be undone by connect, which begins anew and takes no notice of the old end', () => {
      const client = open();
      client.run({ type: 'close', code: 1000, reason: '', drain: 0 });
      expect(statuses(client.run({ type: 'connect' }))).toEqual(['connecting']);
      expect(client.advance(2_000).some(({ do: what }) => what === 'state')).toBe(false);
    });

    it('lets the outbox empty first, and refuses what is new', () => {
      const client = open();
      client.send(message('a', { policy: acked }));
      expect(client.run({ type: 'close', code: 4001, reason: 'later', drain: 5_000 })).toEqual([]);
      const late = client.send(message('b'));
      expect(only(late, 'settle')).toMatchObject([{ ending: { outcome: 'closed' } }]);
      const commands = client.frame({ type: 'ack', messageId: 'a' });
      expect(only(commands, 'hang-up')).toEqual([{ do: 'hang-up', code: 4001, reason: 'later' }]);
    });

    it('lets it empty no longer than it was told', () => {
      const client = open();
      client.send(message('a', { policy: acked }));
      client.run({ type: 'close', code: 4001, reason: 'later', drain: 5_000 });
      expect(client.advance(4_999).some(({ do: what }) => what === 'hang-up')).toBe(false);
      const commands = client.advance(1);
      expect(only(commands, 'hang-up')).toEqual([{ do: 'hang-up', code: 4001, reason: 'later' }]);
      expect(only(commands, 'settle')).toMatchObject([{ ending: { outcome: 'unknown', reason: 'closed' } }]);
    });

    it('waits for no outbox that nothing will empty', () => {
      const idle = pureSession();
      const stopped = pureSession();
      stopped.run({ type: 'connect' });
      stopped.drop(4403);
      for (const client of [idle, stopped]) {
        client.send(message('a'));
        const commands = client.run({ type: 'close', code: 1000, reason: '', drain: 5_000 });
        expect(statuses(commands)).toEqual(['closed']);
        expect(only(commands, 'settle')).toMatchObject([{ ending: { outcome: 'closed' } }]);
      }
    });

    it('forgets a drain when it is told to connect after all', () => {
      const client = open();
      client.send(message('a', { policy: acked }));
      client.run({ type: 'close', code: 1000, reason: '', drain: 5_000 });
      client.run({ type: 'connect' });
      client.frame({ type: 'ack', messageId: 'a' });
      client.advance(5_000);
      expect(client.status()).toBe('open');
      expect(only(client.send(message('b')), 'write')).toHaveLength(1);
    });

    it('gives up a token that is under way', () => {
      const client = pureSession({ hasTokenHook: true });
      client.run({ type: 'connect' });
      const commands = client.run({ type: 'close', code: 1000, reason: '', drain: 0 });
      expect(only(commands, 'abort-token')).toHaveLength(1);
      expect(only(client.run({ type: 'connect' }), 'ask-token')).toHaveLength(1);
    });
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

  it('keeps a link whose heartbeat was due until something else was written in the same alarm', () => {
    const client = open();
    client.frame({ type: 'welcome', heartbeat: 25_000 });
    client.send(message('a', { policy: acked }));
    client.frame({ type: 'nack', messageId: 'a', retry: 9_990 });
    client.run({ type: 'signal', signal: 'visible' });
    client.frame({ type: 'pong', t: 1 });
    client.advance(5_000);
    client.frame({ type: 'm' });
    client.written();
    client.now += 5_000;
    client.run({ type: 'alarm' });
    expect(client.written()).toEqual([{ type: 'm', id: 'a' }]);
    expect(client.status()).toBe('open');
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
    const client = open();
    client.run({ type: 'errored' });
    expect(statuses(client.advance(999))).toEqual([]);
    const commands = client.advance(1);
    expect(only(commands, 'abandon')).toEqual([{ do: 'abandon', dead: true }]);
    expect(statuses(commands)).toEqual(['waiting']);
  });

  it('waits for no end that came', () => {
    const client = open();
    client.run({ type: 'errored' });
    client.drop();
    client.advance(1_000);
    client.run({ type: 'opened' });
    expect(statuses(client.advance(4_000))).toEqual([]);
  });

  it('takes the error of one socket for nothing on the next', () => {
    const client = open();
    client.run({ type: 'errored' });
    const commands = client.run({ type: 'reconnect' });
    expect(only(commands, 'close-event')).toMatchObject([{ cause: 'reconnect' }]);
    client.run({ type: 'opened' });
    expect(client.advance(1_000)).toEqual([]);
  });

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
    const client = open();
    client.run({ type: 'closed', info: { code: 4000, reason: 'x', wasClean: true }, verdict: { retryAfter: 77 } });
    expect(client.session.state()).toMatchObject({ status: 'waiting', retryAt: client.now + 77 });
    client.advance(77);
    client.run({ type: 'opened' });
    client.run({ type: 'closed', info: { code: 4000, reason: 'x', wasClean: true }, verdict: 'stop' });
    expect(client.session.state()).toEqual({ status: 'closed', reason: 'refused-by-server' });
  });

  describe('frames', () => {
    it('are told when they can not be read, and the link goes on', () => {
      const client = open();
      const commands = client.run({ type: 'frame', data: 'x'.repeat(200) });
      expect(only(commands, 'error')).toMatchObject([
        {
          code: 'bad-frame',
          text: `read: got ${'x'.repeat(80)}, wanted a frame of the protocol`,
          cause: expect.any(Error),
        },
      ]);
      expect(client.status()).toBe('open');
    });

    it('count only on an open connection', () => {
      const client = pureSession();
      client.run({ type: 'connect' });
      expect(client.frame({ type: 'm', seq: 1 })).toEqual([]);
      client.run({ type: 'opened' });
      expect(passages(client.frame({ type: 'm', seq: 1 }))).toEqual(['m']);
      client.drop();
      expect(client.frame({ type: 'm', seq: 2 })).toEqual([]);
    });

    it('of the wrong direction, or of a protocol to come, are ignored', () => {
      const client = open();
      for (const type of ['auth', 'subscribe', 'unsubscribe']) expect(client.frame({ type })).toEqual([]);
    });

    it('pings are answered at once with their own t', () => {
      const client = open();
      client.frame({ type: 'ping', t: { any: 'thing' } });
      client.frame({ type: 'ping' });
      expect(client.written()).toEqual([{ type: 'pong', t: { any: 'thing' } }, { type: 'pong' }]);
    });

    it('of another version of the protocol are told', () => {
      const client = open();
      expect(only(client.frame({ type: 'welcome', v: 2 }), 'error')).toMatchObject([
        { code: 'protocol-version', text: 'welcome: version is 2, wanted 1' },
      ]);
      expect(errors(client.frame({ type: 'welcome', v: 1 }))).toEqual([]);
      expect(errors(client.frame({ type: 'welcome' }))).toEqual([]);
    });
  });

  describe('with auth by message', () => {
    const auth = { via: 'message', param: 'token' } as const;
    const handshaken = (): PureSession => {
      const client = pureSession({ hasTokenHook: true, auth });
      client.run({ type: 'connect' });
      client.run({ type: 'token', token: 't1', expiresIn: 100_000, subject: undefined });
      client.run({ type: 'opened' });
      return client;
    };

    it('writes auth first and nothing else but pongs, and is open at the welcome', () => {
      const client = handshaken();
      client.send(message('a'));
      client.frame({ type: 'ping', t: 1 });
      client.run({ type: 'signal', signal: 'visible' });
      expect(client.written()).toEqual([
        { type: 'auth', token: 't1', messageId: 'c-auth' },
        { type: 'pong', t: 1 },
      ]);
      expect(client.status()).toBe('connecting');
      const commands = client.frame({ type: 'welcome', epoch: 'e', seq: 1 });
      expect(statuses(commands)).toEqual(['open']);
      expect(client.written()).toEqual([{ type: 'm', id: 'a' }]);
    });

    it('gives up without a welcome when its time is over', () => {
      const client = handshaken();
      client.advance(10_000);
      expect(client.session.state()).toMatchObject({ status: 'waiting', reason: 'connect-timeout: auth' });
      for (const delay of [1_000, 2_000, 4_000]) {
        expect(only(client.advance(delay), 'ask-token')).toEqual([]);
        client.run({ type: 'opened' });
        client.advance(10_000);
      }
    });

    it('asks for another token when the first is refused', () => {
      const client = handshaken();
      const commands = client.frame({ type: 'nack', messageId: 'c-auth', code: 'expired', message: 'too old' });
      expect(only(commands, 'abandon')).toHaveLength(1);
      expect(client.session.state()).toMatchObject({ status: 'waiting', reason: 'token-refused' });
      expect(only(client.advance(1_000), 'ask-token')).toMatchObject([{ reason: 'refused', attempt: 2 }]);
    });

    it('writes another token on the live link before the first expires, and goes on', () => {
      const client = handshaken();
      client.frame({ type: 'welcome', epoch: 'e', seq: 1 });
      client.written();
      const asked: Command[] = [];
      for (let i = 0; i < 8; i++) {
        asked.push(...client.advance(10_000));
        client.frame({ type: 'm' });
      }
      expect(only(asked, 'ask-token')).toMatchObject([{ reason: 'expiring', attempt: 0 }]);
      client.run({ type: 'token', token: 't2', expiresIn: Infinity, subject: undefined });
      expect(client.written().filter(({ type }) => type === 'auth')).toEqual([
        { type: 'auth', token: 't2', messageId: 'c-auth' },
      ]);
      expect(client.frame({ type: 'ack', messageId: 'c-auth' })).toEqual([]);
      expect(client.status()).toBe('open');
    });

    it('asks again when that is refused, and leaves at the third refusal in a row', () => {
      const client = handshaken();
      client.frame({ type: 'welcome', epoch: 'e', seq: 1 });
      const renew = (): void => {
        client.run({ type: 'token', token: 't', expiresIn: Infinity, subject: undefined });
      };
      for (let i = 0; i < 2; i++) {
        expect(only(client.frame({ type: 'nack', messageId: 'c-auth' }), 'ask-token')).toMatchObject([
          { reason: 'refused', attempt: 0 },
        ]);
        renew();
        expect(client.status()).toBe('open');
      }
      const commands = client.frame({ type: 'nack', messageId: 'c-auth' });
      expect(only(commands, 'close-event')).toMatchObject([{ cause: 'token' }]);
      expect(client.session.state()).toEqual({ status: 'closed', reason: 'unauthorized' });
      expect(only(commands, 'state').map(({ text }) => text)).toEqual(['the server closed with 4401 nack']);
    });

    it('counts the refusals anew once the server took a token', () => {
      const client = handshaken();
      client.frame({ type: 'welcome', epoch: 'e', seq: 1 });
      for (let i = 0; i < 6; i++) {
        client.frame({ type: 'nack', messageId: 'c-auth' });
        client.run({ type: 'token', token: 't', expiresIn: Infinity, subject: undefined });
        if (i % 2) client.frame({ type: 'ack', messageId: 'c-auth' });
      }
      expect(client.status()).toBe('open');
    });

    it('needs no auth where there is no token', () => {
      const client = pureSession({ auth });
      client.open();
      expect(client.status()).toBe('open');
      expect(client.written()).toEqual([]);
    });
  });

  it('drops outbox and cursors with the user, and connects anew', () => {
    const client = pureSession({
      hasTokenHook: true,
      heartbeat: false,
      resume: { ...defaults.resume, from: { seq: 7 } },
    });
    client.run({ type: 'connect' });
    client.run({ type: 'token', token: 't1', expiresIn: 10_000, subject: 'ann' });
    client.run({ type: 'opened' });
    client.send(message('a', { policy: acked }));
    client.advance(8_000);
    client.bufferedAmount = defaults.queue.highWaterMark;
    client.send(message('b'));
    const commands = client.run({ type: 'token', token: 't2', expiresIn: Infinity, subject: 'bob' });
    expect(only(commands, 'undelivered')).toMatchObject([
      { ending: { outcome: 'unknown', reason: 'subject-changed' } },
      { ending: { outcome: 'dropped', reason: 'subject-changed' } },
    ]);
    expect(passages(commands)).toEqual(['gap:subject 7>undefined']);
    expect(only(commands, 'close-event')).toMatchObject([{ cause: 'token' }]);
    expect(only(commands, 'dial')).toMatchObject([{ url: 'ws://h/?client=c&conn=2&token=t2' }]);
  });

  it.each(['query', 'message'] as const)('keeps a token that comes after the link is lost, by %s', (via) => {
    const client = pureSession({ hasTokenHook: true, heartbeat: false, auth: { via, param: 'token' } });
    client.run({ type: 'connect' });
    client.run({ type: 'token', token: 't1', expiresIn: 10_000, subject: 'ann' });
    client.run({ type: 'opened' });
    client.frame({ type: 'welcome' });
    expect(only(client.advance(8_000), 'ask-token')).toHaveLength(1);
    client.drop();
    client.written();
    expect(client.run({ type: 'token', token: 't2', expiresIn: Infinity, subject: 'bob' })).toEqual([]);
    expect(client.status()).toBe('waiting');
  });

  it('asks for another token after three handshakes in a row that failed, and counts nothing else', () => {
    const client = pureSession({ hasTokenHook: true });
    client.run({ type: 'connect' });
    client.run({ type: 'token', token: 't1', expiresIn: Infinity, subject: undefined });
    client.run({ type: 'opened' });
    const asks = (commands: readonly Command[]): string[] => only(commands, 'ask-token').map(({ reason }) => reason);
    const dropped = [1_000, 2_000, 4_000].map((delay) => {
      client.drop();
      return asks(client.advance(delay));
    });
    expect(dropped).toEqual([[], [], []]);
    // The third hangs until its time is over.
    expect(asks(client.advance(10_000 + 8_000))).toEqual(['handshake-failed']);
  });

  it('asks for no token for a link that is down', () => {
    const client = pureSession({ hasTokenHook: true, heartbeat: false });
    client.run({ type: 'connect' });
    client.run({ type: 'token', token: 't1', expiresIn: 10_000, subject: undefined });
    client.run({ type: 'opened' });
    client.advance(7_500);
    client.drop();
    expect(only(client.advance(999), 'ask-token')).toEqual([]);
    expect(only(client.advance(1), 'ask-token')).toMatchObject([{ reason: 'expiring', attempt: 2 }]);
  });

  it('keeps a renewed token for the next connection where it does not go by message', () => {
    const client = pureSession({ hasTokenHook: true, heartbeat: false });
    client.run({ type: 'connect' });
    client.run({ type: 'token', token: 't1', expiresIn: 100_000, subject: undefined });
    client.run({ type: 'opened' });
    client.advance(80_000);
    expect(client.run({ type: 'token', token: 't2', expiresIn: Infinity, subject: undefined })).toEqual([]);
    client.drop();
    expect(only(client.advance(1_000), 'dial')).toMatchObject([{ url: expect.stringContaining('token=t2') }]);
  });

  describe('after a welcome was ever seen', () => {
    const welcomed = (): PureSession => {
      const client = open();
      client.frame({ type: 'welcome', epoch: 'e', seq: 1 });
      client.send(message('a', { policy: acked }));
      client.drop();
      client.advance(1_000);
      client.run({ type: 'opened' });
      client.written();
      return client;
    };

    it('resends nothing before the next one', () => {
      const client = welcomed();
      client.send(message('b'));
      expect(client.written()).toEqual([]);
      client.frame({ type: 'welcome', epoch: 'e', seq: 1 });
      expect(client.written()).toEqual([
        { type: 'm', id: 'a' },
        { type: 'm', id: 'b' },
      ]);
    });

    it('writes without one where the server does not say it any more', () => {
      const client = welcomed();
      client.advance(9_999);
      expect(client.written().filter(({ type }) => type === 'm')).toEqual([]);
      client.advance(1);
      expect(client.written().filter(({ type }) => type === 'm')).toEqual([{ type: 'm', id: 'a' }]);
    });

    it('leaves no timer behind that waits for the next one', () => {
      const client = welcomed();
      client.run({ type: 'close', code: 1000, reason: '', drain: 0 });
      client.drop(1000);
      expect(client.session.nextDeadline()).toBe(Infinity);
    });

    it('takes a second one on the same connection for new terms, not for a new connection', () => {
      const client = welcomed();
      client.frame({ type: 'welcome', epoch: 'e', seq: 1 });
      client.frame({ type: 'goaway', retryAfter: 6_000 });
      client.advance(5_500);
      client.frame({ type: 'pong' });
      expect(only(client.frame({ type: 'welcome', epoch: 'e', seq: 1, ids: 5_000 }), 'settle')).toEqual([]);
      client.written();
      client.send(message('b'));
      expect(client.written()).toEqual([]);
    });

    it('does not resend what is older than the memory of the server', () => {
      const client = welcomed();
      client.now += 5_000;
      const commands = client.frame({ type: 'welcome', epoch: 'e', seq: 1, ids: 5_000 });
      expect(only(commands, 'settle')).toMatchObject([{ ending: { outcome: 'unknown', reason: 'ids-expired' } }]);
      expect(client.written()).toEqual([]);
    });
  });

  describe('goaway', () => {
    it('is a time drawn once between the two that the server named, and the last second holds new messages back', () => {
      const client = open();
      client.advance(5_000);
      client.frame({ type: 'goaway', retryAfter: 2_000, within: 4_000 });
      const leftAt = client.now + 4_000;
      client.advance(2_999);
      client.send(message('a'));
      client.advance(1);
      client.send(message('b'));
      expect(client.written()).toEqual([{ type: 'm', id: 'a' }]);
      expect(passages(client.frame({ type: 'm' }))).toEqual(['m']);
      const commands = client.advance(1_000);
      expect(client.now).toBe(leftAt);
      expect(only(commands, 'close-event')).toMatchObject([{ cause: 'goaway' }]);
      expect(statuses(commands)).toEqual(['connecting']);
      client.run({ type: 'opened' });
      expect(client.written()).toEqual([{ type: 'm', id: 'b' }]);
    });

    it('holds also where the server closes before', () => {
      const client = open();
      client.advance(5_000);
      client.frame({ type: 'goaway', retryAfter: 60_000 });
      client.drop(1012);
      expect(client.session.state()).toMatchObject({ status: 'waiting', retryAt: client.now + 60_000 });
    });

    it('is never longer than ten minutes', () => {
      const client = open({ heartbeat: false });
      client.advance(5_000);
      client.frame({ type: 'goaway', retryAfter: 1e12 });
      expect(statuses(client.advance(599_999))).toEqual([]);
      expect(statuses(client.advance(1))).toEqual(['connecting']);
    });

    it.each([
      [{ retryAfter: 3_000 }, 3_000],
      [{ within: 6_000 }, 3_000],
    ])('may name either time alone: %o', (fields, wait) => {
      const client = open();
      client.advance(5_000);
      client.frame({ type: 'goaway', ...fields });
      expect(statuses(client.advance(wait - 1))).toEqual([]);
      expect(statuses(client.advance(1))).toEqual(['connecting']);
    });

    it('soon after the open is told as a wait, and counts as a retry', () => {
      const client = open();
      client.frame({ type: 'goaway', retryAfter: 1_000 });
      expect(only(client.advance(1_000), 'state').map(({ state }) => state)).toEqual([
        { status: 'waiting', attempt: 2, retryAt: client.now, reason: 'goaway' },
        { status: 'connecting', attempt: 2 },
      ]);
    });

    it('is forgotten with the connection that it was about', () => {
      const client = open();
      client.frame({ type: 'goaway', retryAfter: 6_000 });
      client.run({ type: 'reconnect' });
      client.run({ type: 'opened' });
      expect(statuses(client.advance(6_000))).toEqual([]);
      client.send(message('a'));
      expect(client.written()).toEqual([{ type: 'm', id: 'a' }]);
    });

    it('without fields is ordinary backoff', () => {
      const client = open();
      client.advance(5_000);
      client.frame({ type: 'goaway' });
      expect(statuses(client.advance(999))).toEqual([]);
      expect(statuses(client.advance(1))).toEqual(['connecting']);
    });

    it('is no way round the backoff', () => {
      // So short that no link stands long enough to be forgiven.
      const client = pureSession({ backoff: { ...defaults.backoff, base: 500, max: 8_000, maxRetries: 4 } });
      client.open();
      const times: number[] = [];
      for (let i = 0; i < 6 && client.status() !== 'closed'; i++) {
        const start = client.now;
        client.frame({ type: 'goaway', retryAfter: 0 });
        client.advance(0);
        while (client.status() === 'open') client.advance(1);
        while (client.status() === 'waiting') client.advance(1);
        times.push(client.now - start);
        client.run({ type: 'opened' });
      }
      expect(times).toEqual([0, 1_000, 2_000, 4_000, 4_000]);
      expect(client.session.state()).toMatchObject({ status: 'closed', reason: 'retries-exhausted' });
    });
  });

  describe('signals', () => {
    it.each(['freeze', 'pagehide'] as const)('%s suspends, and says goodbye to the server', (signal) => {
      const client = open();
      const commands = client.run({ type: 'signal', signal });
      expect(only(commands, 'hang-up')).toEqual([{ do: 'hang-up', code: 1000, reason: signal }]);
      expect(only(commands, 'close-event')).toMatchObject([{ cause: 'suspended' }]);
      expect(client.session.state()).toEqual({ status: 'suspended', why: signal });
      expect(client.run({ type: 'signal', signal })).toEqual([]);
      expect(statuses(client.advance(3_600_000))).toEqual([]);
      client.run({ type: 'signal', signal: 'resume' });
      expect(client.session.state()).toMatchObject({ status: 'waiting', reason: 'resume' });
      expect(statuses(client.advance(200))).toEqual(['connecting']);
    });

    it('suspends a wait, whose end does nothing then', () => {
      const client = open();
      client.drop();
      expect(only(client.run({ type: 'signal', signal: 'freeze' }), 'hang-up')).toEqual([]);
      expect(statuses(client.advance(60_000))).toEqual([]);
      expect(client.status()).toBe('suspended');
      expect(statuses(client.run({ type: 'connect' }))).toEqual(['connecting']);
    });

    it.each(['idle', 'closed', 'closing'] as const)('can not suspend what is %s', (status) => {
      const client = status === 'idle' ? pureSession() : open();
      if (status !== 'idle') client.run({ type: 'close', code: 1000, reason: '', drain: 0 });
      if (status === 'closed') client.drop(1000);
      expect(client.run({ type: 'signal', signal: 'freeze' })).toEqual([]);
      expect(client.status()).toBe(status);
    });

    it('probe an open link with a short patience when the page is back', () => {
      const client = open();
      client.run({ type: 'signal', signal: 'visible' });
      expect(client.written()).toEqual([{ type: 'ping', t: 1 }]);
      expect(statuses(client.advance(2_999))).toEqual([]);
      const commands = client.advance(1);
      expect(statuses(commands)).toEqual(['waiting']);
      expect(only(commands, 'abandon')).toEqual([{ do: 'abandon', dead: true }]);
      expect(only(commands, 'close-event')).toEqual([
        { do: 'close-event', info: { code: 1006, reason: '', wasClean: false }, cause: 'heartbeat' },
      ]);
    });

    it('believe nothing of what `offline` says', () => {
      const client = open();
      client.run({ type: 'signal', signal: 'offline' });
      expect(client.written()).toEqual([{ type: 'ping', t: 1 }]);
      expect(statuses(client.advance(29_999))).toEqual([]);
      expect(statuses(client.advance(10_001))).toEqual(['waiting']);
    });

    it('of a page that is hidden mean nothing', () => {
      const client = open();
      expect(client.run({ type: 'signal', signal: 'hidden' })).toEqual([]);
    });
  });

  describe('proof', () => {
    it('is asked for soon after a message that a pong acks, once for many', () => {
      const client = open();
      for (const id of ['a', 'b']) client.send(message(id, { policy: queuePolicy({ ack: 'pong' }) }));
      client.advance(500);
      const frames = client.written();
      expect(frames).toHaveLength(3);
      const settled = only(client.frame({ type: 'pong', t: frames[2]?.t }), 'settle');
      expect(settled.map(({ entry }) => entry.id)).toEqual(['a', 'b']);
      expect(settled[0]?.ending).toEqual({ outcome: 'acked', reason: 'pong', by: 'pong' });
    });

    it('of a pong is for what was written before its ping, and no more', () => {
      const client = open();
      client.send(message('a'));
      client.run({ type: 'signal', signal: 'visible' });
      client.send(message('b'));
      client.frame({ type: 'pong', t: 1 });
      const lost = only(client.drop(), 'undelivered');
      expect(lost.map(({ entry, ending }) => [entry.id, ending.outcome])).toEqual([['b', 'unknown']]);
    });

    it('is not taken over from one connection to the next', () => {
      const client = open({ resume: { ...defaults.resume, from: { seq: 7 } } });
      client.frame({ type: 'pong', t: 1 });
      client.send(message('a'));
      client.drop();
      client.advance(1_000);
      client.run({ type: 'opened' });
      client.send(message('b'));
      client.frame({ type: 'pong', t: 2 });
      const lost = only(client.drop(), 'undelivered');
      expect(lost.map(({ entry }) => entry.id)).toEqual(['b']);
    });
  });

  it('hands acks and refusals of messages to the queue', () => {
    const client = open();
    for (const id of ['a', 'b']) client.send(message(id, { policy: acked }));
    const commands = [
      ...client.frame({ type: 'ack', messageId: 'a', data: 7 }),
      ...client.frame({ type: 'nack', messageId: 'b', code: 'no', message: 'why' }),
    ];
    expect(only(commands, 'settle').map(({ entry: one, ending }) => [one.id, ending])).toEqual([
      ['a', { outcome: 'acked', reason: 'ack', by: 'ack', data: 7 }],
      ['b', { outcome: 'refused', reason: 'nack', detail: { code: 'no', message: 'why' } }],
    ]);
  });

  it('writes no more in one turn than the socket is to hold, however many calls of send that turn has', () => {
    const client = open();
    const bytes = defaults.queue.highWaterMark - 1;
    for (const id of ['a', 'b']) client.send(message(id, { policy: acked, bytes }));
    expect(client.written().map(({ id }) => id)).toEqual(['a']);
    client.run({ type: 'alarm' });
    expect(client.written().map(({ id }) => id)).toEqual(['b']);
  });

  it('writes what an earlier life left first', () => {
    const client = pureSession();
    client.send(message('new'));
    client.run({ type: 'restore', entry: message('left') });
    client.open();
    expect(client.written().map(({ id }) => id)).toEqual(['left', 'new']);
  });

  it('cancels, clears and drains on demand', () => {
    const client = pureSession();
    for (const id of ['a', 'b', 'c']) client.send(message(id));
    const outcomes = (commands: readonly Command[]): unknown[] =>
      only(commands, 'settle').map(({ entry: one, ending }) => [one.id, ending.outcome, ending.reason]);
    expect(outcomes(client.run({ type: 'cancel', id: 'b' }))).toEqual([['b', 'cancelled', 'cancelled']]);
    expect(outcomes(client.run({ type: 'drain' }))).toEqual([
      ['a', 'cancelled', 'drained'],
      ['c', 'cancelled', 'drained'],
    ]);
    client.send(message('d'));
    expect(outcomes(client.run({ type: 'clear' }))).toEqual([['d', 'cancelled', 'cleared']]);
  });

  it('lets messages wait for the snapshot of the app', () => {
    const client = open({ asksForGaps: true, resume: { ...defaults.resume, from: { seq: 42, epoch: 'e' } } });
    expect(passages(client.frame({ type: 'welcome', epoch: 'e', seq: 50 }))).toEqual(['gap:missed 42>50']);
    expect(client.frame({ type: 'm', seq: 51 })).toEqual([]);
    expect(passages(client.run({ type: 'filled', channel: undefined, cursor: { seq: 50 } }))).toEqual(['m']);
  });

  describe('channels', () => {
    it('are subscribed at open, and give up holding their frames when no answer comes', () => {
      const client = pureSession();
      client.run({ type: 'subscribe', channel: 'a' });
      client.open();
      expect(client.written()).toMatchObject([{ type: 'subscribe', channel: 'a' }]);
      client.frame({ type: 'm', channel: 'a' });
      expect(passages(client.advance(9_999))).toEqual([]);
      expect(passages(client.advance(1))).toEqual(['m']);
    });

    it('hold their frames for their own answer, whatever pong comes before it', () => {
      const client = open();
      client.run({ type: 'subscribe', channel: 'a' });
      const [frame] = client.written();
      client.frame({ type: 'm', channel: 'a', seq: 5 });
      client.run({ type: 'signal', signal: 'visible' });
      expect(passages(client.frame({ type: 'pong', t: 1 }))).toEqual([]);
      expect(passages(client.frame({ type: 'subscribed', channel: 'a', ref: frame?.ref, epoch: 'e', seq: 4 }))).toEqual(
        ['m'],
      );
    });

    it('without an epoch get a ping that tells whether the numbers are the old ones', () => {
      const client = open();
      const subscribe = (): void => {
        const [frame] = client.written().filter(({ type }) => type === 'subscribe');
        client.frame({ type: 'subscribed', channel: 'a', ref: frame?.ref, seq: 4 });
      };
      client.run({ type: 'subscribe', channel: 'a' });
      subscribe();
      client.frame({ type: 'm', channel: 'a', seq: 5 });
      client.drop();
      client.advance(1_000);
      client.run({ type: 'opened' });
      subscribe();
      const [ping] = client.written();
      expect(ping).toMatchObject({ type: 'ping' });
      client.frame({ type: 'm', channel: 'a', seq: 1 });
      expect(passages(client.frame({ type: 'pong', t: ping?.t }))).toEqual(['gap:renumbered 5>0', 'm']);
    });

    it('that were refused for a time are asked for again', () => {
      const client = open();
      client.run({ type: 'subscribe', channel: 'a' });
      client.written();
      client.frame({ type: 'unsubscribed', channel: 'a', retry: 700 });
      client.advance(699);
      expect(client.written()).toEqual([]);
      client.advance(1);
      expect(client.written()).toMatchObject([{ type: 'subscribe', channel: 'a' }]);
      client.run({ type: 'unsubscribe', channel: 'a' });
      expect(client.written()).toEqual([{ type: 'unsubscribe', channel: 'a' }]);
    });

    it('that are listened to while there is no link set no deadline', () => {
      const client = pureSession({ resume: { ...defaults.resume, from: { seq: 7 } } });
      client.run({ type: 'connect' });
      client.run({ type: 'close', code: 1000, reason: '', drain: 0 });
      client.run({ type: 'subscribe', channel: 'a' });
      expect(client.session.nextDeadline()).toBe(Infinity);
    });

    it('are not asked for again on a link that is gone', () => {
      const client = open();
      client.run({ type: 'subscribe', channel: 'a' });
      client.frame({ type: 'unsubscribed', channel: 'a', retry: 700 });
      client.written();
      client.drop();
      client.advance(900);
      expect(client.written()).toEqual([]);
    });
  });

  it('says when there is room again', () => {
    const client = pureSession({ queue: { ...defaults.queue, maxMessages: 4 } });
    expect(client.run({ type: 'watch-ready' })).toEqual([{ do: 'ready' }]);
    for (const id of ['a', 'b']) client.send(message(id));
    expect(client.run({ type: 'watch-ready' })).toEqual([]);
    expect(only(client.open(), 'ready')).toHaveLength(1);
    client.bufferedAmount = 600_000;
    expect(client.run({ type: 'watch-ready' })).toEqual([]);
    client.bufferedAmount = 0;
    expect(only(client.advance(16), 'ready')).toHaveLength(1);
  });

  // --- any sequence of inputs ---

  const signals: LifecycleSignal[] = [
    'online',
    'offline',
    'visible',
    'hidden',
    'freeze',
    'resume',
    'pagehide',
    'pageshow',
  ];
  type Step = { readonly wait: number; readonly input: Input | { readonly type: 'later' } };
  const frames: object[] = [
    { type: 'm', seq: 1 },
    { type: 'm', seq: 5 },
    { type: 'm', channel: 'a', seq: 1 },
    { type: 'm' },
    { type: 'welcome', epoch: 'e', seq: 3, ids: 60_000, heartbeat: 20_000 },
    { type: 'welcome', epoch: 'f', seq: 0, rate: 5 },
    { type: 'welcome' },
    { type: 'pong', t: 1 },
    { type: 'pong' },
    { type: 'ping' },
    { type: 'subscribed', channel: 'a', epoch: 'x', seq: 1 },
    { type: 'unsubscribed', channel: 'a', retry: true },
    { type: 'unsubscribed', channel: 'a' },
    { type: 'reset', seq: 2 },
    { type: 'ack', messageId: 'm1' },
    { type: 'nack', messageId: 'm2', retry: true },
    { type: 'nack', messageId: 'm3', code: 'no' },
    { type: 'ack', messageId: 'c-auth' },
    { type: 'nack', messageId: 'c-auth' },
    { type: 'goaway', retryAfter: 500, within: 2_000 },
    { type: 'goaway' },
  ];
  const anyStep: fc.Arbitrary<Step> = fc.record({
    wait: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 3_000 }), fc.integer({ min: 0, max: 90_000 })),
    input: fc.oneof(
      {
        weight: 8,
        arbitrary: fc.constantFrom(...(['opened', 'url', 'token', 'later'] as const)).map((type) => {
          if (type === 'token') return { type, token: 't', expiresIn: 30_000, subject: undefined } as const;
          return type === 'url' ? ({ type, conn: 1, url: 'ws://late/' } as const) : ({ type } as const);
        }),
      },
      {
        weight: 12,
        arbitrary: fc.constantFrom(...frames).map((frame) => ({ type: 'frame' as const, data: JSON.stringify(frame) })),
      },
      {
        weight: 4,
        arbitrary: fc
          .constantFrom(1000, 1006, 1008, 1009, 1013, 4401, 4403, 4429)
          .map((code) => ({ type: 'closed' as const, info: { code, reason: '', wasClean: true } })),
      },
      { weight: 3, arbitrary: fc.constantFrom(...signals).map((signal) => ({ type: 'signal' as const, signal })) },
      {
        weight: 3,
        arbitrary: fc
          .constantFrom(
            ...([
              'connect',
              'reconnect',
              'errored',
              'no-websocket',
              'token-failed',
              'clear',
              'drain',
              'watch-ready',
              'alarm',
            ] as const),
          )
          .map((type) => ({ type })),
      },
      {
        weight: 1,
        arbitrary: fc.nat(1).map((drain) => ({ type: 'close' as const, code: 1000, reason: '', drain: drain * 3_000 })),
      },
      {
        weight: 2,
        arbitrary: fc
          .constantFrom('subscribe' as const, 'unsubscribe' as const)
          .map((type) => ({ type, channel: 'a' })),
      },
      { weight: 2, arbitrary: fc.constantFrom('m1', 'm2', 'm5').map((id) => ({ type: 'cancel' as const, id })) },
      { weight: 8, arbitrary: fc.nat(5).map((kind) => ({ type: 'send' as const, entry: entry(`kind${kind}`) })) },
    ),
  });
  const kinds = [
    queuePolicy(),
    acked,
    queuePolicy({ ack: 'pong' }),
    queuePolicy({ ack: 'message', inFlight: 1 }),
    queuePolicy({ kind: 'drop' }),
    latestPolicy,
  ];
  const visited = new Set<string>();
  /** Plays a script and notes every command; also how often each message ended. */
  const play = (
    script: readonly Step[],
    via: 'query' | 'message',
  ): { log: string[]; ended: Map<string, number>; client: PureSession } => {
    const client = pureSession({
      hasTokenHook: true,
      auth: { via, param: 'token' },
      queue: { ...defaults.queue, maxMessages: 6 },
    });
    const log: string[] = [];
    const ended = new Map<string, number>();
    let made = 0;
    let seed = 1;
    /** The shell hears no hook that it did not call, or that was given up. */
    let asking = false;
    let dialled = false;
    const note = (commands: readonly Command[]): void => {
      for (const command of commands) {
        const { entry: one, ...rest } = command as Command & { readonly entry?: { readonly id: string } };
        log.push(JSON.stringify([client.now, rest, one?.id]));
        if (command.do === 'ask-token') asking = true;
        if (command.do === 'abort-token') asking = false;
        if (command.do === 'dial') dialled = true;
        if (command.do === 'settle') ended.set(command.entry.id, (ended.get(command.entry.id) ?? 0) + 1);
      }
    };
    note(client.run({ type: 'connect' }));
    for (const { wait, input } of script) {
      seed = (seed * 16_807) % 2_147_483_647;
      client.random = seed / 2_147_483_647;
      note(client.advance(wait));
      // Mostly hooks answer and handshakes succeed, or little else would be seen.
      if (asking && seed % 4) {
        asking = false;
        note(client.run({ type: 'token', token: 't', expiresIn: 30_000, subject: undefined }));
      }
      if (dialled && seed % 8) note(client.run({ type: 'opened' }));
      dialled = false;
      visited.add(client.status());
      if (input.type === 'later') continue;
      if (input.type === 'token' || input.type === 'token-failed') {
        if (!asking) continue;
        asking = false;
      }
      if (input.type === 'send') {
        const kind = Number(input.entry.id.slice(4));
        const id = `m${++made}`;
        const policy = kinds[kind] ?? queuePolicy();
        const key = policy.kind === 'latest' ? 'k' : undefined;
        note(client.send(message(id, { policy, key, expiresAt: client.now + 20_000 })));
      } else {
        note(client.run(input));
      }
      visited.add(client.status());
      log.push(client.status(), String(client.session.nextDeadline()));
    }
    return { log, ended, client };
  };
  const script = fc.array(anyStep, { maxLength: 60, size: 'max' });

  // Kills: a clock or a random source of its own in any part of the core, an order that hangs on anything but the inputs.
  test.prop([script, fc.constantFrom('query' as const, 'message' as const)])(
    'answers the same inputs with the same commands',
    (steps, via) => {
      expect(play(steps, via).log).toEqual(play(steps, via).log);
    },
  );

  // Kills: any transition that the table forbids (it throws), a deadline that rings without being taken, a message that
  // ends twice, or that never does.
  test.prop([script, fc.constantFrom('query' as const, 'message' as const)])(
    'comes through any sequence of inputs, and to an end when it is told so, with every message settled once',
    (steps, via) => {
      const { ended, client } = play(steps, via);
      const commands = [...client.run({ type: 'close', code: 1000, reason: '', drain: 0 }), ...client.advance(1_000)];
      for (const { entry: one } of only(commands, 'settle')) ended.set(one.id, (ended.get(one.id) ?? 0) + 1);
      expect(client.session.state()).toMatchObject({ status: 'closed' });
      expect(ids(client.session.traffic.outbound.queue)).toEqual([]);
      expect([...ended.values()].every((times) => times === 1)).toBe(true);
      expect(ended.size).toBe(steps.filter(({ input }) => input.type === 'send').length);
      expect(client.session.nextDeadline()).toBe(Infinity);
    },
  );

  it('was seen in every state by these', () => {
    expect([...visited].sort()).toEqual(['closed', 'closing', 'connecting', 'open', 'suspended', 'waiting']);
  });
});

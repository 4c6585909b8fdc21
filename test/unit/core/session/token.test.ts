import { describe, expect, it } from 'vitest';
import type { Command } from '../../../../src/core/io.js';
import { defaults } from '../../../../src/options.js';
import { message, type PureSession, pureSession, statuses } from '../../../support/session.js';
import { only, passages, queuePolicy } from '../../../support/turn.js';

const acked = queuePolicy({ ack: 'message' });

describe('createSession', () => {
  describe('with auth by message', () => {
    const auth = { via: 'message', param: 'token' } as const;
    const handshaken = (): PureSession => {
      const client = pureSession({ hasTokenHook: true, auth });
      client.run({ type: 'connect' });
      client.run({ type: 'token', token: 't1', expiresIn: 100_000, subject: undefined });
      client.run({ type: 'opened' });
      return client;
    };

    it('takes the welcome for a word of a healthy peer: a message that breaks every link after it is left out', () => {
      const client = pureSession({ hasTokenHook: true, auth });
      client.run({ type: 'connect' });
      client.run({ type: 'token', token: 't', expiresIn: Infinity, subject: undefined });
      const written = (): unknown[] => {
        client.run({ type: 'opened' });
        client.frame({ type: 'welcome' });
        return client.written().filter(({ type }) => type === 'm');
      };
      client.send(message('a', { policy: acked }));
      for (let links = 0; links < 6; links++) {
        expect(written()).toHaveLength(1);
        client.drop(1006);
        while (client.status() === 'waiting') client.advance(100);
      }
      expect(written()).toEqual([]);
    });

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

    it('says in the end why the server refused', () => {
      const client = handshaken();
      for (let i = 0; i < 2; i++) {
        client.frame({ type: 'nack', messageId: 'c-auth', message: 'too old' });
        client.advance(1_000 * 2 ** i);
        client.run({ type: 'token', token: 't', expiresIn: Infinity, subject: undefined });
        client.run({ type: 'opened' });
      }
      const commands = client.frame({ type: 'nack', messageId: 'c-auth', message: 'too old' });
      expect(only(commands, 'state').map(({ text }) => text)).toEqual(['the server closed with 4401 too old']);
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

  it('does not take a handshake that we left ourselves for one that failed', () => {
    const client = pureSession({ hasTokenHook: true });
    client.run({ type: 'connect' });
    client.run({ type: 'token', token: 't1', expiresIn: Infinity, subject: undefined });
    const again = [1, 2, 3, 4].map(() => client.run({ type: 'reconnect' }));
    expect(again.map((commands) => only(commands, 'ask-token'))).toEqual([[], [], [], []]);
  });

  it('wakes nobody for the end of a token that comes when all is over', () => {
    const client = pureSession({ hasTokenHook: true });
    client.run({ type: 'connect' });
    client.run({ type: 'token', token: 't1', expiresIn: 10_000, subject: undefined });
    client.run({ type: 'opened' });
    expect(only(client.advance(8_000), 'ask-token')).toHaveLength(1);
    client.drop(4403);
    client.run({ type: 'token', token: 't2', expiresIn: 3_600_000, subject: undefined });
    expect(client.status()).toBe('closed');
    expect(client.session.nextDeadline()).toBe(Infinity);
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

  it('asks no more once the conversation is over', () => {
    const client = pureSession({ hasTokenHook: true, heartbeat: false });
    client.run({ type: 'connect' });
    client.run({ type: 'token', token: 't1', expiresIn: 10_000, subject: undefined });
    client.run({ type: 'opened' });
    expect(only(client.advance(8_000), 'ask-token')).toHaveLength(1);
    client.drop(4403);
    expect(client.status()).toBe('closed');
    client.run({ type: 'token-failed' });
    expect(client.session.nextDeadline()).toBe(Infinity);
  });

  it('asks as soon as it is open for a token whose time came during the handshake', () => {
    const client = pureSession({ hasTokenHook: true, heartbeat: false });
    client.run({ type: 'connect' });
    client.run({ type: 'token', token: 't1', expiresIn: 10_000, subject: undefined });
    client.advance(9_000);
    client.run({ type: 'opened' });
    expect(only(client.advance(0), 'ask-token')).toEqual([{ do: 'ask-token', reason: 'expiring', attempt: 0 }]);
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
});

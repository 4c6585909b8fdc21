import { describe, expect, it } from 'vitest';
import type { Command } from '../../../../src/core/io.js';
import { defaults } from '../../../../src/options.js';
import { message, openSession, pureSession } from '../../../support/session.js';
import { only, passages, queuePolicy } from '../../../support/turn.js';

const acked = queuePolicy({ ack: 'message' });
const errors = (commands: readonly Command[]): string[] => only(commands, 'error').map(({ code }) => code);

describe('createSession', () => {
  it('keeps a link whose heartbeat was due until something else was written in the same alarm', () => {
    const client = openSession();
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

  it('gives a link up on which nobody answers whether the numbers are the old ones', () => {
    const client = openSession({ resume: { ...defaults.resume, from: { seq: 7 } } });
    expect(client.advance(9_999)).toEqual([]);
    const commands = client.advance(1);
    expect(only(commands, 'close-event')).toMatchObject([{ cause: 'heartbeat' }]);
  });

  it('takes no pong that answers nothing for a word about the numbers', () => {
    const client = openSession({ resume: { ...defaults.resume, from: { seq: 7 } } });
    client.frame({ type: 'pong', t: 99 });
    for (const seq of [6, 7]) client.frame({ type: 'm', seq });
    client.frame({ type: 'pong', t: 1 });
    expect(passages(client.frame({ type: 'm', seq: 8 }))).toEqual(['m']);
    expect(client.session.continuation().cursors).toEqual([{ seq: 8 }]);
  });

  it('is no more patient after a sleep than at any other time', () => {
    const client = openSession({ heartbeat: { interval: 10_000, timeout: 1_000 } });
    client.now += 60_000;
    client.run({ type: 'alarm' });
    expect(client.written()).toEqual([{ type: 'ping', t: 1 }]);
    client.advance(999);
    expect(client.status()).toBe('open');
    client.advance(1);
    expect(client.status()).toBe('waiting');
  });

  describe('frames', () => {
    it('are told when they can not be read, and the link goes on', () => {
      const client = openSession();
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
      const client = openSession();
      for (const type of ['auth', 'subscribe', 'unsubscribe']) expect(client.frame({ type })).toEqual([]);
    });

    it('pings are answered at once with their own t', () => {
      const client = openSession();
      client.frame({ type: 'ping', t: { any: 'thing' } });
      client.frame({ type: 'ping' });
      expect(client.written()).toEqual([{ type: 'pong', t: { any: 'thing' } }, { type: 'pong' }]);
    });

    it('of another version of the protocol are told', () => {
      const client = openSession();
      expect(only(client.frame({ type: 'welcome', v: 2 }), 'error')).toMatchObject([
        { code: 'protocol-version', text: 'welcome: version is 2, wanted 1' },
      ]);
      expect(errors(client.frame({ type: 'welcome', v: 1 }))).toEqual([]);
      expect(errors(client.frame({ type: 'welcome' }))).toEqual([]);
    });
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
      const client = openSession();
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
      const client = openSession();
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
      const client = openSession();
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
      const client = openSession();
      client.run({ type: 'subscribe', channel: 'a' });
      client.frame({ type: 'unsubscribed', channel: 'a', retry: 700 });
      client.written();
      client.drop();
      client.advance(900);
      expect(client.written()).toEqual([]);
    });
  });
});

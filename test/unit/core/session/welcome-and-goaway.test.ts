import { describe, expect, it } from 'vitest';
import { defaults } from '../../../../src/options.js';
import { message, openSession, type PureSession, pureSession, statuses } from '../../../support/session.js';
import { only, passages, queuePolicy } from '../../../support/turn.js';

const acked = queuePolicy({ ack: 'message' });

describe('createSession', () => {
  describe('after a welcome was ever seen', () => {
    const welcomed = (): PureSession => {
      const client = openSession();
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

    it('waits for nothing more once it came', () => {
      const client = openSession({ heartbeat: false });
      for (let i = 0; i < 2; i++) {
        client.frame({ type: 'welcome' });
        client.advance(5_000);
        expect(client.session.nextDeadline()).toBe(Infinity);
        client.drop();
        client.advance(1_000);
        client.run({ type: 'opened' });
      }
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
      const client = openSession();
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

    it('said twice holds for the earlier of both times, in either order', () => {
      for (const times of [
        [500, 60_000],
        [60_000, 500],
      ]) {
        const client = openSession();
        client.advance(5_000);
        for (const retryAfter of times) client.frame({ type: 'goaway', retryAfter });
        client.send(message('a'));
        expect(statuses(client.advance(499))).toEqual([]);
        expect(client.written()).toEqual([]);
        expect(statuses(client.advance(1))).toEqual(['connecting']);
        client.run({ type: 'opened' });
        expect(client.written()).toEqual([{ type: 'm', id: 'a' }]);
      }
    });

    it('holds also where the server closes before', () => {
      const client = openSession();
      client.advance(5_000);
      client.frame({ type: 'goaway', retryAfter: 60_000 });
      client.drop(1012);
      expect(client.session.state()).toMatchObject({ status: 'waiting', retryAt: client.now + 60_000 });
    });

    it('is never longer than ten minutes', () => {
      const client = openSession({ heartbeat: false });
      client.advance(5_000);
      client.frame({ type: 'goaway', retryAfter: 1e12 });
      expect(statuses(client.advance(599_999))).toEqual([]);
      expect(statuses(client.advance(1))).toEqual(['connecting']);
    });

    it.each([
      [{ retryAfter: 3_000 }, 3_000],
      [{ within: 6_000 }, 3_000],
      [{ retryAfter: 10 }, 10],
      [{ within: 20 }, 10],
    ])('may name either time alone, also one sooner than the backoff: %o', (fields, wait) => {
      const client = openSession();
      client.advance(5_000);
      client.frame({ type: 'goaway', ...fields });
      expect(statuses(client.advance(wait - 1))).toEqual([]);
      expect(statuses(client.advance(1))).toEqual(['connecting']);
    });

    it('instead of the welcome to a token is no way round the backoff either', () => {
      const client = pureSession({ hasTokenHook: true, auth: { via: 'message', param: 'token' } });
      client.run({ type: 'connect' });
      client.run({ type: 'token', token: 't', expiresIn: Infinity, subject: undefined });
      client.run({ type: 'opened' });
      client.frame({ type: 'goaway', retryAfter: 1_000 });
      expect(only(client.advance(1_000), 'state').map(({ state }) => state)).toEqual([
        { status: 'waiting', attempt: 2, retryAt: client.now, reason: 'goaway' },
        { status: 'connecting', attempt: 2 },
      ]);
    });

    it('soon after the open is told as a wait, and counts as a retry', () => {
      const client = openSession();
      client.frame({ type: 'goaway', retryAfter: 1_000 });
      expect(only(client.advance(1_000), 'state').map(({ state }) => state)).toEqual([
        { status: 'waiting', attempt: 2, retryAt: client.now, reason: 'goaway' },
        { status: 'connecting', attempt: 2 },
      ]);
    });

    it('is forgotten with the connection that it was about', () => {
      const client = openSession();
      client.frame({ type: 'goaway', retryAfter: 6_000 });
      client.run({ type: 'reconnect' });
      client.run({ type: 'opened' });
      expect(statuses(client.advance(6_000))).toEqual([]);
      client.send(message('a'));
      expect(client.written()).toEqual([{ type: 'm', id: 'a' }]);
    });

    it('holds also on a link that is not healthy yet, where it is later than the backoff', () => {
      const client = openSession({ heartbeat: false });
      client.drop();
      client.advance(1_000);
      client.run({ type: 'opened' });
      client.frame({ type: 'goaway', retryAfter: 60_000 });
      expect(statuses(client.advance(59_999))).toEqual([]);
      expect(statuses(client.advance(1))).toEqual(['connecting']);
    });

    it('without fields is ordinary backoff', () => {
      const client = openSession();
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
});

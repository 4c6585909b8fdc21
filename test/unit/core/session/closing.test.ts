import { describe, expect, it } from 'vitest';
import { message, openSession, pureSession, statuses } from '../../../support/session.js';
import { only, queuePolicy } from '../../../support/turn.js';

const acked = queuePolicy({ ack: 'message' });

describe('createSession', () => {
  describe('close', () => {
    it('says goodbye, waits a second for the peer, and is over', () => {
      const client = openSession();
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
      const client = openSession();
      client.run({ type: 'close', code: 1000, reason: '', drain: 0 });
      expect(statuses(client.drop(1000))).toEqual(['closed']);
      expect(client.session.nextDeadline()).toBe(Infinity);
    });

    it('waits for nobody where nothing is open, from any state', () => {
      const waiting = openSession();
      waiting.drop();
      for (const client of [pureSession(), waiting]) {
        const commands = client.run({ type: 'close', code: 1000, reason: '', drain: 0 });
        expect(statuses(commands)).toEqual(['closed']);
        expect(only(commands, 'hang-up')).toEqual([]);
        expect(client.session.nextDeadline()).toBe(Infinity);
      }
    });

    it('is heard once', () => {
      const client = openSession();
      client.run({ type: 'close', code: 1000, reason: '', drain: 0 });
      expect(client.run({ type: 'close', code: 1000, reason: '', drain: 0 })).toEqual([]);
      client.drop(1000);
      expect(client.run({ type: 'close', code: 1000, reason: '', drain: 0 })).toEqual([]);
    });

    it('can be undone by connect, which begins anew and takes no notice of the old end', () => {
      const client = openSession();
      client.run({ type: 'close', code: 1000, reason: '', drain: 0 });
      expect(statuses(client.run({ type: 'connect' }))).toEqual(['connecting']);
      expect(client.advance(2_000).some(({ do: what }) => what === 'state')).toBe(false);
    });

    it('lets the outbox empty first, and refuses what is new', () => {
      const client = openSession();
      client.send(message('a', { policy: acked }));
      expect(client.run({ type: 'close', code: 4001, reason: 'later', drain: 5_000 })).toEqual([]);
      const late = client.send(message('b'));
      expect(only(late, 'settle')).toMatchObject([{ ending: { outcome: 'closed', reason: 'closed' } }]);
      const commands = client.frame({ type: 'ack', messageId: 'a' });
      expect(only(commands, 'hang-up')).toEqual([{ do: 'hang-up', code: 4001, reason: 'later' }]);
    });

    it('lets it empty no longer than it was told', () => {
      const client = openSession();
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

    it.each(['connect', 'reconnect'] as const)('forgets a drain when it is told to %s after all', (type) => {
      const client = openSession();
      client.send(message('a', { policy: acked }));
      client.run({ type: 'close', code: 1000, reason: '', drain: 5_000 });
      client.run({ type });
      client.run({ type: 'opened' });
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
});

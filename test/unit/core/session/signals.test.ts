import { describe, expect, it } from 'vitest';
import { openSession, pureSession, statuses } from '../../../support/session.js';
import { only } from '../../../support/turn.js';

describe('createSession', () => {
  describe('signals', () => {
    it.each(['freeze', 'pagehide'] as const)('%s suspends, and says goodbye to the server', (signal) => {
      const client = openSession();
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
      const client = openSession();
      client.drop();
      expect(only(client.run({ type: 'signal', signal: 'freeze' }), 'hang-up')).toEqual([]);
      expect(statuses(client.advance(60_000))).toEqual([]);
      expect(client.status()).toBe('suspended');
      expect(statuses(client.run({ type: 'connect' }))).toEqual(['connecting']);
    });

    it.each(['idle', 'closed', 'closing'] as const)('can not suspend what is %s', (status) => {
      const client = status === 'idle' ? pureSession() : openSession();
      if (status !== 'idle') client.run({ type: 'close', code: 1000, reason: '', drain: 0 });
      if (status === 'closed') client.drop(1000);
      expect(client.run({ type: 'signal', signal: 'freeze' })).toEqual([]);
      expect(client.status()).toBe(status);
    });

    it('probe an open link with a short patience when the page is back', () => {
      const client = openSession();
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
      const client = openSession();
      client.run({ type: 'signal', signal: 'offline' });
      expect(client.written()).toEqual([{ type: 'ping', t: 1 }]);
      expect(statuses(client.advance(29_999))).toEqual([]);
      expect(statuses(client.advance(10_001))).toEqual(['waiting']);
    });

    it.each([
      [2_999, 3_000],
      [3_000, 100],
    ])('probe a link at `online` that was deaf for %i ms with a patience of %i', (outage, patience) => {
      const client = openSession();
      client.run({ type: 'signal', signal: 'offline' });
      client.advance(outage);
      client.run({ type: 'signal', signal: 'online' });
      expect(statuses(client.advance(patience - 1))).toEqual([]);
      expect(statuses(client.advance(1))).toEqual(['waiting']);
    });

    it('`offline` shortens no wait', () => {
      const client = openSession();
      client.drop();
      const state = client.session.state();
      expect(client.run({ type: 'signal', signal: 'offline' })).toEqual([]);
      expect(client.session.state()).toBe(state);
    });

    it('are no wake where they say `offline`: a link that ends then is replaced in its time', () => {
      const client = openSession();
      client.run({ type: 'signal', signal: 'offline' });
      client.drop();
      expect(client.session.state()).toMatchObject({ status: 'waiting', retryAt: client.now + 1_000 });
    });

    it('of a page that is hidden mean nothing', () => {
      const client = openSession();
      expect(client.run({ type: 'signal', signal: 'hidden' })).toEqual([]);
    });
  });
});

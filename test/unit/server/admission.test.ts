import { describe, expect, it } from 'vitest';
import type { TokenVerdict } from '../../../src/server/session/io.js';
import { PlayedSession } from '../../support/server-session.js';

describe('a token by message', () => {
  const guarded = { authByMessage: true, guarded: true };
  const hello = { client: 'c', conn: 1, cursor: undefined, token: undefined };
  const answers = (session: PlayedSession): unknown[] => session.frames.map(({ type, messageId }) => [type, messageId]);

  it('that comes while another is judged is judged after it, the newest alone, each answered by its own id', () => {
    const session = new PlayedSession(guarded);
    session.give({ type: 'opened', hello });
    session.frame({ type: 'auth', token: '1', messageId: 'a' });
    session.give({ type: 'judged', verdict: { expiresAt: 1_000 } });
    session.give({ type: 'taken-over', won: true });
    session.slice();
    for (const [token, messageId] of Object.entries({ 2: 'b', 3: 'c', 4: 'd' })) {
      session.frame({ type: 'auth', token, messageId });
    }
    const judge = (verdict: TokenVerdict): void => void session.give({ type: 'judged', verdict });
    judge('unauthorized');
    expect(session.all('authenticate').map(({ token }) => token)).toEqual(['1', '2', '4']);
    session.frame({ type: 'auth', token: '5', messageId: 'e' });
    judge({ expiresAt: 2_000 });
    judge({ expiresAt: 3_000 });
    expect(answers(session)).toEqual([
      ['welcome', undefined],
      ['nack', 'b'],
      ['ack', 'd'],
      ['ack', 'e'],
    ]);
    expect(session.all('authenticate')).toHaveLength(4);
    expect(session.nextDeadline).toBe(3_000);
    session.expire();
    expect(session.last('close')).toMatchObject({ code: 4401, reason: 'the token has expired' });
  });

  it('that comes after the first, and before its welcome, is judged and answered after it', () => {
    const session = new PlayedSession(guarded);
    session.give({ type: 'opened', hello });
    session.frame({ type: 'auth', token: '1', messageId: 'a' });
    session.frame({ type: 'auth', token: '2', messageId: 'b' });
    session.give({ type: 'judged', verdict: { expiresAt: 1_000 } });
    session.frame({ type: 'auth', token: '3', messageId: 'c' });
    session.give({ type: 'taken-over', won: true });
    session.slice();
    session.give({ type: 'judged', verdict: { expiresAt: 2_000 } });
    session.give({ type: 'judged', verdict: { expiresAt: 3_000 } });
    expect(answers(session)).toEqual([
      ['welcome', undefined],
      ['ack', 'b'],
      ['ack', 'c'],
    ]);
    expect(session.nextDeadline).toBe(3_000);
  });

  it("that waits does not keep a client whose token is somebody else's", () => {
    const session = new PlayedSession(guarded);
    session.give({ type: 'opened', hello });
    session.frame({ type: 'auth', token: '1', messageId: 'a' });
    session.give({ type: 'judged', verdict: { principal: 'ann' } });
    session.give({ type: 'taken-over', won: true });
    session.slice();
    session.frame({ type: 'auth', token: '2', messageId: 'b' });
    session.frame({ type: 'auth', token: '3', messageId: 'c' });
    session.give({ type: 'judged', verdict: { principal: 'bob' } });
    expect(session.last('close')).toMatchObject({ code: 4401 });
    expect(session.all('authenticate')).toHaveLength(2);
  });
});

import { describe, expect, it } from 'vitest';
import { PlayedSession } from '../../support/server-session.js';

const pongs = (session: PlayedSession): unknown[] =>
  session.frames.filter(({ type }) => type === 'pong').map(({ t }) => t);
const handled = (session: PlayedSession): unknown[] => session.all('handle').map(({ received }) => received.messageId);

describe('what a pong has proved', () => {
  it('is handled also when the connection is taken over, and has to finish after that', () => {
    const session = new PlayedSession().open();
    for (const messageId of ['a', 'b', 'c']) session.frame({ type: 'x', messageId });
    session.frame({ type: 'ping', t: 1 });
    session.frame({ type: 'x', messageId: 'd' });
    session.give({ type: 'retire' });
    session.give({ type: 'finish', reason: 'deploy', patience: 0 });
    for (const messageId of ['a', 'b', 'c']) {
      expect(session.all('ended')).toEqual([]);
      session.give({ type: 'answered', messageId, answer: {} });
    }
    expect(handled(session)).toEqual(['a', 'b', 'c']);
    expect(session.last('close')).toMatchObject({ code: 4409 });
    expect(session.all('ended')).toHaveLength(1);
  });

  it('is never what may yet be turned away before welcome', () => {
    const session = new PlayedSession({ guarded: true });
    session.give({ type: 'opened', hello: { client: 'c', conn: 1, cursor: undefined, token: 'wrong' } });
    session.frame({ type: 'ping', t: 1 });
    session.frame({ type: 'x', messageId: 'a' });
    session.frame({ type: 'ping', t: 2 });
    session.give({ type: 'judged', verdict: 'unauthorized' });
    expect([session.last('close').code, handled(session), pongs(session)]).toEqual([4401, [], [1]]);
  });

  it('is said after welcome for what came before it', () => {
    const session = new PlayedSession();
    session.give({ type: 'opened', hello: { client: 'c', conn: 1, cursor: undefined, token: undefined } });
    session.frame({ type: 'x', messageId: 'a' });
    session.frame({ type: 'ping', t: 1 });
    expect(pongs(session)).toEqual([]);
    session.give({ type: 'taken-over', won: true });
    session.slice();
    expect(session.frames.map(({ type }) => type)).toEqual(['welcome', 'pong']);
    expect(handled(session)).toEqual(['a']);
  });
});

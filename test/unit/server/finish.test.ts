import { describe, expect, it } from 'vitest';
import { PlayedSession } from '../../support/server-session.js';

describe('a connection that has to finish', () => {
  it('takes no more, and is closed once all that it took is answered', () => {
    const session = new PlayedSession().open();
    session.frame({ type: 'x', n: 1, messageId: 'a' });
    session.frame({ type: 'x', n: 2, messageId: 'b' });
    session.give({ type: 'finish', reason: 'deploy', patience: 1_000 });
    session.frame({ type: 'x', n: 3, messageId: 'c' });
    // Its pong would prove the third.
    session.frame({ type: 'ping', t: 1 });
    session.give({ type: 'answered', messageId: 'a', answer: {} });
    // Who is still there hears what happens meanwhile.
    session.live(1);
    expect(session.all('close')).toEqual([]);
    session.give({ type: 'answered', messageId: 'b', answer: { data: 2 } });
    expect(session.frames.slice(1)).toEqual([
      { type: 'ack', messageId: 'a' },
      { type: 'n', seq: 1 },
      { type: 'ack', messageId: 'b', data: 2 },
    ]);
    expect(session.commands.slice(-3).map((command) => command.do)).toEqual(['unfollow', 'close', 'ended']);
    expect(session.last('close')).toMatchObject({ code: 1012, reason: 'deploy' });
    expect(session.all('handle')).toHaveLength(2);
  });

  it('is closed in time, and then begins nothing that comes again elsewhere', () => {
    const session = new PlayedSession().open();
    for (const messageId of ['a', 'b']) session.frame({ type: 'x', messageId });
    session.frame({ type: 'ping', t: 1 });
    for (const messageId of ['c', 'd']) session.frame({ type: 'x', messageId });
    session.give({ type: 'finish', reason: 'deploy', patience: 1_000 });
    expect(session.nextDeadline).toBe(1_000);
    session.expire();
    expect(session.last('close')).toMatchObject({ code: 1012, reason: 'deploy' });
    // The pong has proved the second: the client may count on it.
    for (const messageId of ['a', 'b']) session.give({ type: 'answered', messageId, answer: {} });
    expect(session.all('handle').map(({ received }) => received.messageId)).toEqual(['a', 'b']);
    expect(session.all('ended')).toHaveLength(1);
    session.expire();
    expect(session.all('terminate')).toHaveLength(1);
  });

  it('is closed at once if there is nothing to finish, or no time', () => {
    const [idle, busy] = [new PlayedSession().open(), new PlayedSession().open()];
    for (const messageId of ['a', 'b', 'c']) busy.frame({ type: 'x', messageId });
    idle.give({ type: 'finish', reason: 'deploy', patience: 1_000 });
    busy.give({ type: 'finish', reason: 'deploy', patience: 0 });
    for (const session of [idle, busy]) expect(session.last('close')).toMatchObject({ code: 1012 });
    busy.give({ type: 'answered', messageId: 'a', answer: {} });
    expect([idle, busy].map((session) => [session.all('handle').length, session.all('ended').length])).toEqual([
      [0, 1],
      [1, 1],
    ]);
  });

  it('is not dropped as long as it says something', () => {
    const session = new PlayedSession({ heartbeat: 1_000 }).open();
    session.frame({ type: 'x', messageId: 'a' });
    session.give({ type: 'finish', reason: 'deploy', patience: 5_000 });
    for (let pings = 1; pings < 5; pings += 1) {
      session.expire();
      expect(session.frames.filter(({ type }) => type === 'ping')).toHaveLength(pings);
      session.frame({ type: 'pong' });
    }
    expect(session.all('terminate')).toEqual([]);
  });
});

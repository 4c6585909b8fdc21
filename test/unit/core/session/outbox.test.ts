import { describe, expect, it } from 'vitest';
import type { Command } from '../../../../src/core/io.js';
import { defaults } from '../../../../src/options.js';
import { message, openSession, pureSession } from '../../../support/session.js';
import { only, passages, queuePolicy } from '../../../support/turn.js';

const acked = queuePolicy({ ack: 'message' });

describe('createSession', () => {
  describe('proof', () => {
    it('is asked for soon after a message that a pong acks, once for many', () => {
      const client = openSession();
      for (const id of ['a', 'b']) client.send(message(id, { policy: queuePolicy({ ack: 'pong' }) }));
      client.advance(500);
      const frames = client.written();
      expect(frames).toHaveLength(3);
      const settled = only(client.frame({ type: 'pong', t: frames[2]?.t }), 'settle');
      expect(settled.map(({ entry }) => entry.id)).toEqual(['a', 'b']);
      expect(settled[0]?.ending).toEqual({ outcome: 'acked', reason: 'pong' });
    });

    it('of a pong is for what was written before its ping, and no more', () => {
      const client = openSession();
      client.send(message('a'));
      client.run({ type: 'signal', signal: 'visible' });
      client.send(message('b'));
      client.frame({ type: 'pong', t: 1 });
      const lost = only(client.drop(), 'undelivered');
      expect(lost.map(({ entry, ending }) => [entry.id, ending.outcome])).toEqual([['b', 'unknown']]);
    });

    it('is not taken over from one connection to the next', () => {
      const client = openSession({ resume: { ...defaults.resume, from: { seq: 7 } } });
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
    const client = openSession();
    for (const id of ['a', 'b']) client.send(message(id, { policy: acked }));
    const commands = [
      ...client.frame({ type: 'ack', messageId: 'a', data: 7 }),
      ...client.frame({ type: 'nack', messageId: 'b', code: 'no', message: 'why' }),
    ];
    expect(only(commands, 'settle').map(({ entry: one, ending }) => [one.id, ending])).toEqual([
      ['a', { outcome: 'acked', reason: 'ack', data: 7 }],
      ['b', { outcome: 'refused', reason: 'nack', serverCode: 'no', serverMessage: 'why' }],
    ]);
  });

  it('does not write again what has no id and may have been written before, and says why', () => {
    const client = openSession();
    const commands = client.send(message('a', { firstWrittenAt: 1 }));
    expect(only(commands, 'write')).toEqual([]);
    expect(only(commands, 'settle')).toMatchObject([{ ending: { outcome: 'unknown', reason: 'link-lost' } }]);
  });

  it('writes no more in one turn than the socket is to hold, however many calls of send that turn has', () => {
    const client = openSession();
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

  it('takes nothing over that is of somebody else', () => {
    const client = pureSession();
    client.run({ type: 'restore', entry: message('of ann'), subject: 'ann' });
    const commands = client.run({ type: 'restore', entry: message('of bob'), subject: 'bob' });
    expect(only(commands, 'settle')).toMatchObject([{ ending: { outcome: 'dropped', reason: 'subject-changed' } }]);
    client.run({ type: 'restore', entry: message('of anybody') });
    client.open();
    expect(client.written().map(({ id }) => id)).toEqual(['of ann', 'of anybody']);
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
    const client = openSession({ asksForGaps: true, resume: { ...defaults.resume, from: { seq: 42, epoch: 'e' } } });
    expect(passages(client.frame({ type: 'welcome', epoch: 'e', seq: 50 }))).toEqual(['gap:missed 42>50']);
    expect(client.frame({ type: 'm', seq: 51 })).toEqual([]);
    expect(passages(client.run({ type: 'filled', channel: undefined, cursor: { seq: 50 } }))).toEqual(['m']);
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

  it('takes no link that broke in silence for that of a healthy peer because an earlier one was', () => {
    const client = openSession();
    client.frame({ type: 'news' });
    client.send(message('a', { policy: acked }));
    expect(client.written()).toHaveLength(1);
    for (let links = 0; links < 8; links++) {
      client.drop(1006);
      while (client.status() === 'waiting') client.advance(100);
      client.run({ type: 'opened' });
      client.advance(1_000);
      expect(client.written()).toMatchObject([{ type: 'm' }]);
    }
  });
});

import { describe, expect, it } from 'vitest';
import { createChannels } from '../../../src/core/channels.js';
import type { ChannelState } from '../../../src/core/io.js';

const refusal: ChannelState = { status: 'refused', code: 'forbidden', message: 'not a member' };

describe('createChannels', () => {
  it('knows nothing of a channel that nobody wants', () => {
    const channels = createChannels();
    expect(channels.isLeft('a')).toBe(false);
    expect(channels.state('a')).toEqual({ status: 'idle' });
    expect(channels.wanted(0)).toEqual([]);
    expect(channels.answered('a', undefined)).toBe(false);
    expect(channels.refused('a', undefined, refusal, Infinity)).toBe(false);
    expect(channels.isLeft('a')).toBe(false);
    expect(channels.leave('a', false)).toBe(false);
  });

  it('goes from wanted over asked to subscribed', () => {
    const channels = createChannels();
    channels.want('a');
    expect(channels.wanted(0)).toEqual(['a']);
    expect(channels.isLeft('a')).toBe(false);
    expect(channels.state('a')).toEqual({ status: 'subscribing' });
    const ref = channels.ask('a');
    expect(channels.wanted(0)).toEqual([]);
    expect(channels.state('a')).toEqual({ status: 'subscribing' });
    expect(channels.answered('a', ref)).toBe(true);
    expect(channels.state('a')).toEqual({ status: 'subscribed' });
    expect(channels.answered('a', ref)).toBe(false);
    expect(channels.isLeft('a')).toBe(false);
  });

  it('fences late answers with a number that is new for each question', () => {
    const channels = createChannels();
    channels.want('a');
    const first = channels.ask('a');
    const second = channels.ask('a');
    expect(second).toBe(first + 1);
    expect(channels.answered('a', first)).toBe(false);
    expect(channels.refused('a', first, refusal, Infinity)).toBe(false);
    expect(channels.state('a')).toEqual({ status: 'subscribing' });
    expect(channels.answered('a', second)).toBe(true);
  });

  it('takes an answer without a number for one to the last question', () => {
    const channels = createChannels();
    channels.want('a');
    channels.ask('a');
    expect(channels.answered('a', undefined)).toBe(true);
    channels.want('b');
    channels.ask('b');
    expect(channels.refused('b', undefined, refusal, Infinity)).toBe(true);
  });

  it('tells why it was refused, and does not ask again', () => {
    const channels = createChannels();
    channels.want('a');
    expect(channels.refused('a', channels.ask('a'), refusal, Infinity)).toBe(true);
    expect(channels.state('a')).toBe(refusal);
    expect(channels.isLeft('a')).toBe(true);
    expect(channels.wanted(1e15)).toEqual([]);
    expect(channels.retryAt()).toBe(Infinity);
    channels.linkLost();
    expect(channels.wanted(1e15)).toEqual([]);
    expect(channels.state('a')).toBe(refusal);
  });

  it('can be taken away after it was there', () => {
    const channels = createChannels();
    channels.want('a');
    channels.answered('a', channels.ask('a'));
    expect(channels.refused('a', undefined, refusal, Infinity)).toBe(true);
    expect(channels.state('a')).toBe(refusal);
    expect(channels.refused('a', undefined, refusal, Infinity)).toBe(false);
  });

  it('asks again for what was refused for the time being, at the soonest time of all', () => {
    const channels = createChannels();
    for (const [name, at] of [
      ['a', 700],
      ['b', 500],
      ['c', Infinity],
    ] as const) {
      channels.want(name);
      channels.refused(name, channels.ask(name), refusal, at);
    }
    channels.want('d');
    expect(channels.retryAt()).toBe(500);
    expect(channels.wanted(499)).toEqual(['d']);
    expect(channels.wanted(500)).toEqual(['b', 'd']);
    channels.ask('b');
    expect(channels.retryAt()).toBe(700);
  });

  it('wants all again after a drop, but for what was refused for good', () => {
    const channels = createChannels();
    for (const name of ['wanted', 'asked', 'there', 'never', 'later', 'left']) channels.want(name);
    channels.ask('asked');
    for (const name of ['there', 'left']) channels.answered(name, channels.ask(name));
    channels.refused('never', channels.ask('never'), refusal, Infinity);
    channels.refused('later', channels.ask('later'), refusal, 1e12);
    channels.leave('left', true);
    channels.linkLost();
    expect(channels.wanted(0)).toEqual(['wanted', 'asked', 'there', 'later']);
    expect(channels.state('there')).toEqual({ status: 'subscribing' });
    expect(channels.isLeft('left')).toBe(false);
  });

  it.each([
    ['wanted', false, false],
    ['asked', true, true],
    ['subscribed', true, true],
    ['refused', true, false],
  ] as const)('left on a live link when %s: closed to frames: %s, the server is told: %s', (was, left, told) => {
    const channels = createChannels();
    channels.want('a');
    if (was !== 'wanted') {
      const ref = channels.ask('a');
      if (was === 'subscribed') channels.answered('a', ref);
      if (was === 'refused') channels.refused('a', ref, refusal, Infinity);
    }
    expect(channels.leave('a', true)).toBe(told);
    expect(channels.isLeft('a')).toBe(left);
    expect(channels.state('a')).toEqual({ status: 'idle' });
  });

  it('is forgotten at once when it is left while the link is down', () => {
    const channels = createChannels();
    channels.want('a');
    channels.answered('a', channels.ask('a'));
    expect(channels.leave('a', false)).toBe(false);
    expect(channels.isLeft('a')).toBe(false);
  });
});

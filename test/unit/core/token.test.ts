import { describe, expect, it } from 'vitest';
import { createToken, type Token } from '../../../src/core/token.js';
import { type FakeTurn, fakeTurn } from '../../support/turn.js';

const START = 1_000_000;
const made = (hasHook = true): { turn: FakeTurn; token: Token } => {
  const turn = fakeTurn(START);
  return { turn, token: createToken(turn, hasHook) };
};
const holding = (): { turn: FakeTurn; token: Token } => {
  const both = made();
  both.token.need();
  both.token.got('t1', Infinity, undefined);
  return both;
};

describe('createToken', () => {
  it('needs nothing without a hook', () => {
    const { token } = made(false);
    expect(token.need()).toBeUndefined();
    expect(token.value()).toBeUndefined();
    expect(token.renewAt()).toBe(Infinity);
    token.refused();
    expect(token.need()).toBeUndefined();
  });

  it('asks once at first, and lets others wait for the same answer', () => {
    const { token } = made();
    expect(token.need()).toBe('first');
    expect(token.need()).toBe('wait');
    expect(token.value()).toBeUndefined();
    token.got('t1', Infinity, undefined);
    expect(token.need()).toBeUndefined();
    expect(token.value()).toBe('t1');
    expect(token.renewAt()).toBe(Infinity);
  });

  it.each([
    [600_000, 540_000],
    [300_000, 240_000],
    [100_000, 80_000],
    [10, 8],
  ])('brings the next one in time: of %i ms after %i', (expiresIn, after) => {
    const { turn, token } = made();
    token.need();
    token.got('t1', expiresIn, undefined);
    expect(token.renewAt()).toBe(START + after);
    turn.now = START + after - 1;
    expect(token.need()).toBeUndefined();
    turn.now = START + after;
    expect(token.need()).toBe('expiring');
    expect(token.value()).toBeUndefined();
    expect(token.renewAt()).toBe(Infinity);
  });

  it('asks again with the same reason after a hook that failed', () => {
    const { token } = made();
    token.need();
    token.failed();
    expect(token.need()).toBe('first');
    token.got('t1', Infinity, undefined);
    token.failed();
    expect(token.value()).toBe('t1');
    expect(token.need()).toBeUndefined();
  });

  it('keeps the reason `expiring` after a hook that failed', () => {
    const { turn, token } = made();
    token.need();
    token.got('t1', 100, undefined);
    turn.now += 80;
    expect(token.need()).toBe('expiring');
    token.failed();
    expect(token.need()).toBe('expiring');
  });

  it('asks for another one when it was refused, and has no hope after three in a row', () => {
    const { token } = holding();
    expect(token.value()).toBe('t1');
    expect(token.refused()).toBe(true);
    expect(token.value()).toBeUndefined();
    expect(token.need()).toBe('refused');
    token.got('t2', Infinity, undefined);
    expect(token.value()).toBe('t2');
    expect(token.refused()).toBe(true);
    token.got('t3', Infinity, undefined);
    expect(token.value()).toBe('t3');
    expect(token.refused()).toBe(false);
  });

  it('does not take a refusal for that of a token which the server was not shown', () => {
    const { token } = holding();
    token.value();
    token.got('t2', Infinity, undefined);
    expect(token.refused()).toBe(true);
    expect(token.need()).toBeUndefined();
    expect(token.value()).toBe('t2');
    expect(token.refused()).toBe(true);
    expect(token.need()).toBe('refused');
  });

  it('has no hope sooner where it is told so', () => {
    const { token } = holding();
    token.value();
    expect(token.refused(2)).toBe(true);
    expect(token.refused(2)).toBe(false);
  });

  it('hopes anew after it was accepted', () => {
    const { token } = holding();
    token.value();
    token.refused();
    token.refused();
    token.accepted();
    expect(token.refused()).toBe(true);
    expect(token.refused()).toBe(true);
    expect(token.refused()).toBe(false);
  });

  it('is asked for at every third attempt in a row that never opened', () => {
    const { token } = holding();
    const needs = Array.from({ length: 7 }, () => {
      token.neverOpened();
      const need = token.need();
      if (need) token.got('t', Infinity, undefined);
      return need;
    });
    expect(needs).toEqual([
      undefined,
      undefined,
      'handshake-failed',
      undefined,
      undefined,
      'handshake-failed',
      undefined,
    ]);
  });

  it('begins that count anew when one opened', () => {
    const { token } = holding();
    token.neverOpened();
    token.neverOpened();
    token.opened();
    token.neverOpened();
    token.neverOpened();
    expect(token.need()).toBeUndefined();
    token.neverOpened();
    expect(token.need()).toBe('handshake-failed');
  });

  it('does not take the place of a question that is out, nor of its reason', () => {
    const { token } = made();
    expect(token.need()).toBe('first');
    for (let i = 0; i < 3; i++) token.neverOpened();
    expect(token.need()).toBe('wait');
  });

  it('tells when it belongs to somebody else', () => {
    const { token } = made();
    expect(token.got('t', Infinity, 'ann')).toBe(false);
    expect(token.got('t', Infinity, 'ann')).toBe(false);
    expect(token.got('t', Infinity, undefined)).toBe(false);
    expect(token.got('t', Infinity, 'bob')).toBe(true);
    expect(token.got('t', Infinity, 'bob')).toBe(false);
  });

  it('takes the first owner who is named for the owner of what came before', () => {
    const { token } = made();
    expect(token.got('t', Infinity, undefined)).toBe(false);
    expect(token.got('t', Infinity, 'ann')).toBe(false);
  });
});

import { describe, expect, it } from 'vitest';
import { Ledger } from '../../../src/cli/demo/page/ledger.js';
import { upTo } from '../../support/network.js';

function ledger(sent: number, ...arrived: number[]): Ledger {
  const made = new Ledger();
  made.sentUpTo(sent);
  for (const n of arrived) made.arrive(n);
  return made;
}

describe('Ledger', () => {
  it('calls lost what a later message has passed over, and nothing else', () => {
    expect(ledger(6, 1, 2, 5).fates).toEqual({ arrived: 3, underWay: 1, lost: 2, told: 0 });
    expect(ledger(6, 1, 2, 5).fatesOf(2, 6)).toEqual({ arrived: 1, underWay: 1, lost: 2, told: 0 });
    expect(ledger(5).fates).toEqual({ arrived: 0, underWay: 5, lost: 0, told: 0 });
  });

  it('finds a message that was only late', () => {
    const late = ledger(3, 1, 3, 2);
    expect(late.fates).toEqual({ arrived: 3, underWay: 0, lost: 0, told: 0 });
    expect(late.tally).toMatchObject({ received: 3, outOfOrder: 1, repeated: 0 });
  });

  it('counts a repeated message once', () => {
    const twice = ledger(2, 1, 1, 2);
    expect(twice.fates.arrived).toBe(2);
    expect(twice.tally).toMatchObject({ received: 3, repeated: 1 });
  });

  it('calls told what a gap spans: from the last message before it to the first one after it', () => {
    const gap = ledger(10, 1, 2, 4);
    gap.gap();
    gap.gap();
    gap.arrive(8);
    gap.arrive(10);
    expect(gap.fates).toEqual({ arrived: 5, underWay: 0, lost: 2, told: 3 });
    expect(upTo(10).map((n) => Object.entries(gap.fatesOf(n - 1, n)).find(([, count]) => count === 1)?.[0])).toEqual([
      ...['arrived', 'arrived', 'lost', 'arrived', 'told'],
      ...['told', 'told', 'arrived', 'lost', 'arrived'],
    ]);
  });

  it('does not call lost what was told as doubtful and arrived', () => {
    const doubtful = ledger(3, 1, 2);
    doubtful.undelivered(2);
    doubtful.undelivered(3);
    expect(doubtful.fates).toEqual({ arrived: 2, underWay: 1, lost: 0, told: 0 });
  });

  it('knows that a message was sent when it has arrived', () => {
    expect(ledger(1, 4).tally.sent).toBe(4);
  });
});

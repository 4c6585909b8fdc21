import { describe, expect, it } from 'vitest';
import {
  explanation,
  footnote,
  headline,
  linkMood,
  linkText,
  type Snapshot,
} from '../../../src/cli/demo/page/words.js';

const open: Snapshot['link'] = { status: 'open' };
const now = 10_000;

function snapshot(fates: Partial<Snapshot['fates']> = {}, more: Partial<Snapshot> = {}): Snapshot {
  const all = { arrived: 100, underWay: 0, lost: 0, told: 0, ...fates };
  return { link: open, silence: 0, gaps: 0, ...more, fates: all };
}

const silent = { silence: 3_000 };

const say = (naive: Snapshot, reliable: Snapshot, paused = false): string =>
  explanation({ naive, reliable }, { paused, now });

describe('the headline', () => {
  it.each([
    [snapshot(), snapshot(), 'Nothing is lost yet. Break the network, and see who loses what.'],
    [snapshot(), snapshot({}, { link: { status: 'connecting' } }), 'The link is down. Wait, and see who loses what.'],
    [
      snapshot({}, silent),
      snapshot({}, silent),
      'The link is dead, and nobody was told. Wait, and see who loses what.',
    ],
    [snapshot({}, silent), snapshot(), 'The naive client noticed nothing. ReliableSocket lost no message.'],
    [snapshot({ lost: 1 }), snapshot(), 'The naive client lost 1 message. ReliableSocket lost none.'],
    [snapshot({ lost: 1_234 }), snapshot(), 'The naive client lost 1,234 messages. ReliableSocket lost none.'],
    [
      snapshot({ lost: 9 }),
      snapshot({ told: 3 }),
      'The naive client lost 9 messages. ReliableSocket lost none in silence.',
    ],
    // It would say so.
    [snapshot(), snapshot({ lost: 2 }), 'The naive client lost nothing. ReliableSocket lost 2 messages.'],
  ])('is honest (%#)', (naive, reliable, text) => {
    expect(headline({ naive, reliable }).join(' ')).toBe(text);
  });
});

describe('the explanation', () => {
  const down: Snapshot['link'] = { status: 'waiting', retryAt: now + 1_500, attempt: 2 };

  it('names what goes on', () => {
    expect(say(snapshot(), snapshot())).toMatch(/^Both are connected/);
    expect(say(snapshot({ lost: 5 }), snapshot())).toMatch(/ReliableSocket sent it again.*has it all/);
    expect(say(snapshot(), snapshot(), true)).toMatch(/^Paused/);
    expect(say(snapshot({}, { silence: 3_000 }), snapshot())).toMatch(
      /heard nothing for 3\.0 s\. ReliableSocket noticed/,
    );
    expect(say(snapshot({}, { silence: 3_000 }), snapshot({}, { silence: 2_000 }))).toMatch(/^No byte passes/);
    expect(say(snapshot(), snapshot({ underWay: 7 }, { link: down }))).toMatch(
      /tries again in 1\.5 s\. 7 messages wait/,
    );
    expect(say(snapshot({}, { link: down }), snapshot())).toMatch(/The naive client is not back yet/);
    expect(say(snapshot({ lost: 3 }), snapshot({ told: 3 }, { gaps: 1 }))).toMatch(
      /forgot 3 messages.*in one gap event/,
    );
  });
});

describe('a card', () => {
  it('says how the link is, and what that is worth', () => {
    const of = (link: Snapshot['link'], silence = 0) => {
      const shown = snapshot({}, { link, silence });
      return [linkText(shown, now), linkMood(shown)];
    };
    expect(of(open)).toEqual(['Open', 'good']);
    expect(of(open, 4_200)).toEqual(['Open, but silent for 4.2 s', 'doubtful']);
    expect(of({ status: 'connecting' })).toEqual(['Connecting', 'down']);
    expect(of({ status: 'waiting', retryAt: now + 2_340, attempt: 3 })).toEqual(['Down, attempt 3 in 2.3 s', 'down']);
    expect(of({ status: 'waiting', retryAt: now - 5, attempt: 3 })).toEqual(['Down, attempt 3 in 0.0 s', 'down']);
    expect(of({ status: 'closed', why: 'unauthorized' })).toEqual(['Closed: unauthorized', 'down']);
  });

  it('says below its number what became of the rest', () => {
    expect(footnote('naive', snapshot())).toBe('Everything is there');
    expect(footnote('naive', snapshot({ lost: 5 }))).toBe('The application was never told');
    expect(footnote('naive', snapshot({ lost: 5, underWay: 40 }))).toBe('40 are not there yet');
    expect(footnote('reliable', snapshot({ underWay: 40 }))).toBe('40 wait for the link');
    expect(footnote('reliable', snapshot({ told: 4 }))).toBe('4 more were lost, but told');
    expect(footnote('reliable', snapshot({ lost: 1 }))).toBe('This is a bug: please report it');
  });
});

import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import type { Entry } from '../../../src/core/io.js';
import { createPoison, type Poison } from '../../../src/core/poison.js';
import { entry, type FakeTurn, fakeTurn, ids } from '../../support/turn.js';

const TOLD = 1011;
const ABRUPT = 1006;

interface Trial {
  readonly turn: FakeTurn;
  readonly poison: Poison;
  /** A link that carries all of these, but for those held back, and is ended by the peer. */
  kill(entries: readonly Entry[], code?: number): Entry | undefined;
  held(entries: readonly Entry[]): string[];
}

const trial = (): Trial => {
  const turn = fakeTurn();
  const poison = createPoison(turn);
  return {
    turn,
    poison,
    kill(entries, code = TOLD) {
      poison.linkOpened(entries);
      return poison.linkDied(
        { byHealthyPeer: true, code },
        entries.filter((one) => !poison.holds(one)),
      );
    },
    held: (entries) => ids(entries.filter((one) => poison.holds(one))),
  };
};
const died = (code = TOLD) => ({ byHealthyPeer: true, code });

describe('createPoison', () => {
  it('suspects nobody at first, and holds nothing back', () => {
    const { poison, held } = trial();
    const one = entry('a');
    poison.linkOpened([one]);
    expect(poison.trying()).toBe(false);
    poison.lived();
    expect(held([one])).toEqual([]);
  });

  it('suspects after three deaths on healthy links, and lets the next link go without the suspect', () => {
    const { poison, kill, held } = trial();
    const all = [entry('bad'), entry('good')] as const;
    kill([all[0]]);
    kill([all[0]]);
    poison.linkOpened(all);
    expect(poison.trying()).toBe(false);
    poison.linkDied(died(), [all[0]]);
    poison.linkOpened(all);
    expect(poison.trying()).toBe(true);
    expect(held(all)).toEqual(['bad']);
  });

  it.each([4401, 4403])('does not count %i, which is about the login', (code) => {
    const { poison, kill } = trial();
    const one = entry('a');
    for (let i = 0; i < 8; i++) kill([one], code);
    poison.linkOpened([one]);
    expect(poison.trying()).toBe(false);
  });

  it('sends the suspect alone once the link lives without it', () => {
    const { poison, kill, held } = trial();
    const all = [entry('bad'), entry('good')] as const;
    for (let i = 0; i < 3; i++) kill([all[0]]);
    poison.linkOpened(all);
    poison.lived();
    expect(held(all)).toEqual(['good']);
    poison.lived();
    expect(held(all)).toEqual(['good']);
  });

  it('convicts who died alone twice, each time after a link that lived without it', () => {
    const { poison, kill, held } = trial();
    const bad = entry('bad');
    for (let i = 0; i < 3; i++) expect(kill([bad])).toBeUndefined();
    poison.linkOpened([bad]);
    poison.lived();
    expect(poison.linkDied(died(), [bad])).toBeUndefined();
    poison.linkOpened([bad]);
    expect(held([bad])).toEqual(['bad']);
    poison.lived();
    expect(poison.linkDied(died(), [bad])).toBe(bad);
  });

  it('takes a death without the suspect for a word that speaks for it', () => {
    const { poison, kill } = trial();
    const bad = entry('bad');
    for (let i = 0; i < 3; i++) kill([bad]);
    const diesAlone = (): Entry | undefined => {
      poison.linkOpened([bad]);
      poison.lived();
      return poison.linkDied(died(), [bad]);
    };
    expect(diesAlone()).toBeUndefined();
    poison.linkOpened([bad]);
    poison.linkDied(died(), []);
    expect(diesAlone()).toBeUndefined();
    expect(diesAlone()).toBeUndefined();
    expect(diesAlone()).toBe(bad);
  });

  it('counts no death that the network caused', () => {
    const { poison } = trial();
    const one = entry('a');
    for (let i = 0; i < 20; i++) {
      poison.linkOpened([one]);
      expect(poison.linkDied({ byHealthyPeer: false, code: ABRUPT }, [one])).toBeUndefined();
    }
    poison.linkOpened([one]);
    expect(poison.trying()).toBe(false);
  });

  it('goes on holding its suspect back after a link that the network ended', () => {
    const { poison, kill, held } = trial();
    const bad = entry('bad');
    for (let i = 0; i < 3; i++) kill([bad]);
    poison.linkOpened([bad]);
    poison.lived();
    poison.linkDied({ byHealthyPeer: false, code: ABRUPT }, [bad]);
    poison.linkOpened([bad]);
    expect(held([bad])).toEqual(['bad']);
  });

  it('leaves out one more each time that a link dies all the same, the oldest first', () => {
    const { poison, kill, held } = trial();
    const all = ['a', 'b', 'c', 'd'].map((id) => entry(id));
    for (let i = 0; i < 3; i++) kill(all);
    const seen: string[][] = [];
    for (let i = 0; i < 4; i++) {
      poison.linkOpened(all);
      seen.push(held(all));
      poison.linkDied(
        died(),
        all.filter((one) => !poison.holds(one)),
      );
    }
    expect(seen).toEqual([['a'], ['a', 'b'], ['a', 'b', 'c'], ['a', 'b', 'c', 'd']]);
  });

  it('leaves out nobody more after a link that died with one alone', () => {
    const { poison, kill, held } = trial();
    const all = ['a', 'b', 'c'].map((id) => entry(id)) as [Entry, Entry, Entry];
    for (let i = 0; i < 3; i++) kill(all);
    poison.linkOpened(all);
    poison.lived();
    poison.linkDied(died(), [all[0]]);
    poison.linkOpened(all);
    expect(held(all)).toEqual(['a']);
  });

  it('leaves out nobody more after a link that the network ended', () => {
    const { poison, kill, held } = trial();
    const all = ['a', 'b'].map((id) => entry(id));
    for (let i = 0; i < 3; i++) kill(all);
    poison.linkOpened(all);
    poison.linkDied({ byHealthyPeer: false, code: ABRUPT }, []);
    poison.linkOpened(all);
    expect(held(all)).toEqual(['a']);
  });

  it('sends them alone one by one: when one was received the next has its turn, then all the others go', () => {
    const { poison, kill, held } = trial();
    const all = ['a', 'b', 'c'].map((id) => entry(id)) as [Entry, Entry, Entry];
    for (let i = 0; i < 3; i++) kill(all);
    kill(all);
    poison.linkOpened(all);
    expect(held(all)).toEqual(['a', 'b']);
    poison.lived();
    expect(held(all)).toEqual(['b', 'c']);
    poison.cleared(all[0]);
    expect(held([all[1], all[2]])).toEqual(['c']);
    expect(poison.trying()).toBe(true);
    poison.cleared(all[1]);
    expect(held([all[2]])).toEqual([]);
    expect(poison.trying()).toBe(false);
  });

  it('leaves the one that is alone where it is when another one is cleared', () => {
    const { poison, kill, held } = trial();
    const all = ['a', 'b', 'c'].map((id) => entry(id)) as [Entry, Entry, Entry];
    for (let i = 0; i < 4; i++) kill(all);
    poison.linkOpened(all);
    poison.lived();
    poison.cleared(all[1]);
    expect(held(all)).toEqual(['b', 'c']);
  });

  it('does not send a suspect because another message was received', () => {
    const { poison, kill, held } = trial();
    const all = [entry('bad'), entry('good')] as const;
    for (let i = 0; i < 3; i++) kill([all[0]]);
    poison.linkOpened(all);
    poison.cleared(all[1]);
    expect(held(all)).toEqual(['bad']);
  });

  it('does not send a suspect because another one that links have died with was received', () => {
    const { poison, kill, held } = trial();
    const all = [entry('bad'), entry('good')] as const;
    kill([all[0]]);
    for (let i = 0; i < 2; i++) kill(all);
    poison.linkOpened(all);
    poison.cleared(all[1]);
    expect(held(all)).toEqual(['bad']);
    poison.lived();
    expect(held(all)).toEqual(['good']);
  });

  it('blames the one that is alone, not what was written on that link before', () => {
    const { poison, kill } = trial();
    const [bad, good] = [entry('bad'), entry('good')];
    for (let i = 0; i < 3; i++) kill([bad, good]);
    const verdicts = [1, 2].map(() => {
      poison.linkOpened([bad, good]);
      poison.lived();
      return poison.linkDied(died(), [good, bad]);
    });
    expect(verdicts).toEqual([undefined, bad]);
  });

  it('begins from nothing with who was cleared', () => {
    const { poison, kill } = trial();
    const bad = entry('bad');
    for (let i = 0; i < 3; i++) kill([bad]);
    poison.cleared(bad);
    for (let i = 0; i < 2; i++) kill([bad]);
    poison.linkOpened([bad]);
    expect(poison.trying()).toBe(false);
  });

  it('tries only who is still there, and takes nobody twice', () => {
    const { poison, kill, held } = trial();
    const bad = entry('bad');
    for (let i = 0; i < 3; i++) kill([bad]);
    poison.linkOpened([]);
    expect(poison.trying()).toBe(false);
    kill([bad]);
    poison.linkOpened([bad]);
    expect(held([bad])).toEqual(['bad']);
  });

  it('takes the largest first after a close for size', () => {
    for (const [code, first] of [
      [1009, 'l'],
      [TOLD, 's'],
    ] as const) {
      const all = [entry('s', { bytes: 5 }), entry('l', { bytes: 50 }), entry('m', { bytes: 20 })];
      const { poison, kill, held } = trial();
      for (let i = 0; i < 2; i++) kill(all);
      kill(all, code);
      poison.linkOpened(all);
      expect(held(all)).toEqual([first]);
    }
  });

  it('takes the largest first also where the network ended a link since', () => {
    const { poison, kill, held } = trial();
    const all = [entry('small', { bytes: 10 }), entry('large', { bytes: 20 })];
    for (let i = 0; i < 3; i++) kill(all, 1009);
    poison.linkDied({ byHealthyPeer: false, code: 1006 }, []);
    poison.linkOpened(all);
    expect(held(all)).toEqual(['large']);
  });

  it('takes the older one of two that are as large', () => {
    const { poison, kill, held } = trial();
    const all = [entry('a', { bytes: 50 }), entry('b', { bytes: 50 })];
    for (let i = 0; i < 3; i++) kill(all, 1009);
    poison.linkOpened(all);
    expect(held(all)).toEqual(['a']);
  });

  describe('where links die of anything', () => {
    /** It is sent alone after 8 s without it, and the link dies so many ms later. */
    const diesAlone = ({ turn, poison }: Trial, bad: Entry, after: number): Entry | undefined => {
      poison.linkOpened([bad]);
      turn.now += 8_000;
      poison.lived();
      turn.now += after;
      return poison.linkDied(died(ABRUPT), [bad]);
    };
    const suspected = (): { readonly one: Trial; readonly bad: Entry } => {
      const one = trial();
      const bad = entry('bad');
      for (let i = 0; i < 3; i++) one.kill([bad]);
      return { one, bad };
    };

    it('asks for one time more for each link that died without it', () => {
      for (const alibis of [0, 1, 2]) {
        const { one, bad } = suspected();
        for (let i = 0; i < alibis; i++) {
          one.poison.linkOpened([bad]);
          one.poison.linkDied(died(ABRUPT), []);
        }
        for (let i = 0; i < 1 + alibis; i++) expect(diesAlone(one, bad, 10)).toBeUndefined();
        expect(diesAlone(one, bad, 10)).toBe(bad);
      }
    });

    it('blames only who kills in a sixteenth of the time that the link had lived', () => {
      const quick = suspected();
      expect(diesAlone(quick.one, quick.bad, 500)).toBeUndefined();
      expect(diesAlone(quick.one, quick.bad, 500)).toBe(quick.bad);
      const slow = suspected();
      for (let i = 0; i < 20; i++) expect(diesAlone(slow.one, slow.bad, 501)).toBeUndefined();
    });

    it('takes a death that came later for a word that speaks for it', () => {
      const { one, bad } = suspected();
      expect(diesAlone(one, bad, 10)).toBeUndefined();
      expect(diesAlone(one, bad, 5_000)).toBeUndefined();
      expect(diesAlone(one, bad, 10)).toBeUndefined();
      expect(diesAlone(one, bad, 10)).toBeUndefined();
      expect(diesAlone(one, bad, 10)).toBe(bad);
    });

    it('measures from the first word that the link lives', () => {
      const { one, bad } = suspected();
      for (let i = 0; i < 5; i++) {
        one.poison.linkOpened([bad]);
        one.turn.now += 8_000;
        one.poison.lived();
        one.turn.now += 501;
        one.poison.lived();
        expect(one.poison.linkDied(died(ABRUPT), [bad])).toBeUndefined();
      }
    });

    it('measures from the open of this very link', () => {
      const { one, bad } = suspected();
      one.turn.now += 3_600_000;
      for (let i = 0; i < 5; i++) expect(diesAlone(one, bad, 501)).toBeUndefined();
    });
  });

  // Kills: a conviction of one that did not die alone, a suspect that is never sent alone, `held` that is forgotten.
  test.prop([fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 60, size: 'max' }), fc.nat(3)])(
    'finds the killer and nobody else where only that one kills',
    (noise, which) => {
      const { turn, poison } = trial();
      const all = ['a', 'b', 'c', 'd'].map((id) => entry(id));
      const killer = all[which] as Entry;
      let waiting: Entry[] = all;
      let convicted: Entry | undefined;
      for (let link = 0; link < 200 && !convicted; link++) {
        poison.linkOpened(waiting);
        const received = noise[link % Math.max(1, noise.length)] ?? 3;
        for (let round = 0; round < 3 && !convicted; round++) {
          turn.now += 10;
          const written = waiting.filter((one) => !poison.holds(one));
          if (written.includes(killer)) {
            convicted = poison.linkDied(died(), written);
            break;
          }
          turn.now += 5_000;
          // Without the killer the link lives, and some of the others are received.
          for (const one of written.slice(0, received)) {
            poison.cleared(one);
            waiting = waiting.filter((other) => other !== one);
          }
          poison.lived();
        }
      }
      expect(convicted).toBe(killer);
    },
  );
});

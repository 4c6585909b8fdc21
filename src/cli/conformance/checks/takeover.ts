import type { Check } from '../check.js';

/** They belong to resume: a client that comes back must not meet itself. */
export const takeover: readonly Check[] = [
  {
    name: 'takeover',
    level: 'full',
    section: '7.3',
    rule: 'A higher `conn` of the same client takes over: it stays, and the older connection is closed.',
    needs: ['takeover'],
    async run(kit) {
      const client = kit.name();
      const old = await kit.enter('older', { client, conn: 1 });
      const stranger = await kit.enter('stranger', { conn: 1 });
      const next = await kit.enter('newer', { client, conn: 2 });
      await old.ended();
      await kit.calm();
      next.expect('that the newer one stays', next.isOpen, next.ending);
      stranger.expect('that other clients stay', stranger.isOpen, stranger.ending);
    },
  },
  {
    name: 'lower-conn',
    level: 'full',
    section: '7.3',
    rule: 'A lower `conn` is a late arrival: it is closed, and the newer connection stays.',
    needs: ['takeover'],
    async run(kit) {
      const client = kit.name();
      const newer = await kit.enter('newer', { client, conn: 5 });
      const late = await kit.connect('late', { client, conn: 4 });
      await late.ended();
      newer.expect('that the newer one stays', newer.isOpen, newer.ending);
    },
  },
  {
    name: 'takeover-proved',
    level: 'full',
    section: '7.3',
    rule: 'What a pong has proved on the older connection takes effect, also if it was not begun.',
    needs: ['takeover', 'app', 'pong'],
    async run(kit) {
      const client = kit.name();
      const { observer, sender } = await kit.pair({ client, conn: 1 });
      // Who handles one after another has not begun the second when the newer one comes.
      const texts = kit.say(sender, 2, { type: 'test:slow' });
      await sender.settle();
      await kit.enter('newer', { client, conn: 2 });
      await observer.hears(texts);
    },
  },
  {
    name: 'takeover-waits',
    level: 'full',
    section: '7.3',
    rule: 'What the older connection has begun comes to its end before the newer one is let in.',
    needs: ['takeover', 'app', 'place', 'pong'],
    async run(kit) {
      const client = kit.name();
      const { observer, sender } = await kit.pair({ client, conn: 1 });
      const texts = kit.say(sender, 1, { type: 'test:slow' });
      // Not by its pong: a server may handle frames one after another.
      await kit.pause(kit.timeout / 20);
      await kit.enter('newer', { client, conn: 2 });
      // The two connections are two ways: what was written before may be read a little later.
      await observer.within(kit.timeout / 20, () => observer.heard(texts)[0]);
      observer.expect('the message that was begun before that', observer.heard(texts).length === 1);
    },
  },
];

import { type CheckGroup, NotOffered } from '../check.js';
import type { Client } from '../client.js';
import { after, type Kit, numbered, type Published } from '../kit.js';
import { takeover } from './takeover.js';

export const resume: CheckGroup = {
  group: 'resume',
  checks: [
    {
      name: 'numbers',
      level: 'seed',
      section: '5.2',
      rule: 'The numbers of a stream are safe integers of at least 1 that grow strictly.',
      needs: ['app', 'seq'],
      async run(kit) {
        const client = await kit.enter('client');
        let last = 0;
        for (const { seq } of await client.hears(kit.say(client, 5))) {
          const isNumber = Number.isSafeInteger(seq) && Number(seq) > last;
          client.expect(`a safe integer above ${last}`, isNumber, seq);
          last = Number(seq);
        }
      },
    },
    {
      name: 'same-numbers',
      level: 'seed',
      section: '5.2',
      rule: 'All clients see the same numbers for the same messages.',
      needs: ['app', 'seq'],
      async run(kit) {
        const [sender, other] = [await kit.enter('sender'), await kit.enter('other')];
        const published = await kit.publish(sender, 3);
        await hearsExactly(other, published, published);
      },
    },
    {
      name: 'replay',
      level: 'seed',
      section: '5.3',
      rule: 'Who comes with `lastSeq` gets each newer message once, in number order, with the number that it had.',
      needs: ['app', 'seq'],
      async run(kit) {
        const sender = await kit.enter('sender');
        const published = await kit.publish(sender, 4);
        const [first, ...rest] = published;
        await expectHistory(kit, sender, published);
        const back = await kit.enter('back', after(first, sender.place));
        await hearsReplay(kit, back, published, rest);
      },
    },
    {
      name: 'from-now',
      level: 'seed',
      section: '5.3',
      rule: 'Who comes without `lastSeq` gets what comes from now on, and nothing older.',
      needs: ['app', 'seq'],
      async run(kit) {
        const sender = await kit.enter('sender');
        const old = await kit.publish(sender, 2);
        const fresh = await kit.enter('fresh');
        const next = await kit.publish(sender, 1);
        await hearsExactly(fresh, [...old, ...next], next);
      },
    },
    {
      name: 'from-zero',
      level: 'seed',
      section: '5.3',
      rule: '`lastSeq=0` wants all there is.',
      needs: ['app', 'seq'],
      async run(kit) {
        const sender = await kit.enter('sender');
        const published = await kit.publish(sender, 3);
        await expectHistory(kit, sender, published);
        const back = await kit.enter('from zero', { lastSeq: 0 });
        await hearsReplay(kit, back, published, published);
      },
    },
    {
      name: 'not-consumed',
      level: 'seed',
      section: '7.3',
      rule: 'Resuming uses nothing up: the same `lastSeq` gets the same replay again.',
      needs: ['app', 'seq'],
      async run(kit) {
        const sender = await kit.enter('sender');
        const published = await kit.publish(sender, 3);
        const [first, ...rest] = published;
        await expectHistory(kit, sender, published);
        const client = kit.name();
        for (const conn of [2, 3]) {
          const asked = { ...after(first, sender.place), client, conn };
          const back = await kit.enter(`attempt ${conn}`, asked);
          await hearsReplay(kit, back, published, rest);
          back.cut();
        }
      },
    },
    {
      name: 'replay-first',
      level: 'seed',
      section: '7.2',
      rule: 'No live message goes out before the replay is complete, and none is left out or repeated in between.',
      needs: ['app', 'seq'],
      async run(kit) {
        const sender = await kit.enter('sender');
        const [first] = await kit.publish(sender, 20);
        const texts: string[] = [];
        const backs: Client[] = [];
        for (let round = 0; round < 30; round += 1) {
          texts.push(...kit.say(sender, 2));
          if (round % 10 === 3) backs.push(await kit.connect(`back ${backs.length + 1}`, after(first, sender.place)));
          await kit.pause(1);
        }
        const all = (await sender.hears(texts)).map(numbered);
        for (const back of backs) await hearsExactly(back, all, all);
      },
    },
    {
      name: 'replay-before-pong',
      level: 'extra',
      section: '6.2',
      rule: 'A server without an epoch writes its replay before it answers the first ping.',
      needs: ['app', 'seq', 'pong'],
      async run(kit) {
        if (kit.offers.has('epoch')) throw new NotOffered('the server names an epoch, so that the rule is not for it');
        const sender = await kit.enter('sender');
        const [first, ...rest] = await kit.publish(sender, 3);
        const back = await kit.connect('back', { lastSeq: first.seq });
        await back.settle();
        const heard = back.frames
          .slice(
            0,
            back.frames.findIndex(({ type }) => type === 'pong'),
          )
          .map(numbered);
        back.expect(
          'the replay before the pong',
          rest.every(({ seq }) => heard.some((one) => one.seq === seq)),
          heard,
        );
      },
    },
    {
      name: 'odd-last-seq',
      level: 'full',
      section: '8',
      rule: 'A `lastSeq` that is no safe integer does no harm.',
      needs: ['app', 'seq'],
      async run(kit) {
        const sender = await kit.enter('sender');
        for (const lastSeq of ['abc', '', '-1', '1.5', '1e99', '9007199254740993']) {
          const odd = await kit.enter(`lastSeq=${lastSeq}`, { lastSeq });
          const seq = odd.place?.seq;
          const isFine = seq === undefined || (Number.isSafeInteger(seq) && Number(seq) >= 0);
          odd.expect('a seq that is a safe integer, if there is one', isFine, odd.place);
          await odd.hears(kit.say(sender, 1));
          odd.cut();
        }
      },
    },
    {
      name: 'told-history',
      level: 'full',
      section: '7.2',
      rule: 'What the history does not hold any more is told by `welcome.seq`, `subscribed.seq` or `reset`, never passed over.',
      needs: ['app', 'seq', 'place'],
      async run(kit) {
        const sender = await kit.enter('sender');
        const [first, ...lost] = await kit.publish(sender, 3);
        await kit.command(sender, 'test:forget');
        const next = await kit.publish(sender, 1);
        const back = await kit.enter('back', after(first, sender.place));
        await back.hears(next.map(({ text }) => text));
        const isHeld = back.heard(lost.map(({ text }) => text)).length > 0;
        if (isHeld) throw new NotOffered('the history still holds everything');
        const from = back.all('reset').at(-1) ?? back.place;
        const isTold = Number(from?.seq) >= Number(lost.at(-1)?.seq) && Number(from?.seq) < Number(next[0]?.seq);
        back.expect(`that it goes on from ${lost.at(-1)?.seq}`, isTold, from);
      },
    },
    ...takeover,
  ],
};

/** Waits until what is wanted was heard, and looks that it is that alone, in this order, of all that was published. */
export async function hearsExactly(
  client: Client,
  published: readonly Published[],
  wanted: readonly Published[],
  channel?: string,
): Promise<void> {
  await client.hears(
    wanted.map(({ text }) => text),
    channel,
  );
  const heard = client
    .heard(
      published.map(({ text }) => text),
      channel,
    )
    .map(numbered);
  const isSame =
    heard.length === wanted.length &&
    heard.every(({ seq, text }, at) => seq === wanted[at]?.seq && text === wanted[at]?.text);
  const numbers = (list: readonly Published[]): string => list.map(({ seq }) => seq).join(', ');
  client.expect(`exactly the numbers ${numbers(wanted)}, in this order`, isSame, numbers(heard));
}

/** As `hearsExactly`, and nothing more after a while. */
export async function hearsReplay(
  kit: Kit,
  client: Client,
  published: readonly Published[],
  wanted: readonly Published[],
  channel?: string,
): Promise<void> {
  await client.hears(
    wanted.map(({ text }) => text),
    channel,
  );
  await kit.calm(client);
  await hearsExactly(client, published, wanted, channel);
}

/** A server that says at once that it holds nothing offers no replay, and has told it. */
async function expectHistory(kit: Kit, sender: Client, [first, next]: readonly Published[]): Promise<void> {
  if (first === undefined) return;
  const probe = await kit.enter('probe', after(first, sender.place));
  const from = Number(probe.place?.seq);
  probe.cut();
  if (from > Number(next?.seq)) throw new NotOffered(`${probe.place?.type} says that the history begins after ${from}`);
}

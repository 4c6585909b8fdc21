import { type Check, NotOffered } from '../check.js';
import type { Client, Frame } from '../client.js';
import { after, type Kit, numbered } from '../kit.js';
import { isCount, isText } from './fields.js';
import { hearsExactly, hearsReplay } from './resume.js';

const needs: Check['needs'] = ['channels', 'app', 'channel seq'];

/** Each channel is a stream with a cursor of its own. */
export const streams: readonly Check[] = [
  {
    name: 'own-numbers',
    level: 'full',
    section: '5.6',
    rule: 'The messages of a channel have numbers of their own that grow strictly, the same for everybody.',
    needs,
    async run(kit) {
      const { sender, channel } = await member(kit);
      const other = await kit.enter('other');
      await kit.subscribe(other, channel);
      const published = await kit.publish(sender, 3, channel);
      const grow = published.every(({ seq }, at) => seq >= 1 && seq > (published[at - 1]?.seq ?? 0));
      sender.expect('numbers that grow from 1 on', grow, published);
      await hearsExactly(other, published, published, channel);
    },
  },
  {
    name: 'channel-replay',
    level: 'full',
    section: '5.6',
    rule: 'Who subscribes with `lastSeq` gets each newer message of the channel once and in order.',
    needs,
    async run(kit) {
      const { sender, channel, head } = await member(kit);
      const published = await kit.publish(sender, 4, channel);
      const [first, ...rest] = published;
      const back = await kit.enter('back');
      await kit.subscribe(back, channel, after(first, head));
      await hearsReplay(kit, back, published, rest, channel);
    },
  },
  {
    name: 'subscribed-first',
    level: 'full',
    section: '6.1',
    rule: '`subscribed` comes before the replay.',
    needs,
    async run(kit) {
      const { sender, channel, head } = await member(kit);
      const [first, ...rest] = await kit.publish(sender, 3, channel);
      const back = await kit.enter('back');
      await kit.subscribe(back, channel, after(first, head));
      await back.hears(
        rest.map(({ text }) => text),
        channel,
      );
      const opening = back.frames.find((frame) => frame.channel === channel);
      back.expect('subscribed before all other frames of the channel', opening?.type === 'subscribed', opening);
    },
  },
  {
    name: 'channel-continue',
    level: 'full',
    section: '5.6',
    rule: 'A server that replays a channel after N says N in `subscribed`.',
    needs,
    async run(kit) {
      const { sender, channel, head } = await member(kit);
      const [first] = await kit.publish(sender, 3, channel);
      const back = await kit.enter('back');
      const subscribed = await kit.subscribe(back, channel, after(first, head));
      const isRight = subscribed.seq === undefined || subscribed.seq === first?.seq;
      back.expect(`subscribed with the seq ${first?.seq}, or none`, isRight, subscribed);
    },
  },
  {
    name: 'channel-head',
    level: 'full',
    section: '5.6',
    rule: 'Who subscribes without `lastSeq` gets the head of the channel as `subscribed.seq`.',
    needs,
    async run(kit) {
      const { sender, channel } = await member(kit);
      const head = (await kit.publish(sender, 2, channel)).at(-1)?.seq;
      const fresh = await kit.enter('fresh');
      const subscribed = await kit.subscribe(fresh, channel);
      const isRight = subscribed.seq === undefined || subscribed.seq === head;
      fresh.expect(`subscribed with the seq ${head}, or none`, isRight, subscribed);
    },
  },
  {
    name: 'channel-from-now',
    level: 'full',
    section: '5.6',
    rule: 'Who subscribes without `lastSeq` gets nothing older.',
    needs,
    async run(kit) {
      const { sender, channel } = await member(kit);
      const old = await kit.publish(sender, 2, channel);
      const fresh = await kit.enter('fresh');
      await kit.subscribe(fresh, channel);
      const next = await kit.publish(sender, 1, channel);
      await hearsExactly(fresh, [...old, ...next], next, channel);
    },
  },
  {
    name: 'channel-replay-first',
    level: 'full',
    section: '7.2',
    rule: 'No live message of a channel goes out before its replay is complete, and none is left out or repeated.',
    needs,
    async run(kit) {
      const { sender, channel, head } = await member(kit);
      const [first] = await kit.publish(sender, 20, channel);
      const said: string[] = [];
      const backs: Client[] = [await kit.enter('back 1'), await kit.enter('back 2'), await kit.enter('back 3')];
      for (let round = 0; round < 30; round += 1) {
        said.push(...kit.say(sender, 2, { channel }));
        const back = round % 10 === 3 ? backs[Math.floor(round / 10)] : undefined;
        back?.send({ type: 'subscribe', channel, ref: 1, ...after(first, head) });
        await kit.pause(1);
      }
      const all = (await sender.hears(said, channel)).map(numbered);
      for (const back of backs) await hearsExactly(back, all, all, channel);
    },
  },
  {
    name: 'channel-other-epoch',
    level: 'full',
    section: '7.2',
    rule: 'Under another epoch the `lastSeq` of a channel means nothing.',
    needs,
    async run(kit) {
      const { sender, channel, head } = await member(kit);
      const published = await kit.publish(sender, 3, channel);
      const last = Number(published.at(-1)?.seq);
      const current = epochOf(head);
      const foreign = await kit.enter('foreign');
      const subscribed = await kit.subscribe(foreign, channel, {
        lastSeq: Number(published[1]?.seq),
        epoch: kit.name(),
      });
      foreign.expect('the epoch of the server', subscribed.epoch === current, subscribed);
      // All of this channel was said here, so its oldest message is the first one.
      const from = Number(subscribed.seq);
      const isRight = from < Number(published[0]?.seq) || from === last;
      foreign.expect(`a seq below ${published[0]?.seq}, or ${last}`, isRight, subscribed);
      const wanted = published.filter(({ seq }) => seq > from);
      await hearsExactly(foreign, published, wanted, channel);
    },
  },
  {
    name: 'channel-above-head',
    level: 'full',
    section: '7.2',
    rule: 'A client that names the current epoch of a channel with a `lastSeq` above its head is told a new epoch.',
    needs,
    async run(kit) {
      const { sender, channel, head } = await member(kit);
      const [last] = await kit.publish(sender, 1, channel);
      const current = epochOf(head);
      const ahead = await kit.enter('ahead');
      const lastSeq = Number(last?.seq) + 1_000;
      const subscribed = await kit.subscribe(ahead, channel, { lastSeq, epoch: current });
      const { epoch, seq } = subscribed;
      ahead.expect(`another epoch than ${current}`, typeof epoch === 'string' && epoch !== current, subscribed);
      ahead.expect('a seq of the numbering that there is', Number(seq) <= Number(last?.seq), subscribed);
      await ahead.hears(kit.say(sender, 1, { channel }), channel);
    },
  },
  {
    name: 'channel-reset',
    level: 'extra',
    section: '5.7',
    rule: '`reset` of a channel names it with `seq` and `reason`, and no other stream is touched by it.',
    needs: [...needs, 'seq'],
    async run(kit) {
      const { sender: client, channel: other, head } = await member(kit);
      const [first, ...rest] = await kit.publish(client, 2, other);
      const [last] = await kit.publish(client, 1);
      const channel = kit.name();
      // Nobody has used it, so this is above its head; without an epoch the server can only say `reset`.
      await kit.subscribe(client, channel, { lastSeq: 1_000 });
      await kit.calm(client);
      if (client.all('reset').length === 0) throw new NotOffered('no reset came');
      for (const reset of client.all('reset')) {
        const isRight = reset.channel === channel && isCount(reset.seq) && isText(reset.reason);
        client.expect(`reset of the channel ${channel}, with seq and reason`, isRight, reset);
      }
      const [next] = await kit.publish(client, 1);
      client.expect(`a number above ${last.seq} on the default stream`, next.seq > last.seq, next);
      rest.push(...(await kit.publish(client, 1, other)));
      const back = await kit.enter('back');
      await kit.subscribe(back, other, after(first, head));
      await hearsReplay(kit, client, [first, ...rest], [first, ...rest], other);
      await hearsReplay(kit, back, [first, ...rest], rest, other);
      const grow = rest.every(({ seq }, at) => seq > (rest[at - 1] ?? first).seq);
      client.expect(`numbers that grow on the channel ${other}`, grow, rest);
    },
  },
];

/** The epoch of a channel, if the server names one. */
function epochOf({ epoch }: Frame): string {
  if (typeof epoch !== 'string') throw new NotOffered('subscribed names no epoch');
  return epoch;
}

/** One client who follows a channel that nobody has used before. */
async function member(kit: Kit): Promise<{ sender: Client; channel: string; head: Frame }> {
  const sender = await kit.enter('sender');
  const channel = kit.name();
  return { sender, channel, head: await kit.subscribe(sender, channel) };
}

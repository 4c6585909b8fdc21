import { type Check, type CheckGroup, NotOffered } from '../check.js';
import type { Client, Frame } from '../client.js';
import { after } from '../kit.js';
import { beginningOf } from '../target.js';
import { expectFields, expectReasons, STREAM_FIELDS } from './fields.js';
import { streams } from './streams.js';

/** The channel that the test app gives to nobody. */
const FORBIDDEN = 'forbidden';

const subscribing: readonly Check[] = [
  {
    name: 'ref',
    level: 'full',
    section: '5.6',
    rule: '`subscribed` names the channel and copies the `ref` of its `subscribe`.',
    needs: ['channels'],
    async run(kit) {
      const client = await kit.enter('client');
      const channel = kit.name();
      client.send({ type: 'subscribe', channel, ref: 4711 });
      const answer = await client.wait('a subscribed', () => client.subscriptions[0]);
      client.expect(`ref 4711 of ${channel}`, answer.ref === 4711 && answer.channel === channel, answer);
    },
  },
  {
    name: 'one-answer',
    level: 'full',
    section: '5.6',
    rule: 'Each of many `subscribe` frames in one go gets exactly one answer.',
    needs: ['channels'],
    async run(kit) {
      const client = await kit.enter('client');
      const channels = Array.from({ length: 20 }, () => kit.name());
      for (const [at, channel] of channels.entries()) client.send({ type: 'subscribe', channel, ref: at + 1 });
      await client.wait(`${channels.length} answers`, () => client.subscriptions[channels.length - 1]);
      await kit.calm(client);
      for (const channel of channels) {
        const answers = answersOf(client, channel);
        client.expect(`one answer for ${channel}`, answers.length === 1, answers);
      }
    },
  },
  {
    name: 'subscribed-fields',
    level: 'full',
    section: '5.6',
    rule: 'The fields of `subscribed` have the types of the table.',
    needs: ['channels'],
    async run(kit) {
      const client = await kit.enter('client');
      expectFields(client, await kit.subscribe(client, kit.name()), STREAM_FIELDS);
    },
  },
  {
    name: 'only-who-asked',
    level: 'full',
    section: '5.6',
    rule: 'Nobody gets frames of a channel that he did not ask for.',
    needs: ['channels', 'app'],
    async run(kit) {
      const [member, guest] = [await kit.enter('member'), await kit.enter('guest')];
      const channel = kit.name();
      await kit.subscribe(member, channel);
      await kit.subscribe(guest, kit.name());
      const texts = kit.say(member, 2, { channel });
      await member.hears(texts, channel);
      await kit.calm(guest);
      const strange = guest.frames.filter(({ text }) => texts.includes(String(text)));
      guest.expect('nothing of that channel', strange.length === 0, strange);
    },
  },
  {
    name: 'unsubscribe',
    level: 'full',
    section: '5.6',
    rule: 'After `unsubscribe`, which is not answered, no more of the channel comes.',
    needs: ['channels', 'app'],
    async run(kit) {
      const [member, leaver] = [await kit.enter('member'), await kit.enter('leaver')];
      const channel = kit.name();
      await kit.subscribe(member, channel);
      await kit.subscribe(leaver, channel);
      leaver.send({ type: 'unsubscribe', channel });
      await kit.calm(leaver);
      const texts = kit.say(member, 2, { channel });
      await member.hears(texts, channel);
      await kit.calm(leaver);
      leaver.expect('no more of that channel', leaver.heard(texts, channel).length === 0, leaver.heard(texts, channel));
      leaver.expect('no answer', leaver.all('unsubscribed').length === 0, leaver.all('unsubscribed'));
    },
  },
  {
    name: 'subscribe-again',
    level: 'full',
    section: '5.6',
    rule: 'A second `subscribe` of a channel replaces the first: messages come once.',
    needs: ['channels', 'app'],
    async run(kit) {
      const client = await kit.enter('client');
      const channel = kit.name();
      await kit.subscribe(client, channel);
      await kit.subscribe(client, channel);
      const texts = kit.say(client, 2, { channel });
      await client.hears(texts, channel);
      await kit.calm(client);
      const heard = client.heard(texts, channel);
      client.expect('each message once', heard.length === texts.length, heard);
    },
  },
  {
    name: 'names',
    level: 'full',
    section: '5.6',
    rule: 'Each name is a channel of its own, also one that a language knows for something else.',
    needs: ['channels', 'app'],
    async run(kit) {
      const client = await kit.enter('client');
      for (const channel of ['__proto__', 'constructor', 'a/b c', 'ünï 🎈']) {
        await kit.subscribe(client, channel);
        await client.hears(kit.say(client, 1, { channel }), channel);
      }
    },
  },
  {
    name: 'refused',
    level: 'full',
    section: '5.6',
    rule: 'A channel that is refused is answered with `unsubscribed { channel, ref, code, message }`.',
    needs: ['channels'],
    async run(kit) {
      const client = await kit.enter('client');
      client.send({ type: 'subscribe', channel: FORBIDDEN, ref: 12 });
      const answer = await client.wait('an answer', () => answersOf(client, FORBIDDEN)[0]);
      if (answer.type === 'subscribed')
        throw new NotOffered(`the test app gives the channel ${FORBIDDEN} to everybody`);
      client.expect('ref 12', answer.ref === 12, answer);
      expectReasons(client, answer);
    },
  },
  {
    name: 'revoked',
    level: 'extra',
    section: '5.6',
    rule: 'A channel that is taken away is told with `unsubscribed { channel, code, message }`, and then ends.',
    needs: ['channels', 'app'],
    async run(kit) {
      const client = await kit.enter('client');
      const channel = kit.name();
      await kit.subscribe(client, channel);
      await kit.command(client, 'test:revoke', channel);
      const answer = await client.frame('unsubscribed');
      client.expect(`the channel ${channel}`, answer.channel === channel, answer);
      expectReasons(client, answer);
      const texts = kit.say(client, 1, { channel });
      await kit.calm(client);
      client.expect('no more of that channel', client.heard(texts, channel).length === 0, client.heard(texts, channel));
    },
  },
  {
    name: 'default-stream',
    level: 'extra',
    section: '5.6',
    rule: 'A `subscribe` without a channel begins the default stream and is answered by a `subscribed` without one.',
    needs: ['app', 'seq'],
    async run(kit) {
      const sender = await kit.enter('sender');
      const [first, ...rest] = await kit.publish(sender, 3);
      const cursor = after(first, sender.place);
      const byMessage = kit.offers.has('resume by message');
      const back = await kit.enter('back', byMessage ? cursor : {});
      if (!byMessage) back.send(beginningOf({ ...cursor, client: kit.name(), conn: 1 }));
      await kit.calm(back);
      const [answer] = back.all('subscribed');
      if (answer === undefined) throw new NotOffered('no subscribed came');
      back.expect('ref 0 and no channel', answer.ref === 0 && answer.channel === undefined, answer);
      await back.hears(rest.map(({ text }) => text));
    },
  },
];

export const channels: CheckGroup = { group: 'channels', checks: [...subscribing, ...streams] };

function answersOf(client: Client, channel: string): Frame[] {
  return client.all('subscribed', 'unsubscribed').filter((frame) => frame.channel === channel);
}

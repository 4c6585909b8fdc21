import { type CheckGroup, NotOffered } from '../check.js';
import { answersTo } from '../kit.js';
import { expectReasons, isCount } from './fields.js';

export const acks: CheckGroup = {
  group: 'acks',
  checks: [
    {
      name: 'ack',
      level: 'full',
      section: '5.8',
      rule: 'A message with a `messageId` is answered with an `ack` that names it.',
      needs: ['acks', 'app'],
      async run(kit) {
        const client = await kit.enter('client');
        const messageId = kit.name();
        const texts = kit.say(client, 1, { messageId });
        const answer = await client.wait(`the answer to ${messageId}`, () => answersTo(client, messageId)[0]);
        client.expect('an ack', answer.type === 'ack', answer);
        await client.hears(texts);
      },
    },
    {
      name: 'each-its-own',
      level: 'full',
      section: '5.8',
      rule: 'Of many messages each is answered once, and nothing is answered that was not asked.',
      needs: ['acks', 'app'],
      async run(kit) {
        const client = await kit.enter('client');
        const ids = Array.from({ length: 20 }, () => kit.name());
        for (const messageId of ids) kit.say(client, 1, { messageId });
        const isDone = (): true | undefined => (ids.every((id) => answersTo(client, id).length > 0) ? true : undefined);
        await client.wait('an answer to each of 20 messages', isDone);
        await kit.calm(client);
        const answered = client
          .all('ack', 'nack')
          .flatMap(({ messageId, messageIds }) => (Array.isArray(messageIds) ? messageIds : [messageId]));
        client.expect('20 answers, each id once', answered.length === 20 && new Set(answered).size === 20, answered);
      },
    },
    {
      name: 'no-id',
      level: 'full',
      section: '5.8',
      rule: 'A message without a `messageId` gets neither `ack` nor `nack`.',
      needs: ['acks', 'app'],
      async run(kit) {
        const client = await kit.enter('client');
        await client.hears(kit.say(client, 2));
        await kit.calm(client);
        const answers = client.all('ack', 'nack');
        client.expect('no answer', answers.length === 0, answers);
      },
    },
    {
      name: 'done',
      level: 'full',
      section: '5.8',
      rule: 'An `ack` says that the message is done, or surely will be: also if the link dies at once.',
      needs: ['acks', 'app'],
      async run(kit) {
        const { observer, sender } = await kit.pair();
        const messageId = kit.name();
        const texts = kit.say(sender, 1, { messageId });
        await sender.wait('the ack', () => answersTo(sender, messageId)[0]);
        sender.cut();
        await observer.hears(texts);
      },
    },
    {
      name: 'answered-again',
      level: 'full',
      section: '5.8',
      rule: 'A message that comes again on the same connection is answered again.',
      needs: ['acks', 'app'],
      async run(kit) {
        const client = await kit.enter('client');
        const messageId = kit.name();
        for (const count of [1, 2]) {
          kit.say(client, 1, { messageId });
          await client.wait(`answer ${count}`, () => answersTo(client, messageId)[count - 1]);
        }
      },
    },
    {
      name: 'nack',
      level: 'full',
      section: '5.8',
      rule: 'A refused message is answered with `nack { messageId, code, message }`; it has no effect, and the link stays.',
      needs: ['acks', 'app'],
      async run(kit) {
        const client = await kit.enter('client');
        const messageId = kit.name();
        const texts = kit.say(client, 1, { type: 'test:refuse', messageId });
        const answer = await client.wait('the answer', () => answersTo(client, messageId)[0]);
        if (answer.type === 'ack') throw new NotOffered('the test app does not know test:refuse');
        expectReasons(client, answer);
        await client.hears(kit.say(client, 1));
        client.expect('that it is not published', client.heard(texts).length === 0, client.heard(texts));
      },
    },
    {
      name: 'retry',
      level: 'full',
      section: '5.8',
      rule: '`nack` with `retry` says `true`, or in how many whole ms the message may come again, never below 0.',
      needs: ['acks', 'app'],
      async run(kit) {
        const client = await kit.enter('client');
        const messageId = kit.name();
        kit.say(client, 1, { type: 'test:later', messageId });
        const answer = await client.wait('the answer', () => answersTo(client, messageId)[0]);
        if (answer.type === 'ack') throw new NotOffered('the test app does not know test:later');
        client.expect('a right retry', answer.retry === true || isCount(answer.retry), answer);
      },
    },
  ],
};

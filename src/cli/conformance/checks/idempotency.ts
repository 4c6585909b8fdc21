import { isDeepStrictEqual } from 'node:util';
import { type CheckGroup, NotOffered } from '../check.js';
import type { Client, Frame } from '../client.js';
import { answersTo, type Kit } from '../kit.js';
import type { Asked } from '../target.js';

export const idempotency: CheckGroup = {
  group: 'idempotency',
  checks: [
    {
      name: 'ids',
      level: 'full',
      section: '5.4',
      rule: '`welcome.ids` says for how many ms the server surely remembers a `messageId`.',
      needs: ['ids', 'acks'],
      async run(kit) {
        const client = await kit.enter('client');
        const { welcome } = client;
        client.expect('whole ms above 0', Number.isSafeInteger(welcome?.ids) && Number(welcome?.ids) > 0, welcome);
      },
    },
    {
      name: 'same-connection',
      level: 'full',
      section: '7.1',
      rule: 'An id that comes again on the same connection has no second effect.',
      needs: ['ids', 'acks', 'app'],
      async run(kit) {
        const { observer, sender } = await kit.pair();
        const message = once(kit);
        await answered(sender, message);
        sender.send(message);
        await expectOnce(kit, observer, sender, message);
      },
    },
    {
      name: 'other-connection',
      level: 'full',
      section: '7.1',
      rule: 'An id that comes again after a drop has no second effect, and is answered.',
      needs: ['ids', 'acks', 'app'],
      async run(kit) {
        const observer = await kit.enter('observer');
        const client = kit.name();
        const message = once(kit);
        const sender = await kit.enter('before the drop', { client, conn: 1 });
        sender.send(message);
        await observer.hears([message.text]);
        sender.cut();
        const back = await kit.enter('after the drop', { client, conn: 2 });
        await answered(back, message);
        await expectOnce(kit, observer, back, message);
      },
    },
    {
      name: 'same-answer',
      level: 'full',
      section: '7.1',
      rule: 'An id that comes again gets the answer that it had first, with its `data`.',
      needs: ['ids', 'acks', 'app'],
      async run(kit) {
        const observer = await kit.enter('observer');
        const client = kit.name();
        const message = once(kit);
        const answers: Frame[] = [];
        for (const conn of [1, 2]) {
          const sender = await kit.enter(`connection ${conn}`, { client, conn });
          await sender.hears(kit.say(sender, 1));
          answers.push(await answered(sender, message));
          sender.cut();
        }
        const [first, second] = answers;
        const isSame = first?.type === second?.type && isDeepStrictEqual(first?.data, second?.data);
        observer.expect(`again ${JSON.stringify(first)}`, isSame, second);
      },
    },
    {
      name: 'while-running',
      level: 'full',
      section: '7.1',
      rule: 'An id that comes again while the first still runs waits for it: one effect, the same answer.',
      needs: ['ids', 'acks', 'app'],
      async run(kit) {
        const { observer, sender } = await kit.pair();
        const message = { ...once(kit), type: 'test:slow' };
        sender.send(message);
        sender.send(message);
        await sender.wait('two answers', () => answersTo(sender, message.messageId)[1]);
        await expectOnce(kit, observer, sender, message);
      },
    },
    {
      name: 'principals',
      level: 'full',
      section: '7.1',
      rule: 'The same id of another principal is another message. Without tokens, `client` stands for the principal.',
      needs: ['ids', 'acks', 'app'],
      async run(kit) {
        const observer = await kit.enter('observer');
        const { token, otherToken = 'bob' } = kit.target;
        const messageId = kit.name();
        const texts: string[] = [];
        for (const asked of [{}, token === undefined ? {} : { token: otherToken }] satisfies Asked[]) {
          const sender = await kit.enter(`principal ${texts.length + 1}`, asked);
          texts.push(...kit.say(sender, 1, { messageId }));
          await sender.wait('an answer', () => answersTo(sender, messageId)[0]);
        }
        await observer.hears(texts);
      },
    },
    {
      name: 'retry-forgotten',
      level: 'full',
      section: '7.1',
      rule: 'A `nack` with `retry` is not remembered: the same id can succeed later.',
      needs: ['ids', 'acks', 'app'],
      async run(kit) {
        const sender = await kit.enter('sender');
        const message = { ...once(kit), type: 'test:later' };
        const first = await answered(sender, message);
        if (first.type === 'ack') throw new NotOffered('the test app does not know test:later');
        sender.expect('a nack with retry', first.retry === true || typeof first.retry === 'number', first);
        const second = await answered(sender, message);
        sender.expect('an ack', second.type === 'ack', second);
        await sender.hears([message.text]);
      },
    },
  ],
};

interface Once {
  readonly type: string;
  readonly text: string;
  readonly messageId: string;
}

function once(kit: Kit): Once {
  return { type: 'chat', text: kit.name(), messageId: kit.name() };
}

/** Sends a message and waits for the next answer to it. */
async function answered(client: Client, message: Once): Promise<Frame> {
  const before = answersTo(client, message.messageId).length;
  client.send(message);
  return client.wait('the answer', () => answersTo(client, message.messageId)[before]);
}

async function expectOnce(kit: Kit, observer: Client, sender: Client, { text }: Once): Promise<void> {
  await observer.hears([text]);
  await kit.calm(sender, observer);
  const heard = observer.heard([text]);
  observer.expect('the message once', heard.length === 1, heard);
}

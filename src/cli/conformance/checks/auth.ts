import { type CheckGroup, NotOffered } from '../check.js';
import type { Client } from '../client.js';
import { answersTo, type Kit } from '../kit.js';
import { WRONG_TOKEN } from '../survey.js';

export const auth: CheckGroup = {
  group: 'auth',
  checks: [
    {
      name: 'refused',
      level: 'full',
      section: '6.6',
      rule: 'A wrong token is refused by closing with 4401, after the upgrade, so that a page can see it; or by `nack`, if it came in a frame.',
      needs: ['tokens'],
      async run(kit) {
        if (kit.target.auth !== 'message') return expectRefusal(kit, WRONG_TOKEN, 4401);
        const client = await kit.connect('wrong token', { token: WRONG_TOKEN });
        await client.wait('nack or 4401', () => (client.ending?.code === 4401 ? client.ending : client.all('nack')[0]));
        client.expect('no welcome', client.welcome === undefined, client.welcome);
      },
    },
    {
      name: 'refused-unproved',
      level: 'extra',
      section: '5.1',
      rule: 'Who is refused after all gets no pong for messages that were not taken.',
      needs: ['tokens', 'pong'],
      async run(kit) {
        if (kit.target.auth === 'message') throw new NotOffered('with --auth message nobody writes before welcome');
        const client = await kit.connect('wrong token', { token: WRONG_TOKEN });
        // Who is refused at once has nothing to say any more.
        if (client.isOpen) {
          kit.say(client, 1);
          client.send({ type: 'ping', t: 1 });
        }
        await client.ended();
        client.expect('no pong', client.all('pong').length === 0, client.all('pong'));
      },
    },
    {
      name: 'forbidden',
      level: 'full',
      section: '6.6',
      rule: 'A token that will never be let in is refused by closing with 4403.',
      needs: ['tokens'],
      run: (kit) => expectRefusal(kit, kit.target.bannedToken ?? 'banned', 4403),
    },
    {
      name: 'accepted',
      level: 'full',
      section: '6.7',
      rule: 'A good token is let in.',
      needs: ['tokens', 'app'],
      async run(kit) {
        const client = await kit.enter('client', { token: goodToken(kit) });
        await client.hears(kit.say(client, 1));
      },
    },
    {
      name: 'same-principal',
      level: 'full',
      section: '8',
      rule: 'Only the same principal can take over a connection.',
      needs: ['tokens', 'takeover', 'pong'],
      async run(kit) {
        const client = kit.name();
        const victim = await kit.enter('victim', { client, conn: 1, token: goodToken(kit) });
        await kit.connect('thief', { client, conn: 2, token: kit.target.otherToken ?? 'bob' });
        await kit.calm();
        victim.expect('that it stays', victim.isOpen, victim.ending);
        await victim.settle();
      },
    },
    {
      name: 'subprotocol',
      level: 'extra',
      section: '6.7',
      rule: 'A token in the subprotocols is read, and `reliable-socket` is selected, never the one with the token.',
      needs: ['tokens'],
      async run(kit) {
        const refused = await kit.connect('wrong token', { token: WRONG_TOKEN, auth: 'subprotocol' });
        await refused.within(kit.timeout, () => refused.ending ?? refused.welcome);
        if (refused.ending?.code !== 4401) throw new NotOffered('a wrong token in the subprotocols was not refused');
        const client = await kit.enter('client', { token: goodToken(kit), auth: 'subprotocol' });
        client.expect('reliable-socket', client.protocol === 'reliable-socket', client.protocol);
      },
    },
    {
      name: 'first-frame',
      level: 'extra',
      section: '5.5',
      rule: 'Where the token comes in a frame, nothing is taken or said before it.',
      needs: ['by message', 'tokens', 'app'],
      async run(kit) {
        const observer = await kit.enter('observer');
        const early = await kit.connect('early', { token: null });
        const texts = kit.say(early, 1);
        await observer.hears(kit.say(observer, 1));
        await kit.calm(observer);
        observer.expect('that it is not published', observer.heard(texts).length === 0, observer.heard(texts));
        early.expect('no welcome', early.welcome === undefined, early.welcome);
      },
    },
    {
      name: 'again',
      level: 'extra',
      section: '5.5',
      rule: 'A new token on a live link is answered with `ack`, without a second `welcome`, and the stream goes on.',
      needs: ['tokens', 'app', 'welcome'],
      async run(kit) {
        const client = await kit.enter('client', { token: goodToken(kit) });
        const before = client.all('welcome').length;
        const answer = await authAgain(kit, client, goodToken(kit));
        if (answer === undefined) throw new NotOffered('no answer came to auth');
        client.expect('an ack', answer.type === 'ack', answer);
        await client.hears(kit.say(client, 1));
        client.expect('no second welcome', client.all('welcome').length === before, client.all('welcome'));
      },
    },
    {
      name: 'again-refused',
      level: 'extra',
      section: '5.5',
      rule: 'A wrong token on a live link is answered with `nack` or 4401.',
      needs: ['tokens', 'welcome'],
      async run(kit) {
        const client = await kit.enter('client', { token: goodToken(kit) });
        const answer = await authAgain(kit, client, WRONG_TOKEN);
        if (answer === undefined && client.isOpen) throw new NotOffered('no answer came to auth');
        const isRefused = answer?.type === 'nack' || client.ending?.code === 4401;
        client.expect('nack or 4401', isRefused, answer ?? client.ending);
      },
    },
  ],
};

function goodToken({ target }: Kit): string {
  return target.token ?? 'ann';
}

async function expectRefusal(kit: Kit, token: string, code: number): Promise<void> {
  const client = await kit.connect(token, { token });
  const { status, code: came } = await client.ended(`a close with ${code}`);
  if (status !== undefined) throw new NotOffered(`the upgrade is refused with ${status}: a page can not see why`);
  client.expect(`${code}`, came === code, client.ending);
  client.expect('no welcome before', client.welcome === undefined, client.welcome);
}

async function authAgain(
  kit: Kit,
  client: Client,
  token: string,
): Promise<ReturnType<typeof answersTo>[number] | undefined> {
  const messageId = kit.name();
  client.send({ type: 'auth', token, messageId });
  return client.within(kit.timeout, () => answersTo(client, messageId)[0]);
}

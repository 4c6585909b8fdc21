import { type CheckGroup, NotOffered } from '../check.js';
import type { Client, Frame } from '../client.js';
import type { Kit } from '../kit.js';
import { expectFields, isCount, isText } from './fields.js';

export const goaway: CheckGroup = {
  group: 'goaway',
  checks: [
    {
      name: 'goaway',
      level: 'full',
      section: '5.9',
      rule: '`goaway` announces a planned restart; its times are whole ms.',
      needs: ['app'],
      async run(kit) {
        const { client, frame } = await sentAway(kit);
        expectFields(client, frame, { retryAfter: isCount, within: isCount, reason: isText });
      },
    },
    {
      name: 'serves-on',
      level: 'full',
      section: '5.9',
      rule: 'After `goaway` the server goes on answering until the clients have left.',
      needs: ['app', 'pong'],
      async run(kit) {
        for (let attempt = 1; ; attempt += 1) {
          const { client, frame } = await sentAway(kit);
          const heardAt = Date.now();
          try {
            await client.settle();
            await client.hears(kit.say(client, 1));
            return;
          } catch (error) {
            // On a busy machine the window may be over before the question was put.
            if (attempt === 5 || Date.now() - heardAt < windowOf(frame)) throw error;
          }
        }
      },
    },
    {
      name: 'closes',
      level: 'full',
      section: '5.9',
      rule: 'Who has not left in time is closed with 1001 or 1012.',
      needs: ['app'],
      async run(kit) {
        const { client, frame } = await sentAway(kit);
        const ending = await client.within(windowOf(frame) + kit.timeout, () => client.ending);
        if (ending === undefined) throw new NotOffered(`no close came ${kit.timeout} ms after the window`);
        client.expect('1001 or 1012', [1001, 1012].includes(ending.code), ending);
      },
    },
  ],
};

/** How long a client may take to leave, in ms. */
function windowOf({ retryAfter = 0, within = 0 }: Frame): number {
  return Number(retryAfter) + Number(within);
}

async function sentAway(kit: Kit): Promise<{ client: Client; frame: Frame }> {
  const client = await kit.enter('client');
  const [text] = kit.say(client, 1, { type: 'test:goaway' });
  const frame = await client.within(kit.timeout, () => client.all('goaway')[0] ?? client.heard([text ?? ''])[0]);
  if (frame?.type !== 'goaway') throw new NotOffered('no goaway came for test:goaway');
  return { client, frame };
}

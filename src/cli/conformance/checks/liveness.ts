import { isDeepStrictEqual } from 'node:util';
import { type CheckGroup, NotOffered } from '../check.js';

export const liveness: CheckGroup = {
  group: 'liveness',
  checks: [
    {
      name: 'pong',
      level: 'seed',
      section: '5.1',
      rule: 'A ping is answered with a pong that has the same `t`, whatever JSON value that is.',
      needs: ['pong'],
      async run(kit) {
        const client = await kit.enter('client');
        for (const t of [7, 'text', { a: [1, null] }]) {
          const count = client.all('pong').length + 1;
          client.send({ type: 'ping', t });
          const pong = await client.frame('pong', count);
          client.expect(`the pong with t ${JSON.stringify(t)}`, isDeepStrictEqual(pong.t, t), pong);
        }
      },
    },
    {
      name: 'pong-order',
      level: 'seed',
      section: '5.1',
      rule: 'Pings are answered in the order in which they came.',
      needs: ['pong'],
      async run(kit) {
        const client = await kit.enter('client');
        const before = client.all('pong').length;
        const sent = [101, 102, 103, 104, 105];
        for (const t of sent) client.send({ type: 'ping', t });
        await client.frame('pong', before + sent.length);
        const came = client.all('pong').slice(before);
        client.expect(
          `pongs in the order ${sent}`,
          isDeepStrictEqual(
            came.map(({ t }) => t),
            sent,
          ),
          came,
        );
      },
    },
    {
      name: 'proof',
      level: 'seed',
      section: '5.1',
      rule: 'A pong says that every frame written before its ping was received.',
      needs: ['pong', 'app'],
      async run(kit) {
        const { observer, sender } = await kit.pair();
        const texts = kit.say(sender, 1);
        await sender.settle();
        sender.cut();
        await observer.hears(texts);
      },
    },
    {
      name: 'proof-kept',
      level: 'full',
      section: '5.1',
      rule: 'What a pong has proved takes effect, also if the link dies before its turn has come.',
      needs: ['pong', 'app'],
      async run(kit) {
        const { observer, sender } = await kit.pair();
        const slow = { type: 'test:slow' };
        const probe = kit.say(sender, 1, slow);
        if (!(await observer.within(kit.timeout, () => observer.heard(probe)[0])))
          throw new NotOffered('the test app does not know test:slow');
        const texts = kit.say(sender, 2, slow);
        await sender.settle();
        sender.cut();
        await observer.hears(texts);
      },
    },
    {
      name: 'unknown-fields',
      level: 'seed',
      section: '2',
      rule: 'Fields that are not known are ignored.',
      needs: ['pong'],
      async run(kit) {
        const client = await kit.enter('client');
        const count = client.all('pong').length + 1;
        client.send({ type: 'ping', t: 1, laterVersion: { any: true } });
        await client.frame('pong', count);
      },
    },
    {
      name: 'unknown-type',
      level: 'seed',
      section: '2',
      rule: 'A frame of a type that is not known is a message, and harms nothing: the connection goes on.',
      needs: ['pong'],
      async run(kit) {
        const client = await kit.enter('client');
        client.send({ type: 'test:laterVersion', text: kit.name(), laterVersion: { any: true } });
        await client.settle();
        await kit.calm();
        client.expect('that the connection goes on', client.isOpen, client.ending);
      },
    },
    {
      name: 'unreadable',
      level: 'seed',
      section: '2',
      rule: 'What is no frame is dropped, or closes its connection with 1007, and no other one.',
      needs: ['pong'],
      async run(kit) {
        const other = await kit.enter('other');
        const text = kit.name();
        for (const [name, data] of noFrames(text)) {
          const client = await kit.enter(name);
          const before = client.all('pong').length;
          client.write(data);
          // Some runtimes end the connection below a close frame while there is more to read, and the frame is lost.
          if (!(await client.within(kit.timeout / 20, () => client.ending))) client.send({ type: 'ping', t: 1 });
          const isDropped = (): boolean => client.all('pong').length > before;
          const end = await client.wait('a pong or a close', () => (isDropped() ? 'a pong' : client.ending));
          client.expect('a pong, or a close with 1007', end === 'a pong' || end.code === 1007, end);
          client.cut();
        }
        await kit.calm(other);
        const came = other.frames.filter((frame) => frame.text === text);
        other.expect('that nothing of it is published', came.length === 0, came);
      },
    },
    {
      name: 'wrong-direction',
      level: 'seed',
      section: '2',
      rule: 'Reserved types that arrive in the wrong direction are ignored: they are no messages, and end nothing.',
      needs: ['pong', 'app'],
      async run(kit) {
        const { observer, sender } = await kit.pair();
        const text = kit.name();
        for (const type of ['pong', 'welcome', 'subscribed', 'unsubscribed', 'reset', 'ack', 'nack', 'goaway']) {
          sender.send({ type, text });
        }
        await sender.settle();
        const marker = kit.say(sender, 1);
        await observer.hears(marker);
        await kit.calm(observer);
        const came = observer.frames.filter((frame) => frame.text === text);
        observer.expect('none of those frames', came.length === 0, came);
      },
    },
    {
      name: 'heartbeat',
      level: 'extra',
      section: '5.4',
      rule: 'A connection that is silent for `welcome.heartbeat` ms is closed, and none that is not.',
      needs: ['pong', 'welcome'],
      async run(kit) {
        const steady = await kit.enter('pings');
        const heartbeat = Number(steady.welcome?.heartbeat);
        if (!(heartbeat > 0)) throw new NotOffered('welcome names no heartbeat');
        if (heartbeat > kit.timeout * 2) throw new NotOffered(`a heartbeat of ${heartbeat} ms is too long to wait for`);
        const silent = await kit.enter('silent');
        silent.isSilent = true;
        for (let round = 0; round < 6; round += 1) {
          await kit.pause(heartbeat / 3);
          steady.expect('that who pings is not closed', steady.isOpen, steady.ending);
          await steady.settle();
          const isEarly = round < 2 && silent.ending !== undefined;
          silent.expect('no close before the time', !isEarly, silent.ending);
        }
        await silent.ended('that who is silent is closed');
      },
    },
  ],
};

/** A text message that holds a JSON object with a `type` is a frame. These are not, each for another reason. */
function noFrames(text: string): [name: string, data: string | Uint8Array][] {
  return [
    ['no JSON', '{"type":"chat",'],
    ['two frames in one', JSON.stringify({ type: 'chat', text }).repeat(2)],
    ['no text', ''],
    ['null', 'null'],
    ['a number', '7'],
    ['a string', '"chat"'],
    ['an array', JSON.stringify([{ type: 'chat', text }])],
    ['without a type', JSON.stringify({ text })],
    ['a type of 7', JSON.stringify({ type: 7, text })],
    ['binary data', new Uint8Array([0, 159, 255])],
  ];
}

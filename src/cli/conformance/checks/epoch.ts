import { type CheckGroup, NotOffered } from '../check.js';
import { after } from '../kit.js';
import { expectFields, isCount, isTime, STREAM_FIELDS } from './fields.js';
import { hearsExactly } from './resume.js';

export const epoch: CheckGroup = {
  group: 'epoch',
  checks: [
    {
      name: 'welcome-first',
      level: 'seed',
      section: '5.4',
      rule: '`welcome` comes on every connection, and before every other frame but `ping` and `pong`.',
      needs: ['app', 'seq', 'welcome'],
      async run(kit) {
        const sender = await kit.enter('fresh');
        const [first, ...rest] = await kit.publish(sender, 2);
        const back = await kit.enter('back', after(first, sender.place));
        await back.hears(rest.map(({ text }) => text));
        for (const client of [sender, back]) {
          const opening = client.frames.find(
            ({ type, code }) => !['ping', 'pong'].includes(type) && !(type === 'nack' && code),
          );
          client.expect('welcome as the first frame', opening?.type === 'welcome', opening);
        }
      },
    },
    {
      name: 'welcome-once',
      level: 'seed',
      section: '5.4',
      rule: '`welcome` comes once per connection.',
      needs: ['welcome'],
      async run(kit) {
        const client = await kit.enter('client');
        await kit.calm(client);
        client.expect('one welcome', client.all('welcome').length === 1, client.all('welcome'));
      },
    },
    {
      name: 'welcome-fields',
      level: 'seed',
      section: '5.4',
      rule: 'The fields of `welcome` have the types of the table.',
      needs: ['welcome'],
      async run(kit) {
        const client = await kit.enter('client');
        expectFields(client, client.welcome, {
          v: isCount,
          heartbeat: isTime,
          ids: isTime,
          rate: isTime,
          ...STREAM_FIELDS,
        });
      },
    },
    {
      name: 'welcome-bare',
      level: 'extra',
      section: '5.4',
      rule: 'Who is asked by a `subscribe` leaves `epoch`, `seq` and `contiguous` of `welcome` to `subscribed`.',
      needs: ['resume by message', 'welcome'],
      async run(kit) {
        const client = await kit.enter('client');
        const said = ['epoch', 'seq', 'contiguous'].filter((field) => field in (client.welcome ?? {}));
        client.expect('none of the three', said.length === 0, client.welcome);
      },
    },
    {
      name: 'rate',
      level: 'extra',
      section: '5.4',
      rule: 'Who sends no more messages per second than `welcome.rate` is not closed for it.',
      needs: ['welcome'],
      async run(kit) {
        const client = await kit.enter('client');
        const rate = Number(client.welcome?.rate);
        if (!(rate > 0)) throw new NotOffered('welcome names no rate');
        const apart = 1_000 / rate;
        if (apart > kit.timeout / 4) throw new NotOffered(`a rate of ${rate} is too slow to wait for`);
        for (let n = 0; n < Math.min(20, kit.timeout / apart); n += 1) {
          kit.say(client, 1);
          await kit.pause(Math.ceil(apart));
        }
        await kit.calm(client);
        client.expect('that it stays', client.isOpen, client.ending);
      },
    },
    {
      name: 'head',
      level: 'seed',
      section: '5.4',
      rule: 'A client that asked for nothing gets the head of the stream as `welcome.seq`.',
      needs: ['app', 'seq', 'epoch'],
      async run(kit) {
        const sender = await kit.enter('sender');
        const head = (await kit.publish(sender, 2)).at(-1)?.seq;
        const fresh = await kit.enter('fresh');
        fresh.expect(`the seq ${head}`, fresh.place?.seq === head, fresh.place);
      },
    },
    {
      name: 'continue',
      level: 'seed',
      section: '5.4',
      rule: 'A server that replays after N says N.',
      needs: ['app', 'seq', 'epoch'],
      async run(kit) {
        const sender = await kit.enter('sender');
        const [first, ...rest] = await kit.publish(sender, 3);
        const { seq } = first;
        const back = await kit.enter('back', after(first, sender.place));
        await back.hears(rest.map(({ text }) => text));
        back.expect(`the seq ${seq}`, back.place?.seq === seq, back.place);
      },
    },
    {
      name: 'recovered',
      level: 'extra',
      section: '5.4',
      rule: '`recovered` says how many messages are replayed.',
      needs: ['app', 'seq', 'place'],
      async run(kit) {
        const sender = await kit.enter('sender');
        const [first, ...rest] = await kit.publish(sender, 3);
        const back = await kit.enter('back', after(first, sender.place));
        if (back.place?.recovered === undefined) throw new NotOffered(`${back.place?.type} names no recovered`);
        back.expect(`${rest.length} recovered`, back.place.recovered === rest.length, back.place);
      },
    },
    {
      name: 'same-epoch',
      level: 'seed',
      section: '7.2',
      rule: 'The epoch stays the same while the numbering goes on.',
      needs: ['app', 'seq', 'epoch'],
      async run(kit) {
        const sender = await kit.enter('sender');
        const [first] = await kit.publish(sender, 1);
        const name = sender.place?.epoch;
        const others = [await kit.enter('fresh'), await kit.enter('back', after(first, sender.place))];
        for (const other of others) {
          other.expect(`the epoch ${name}`, other.place?.epoch === name, other.place);
        }
      },
    },
    {
      name: 'other-epoch',
      level: 'seed',
      section: '7.2',
      rule: 'Under another epoch `lastSeq` means nothing: the stream goes on from the oldest message, or from its head.',
      needs: ['app', 'seq', 'epoch'],
      async run(kit) {
        const sender = await kit.enter('sender');
        const published = await kit.publish(sender, 3);
        const head = Number(published.at(-1)?.seq);
        const said: unknown[] = [];
        const asked = [...published.slice(0, 2).map(({ seq }) => seq), head + 1_000];
        for (const lastSeq of asked) {
          const foreign = await kit.enter('foreign', { lastSeq, epoch: kit.name() });
          const [seq, name] = [foreign.place?.seq, foreign.place?.epoch];
          foreign.expect('the epoch of the server', name === sender.place?.epoch, foreign.place);
          foreign.expect(`a seq of at most ${head}`, Number(seq) <= head, foreign.place);
          const wanted = published.filter((message) => message.seq > Number(seq));
          await hearsExactly(foreign, published, wanted);
          said.push(seq);
        }
        // The oldest message may happen to be the one after either of them, but not after both.
        sender.expect(
          'that the lastSeq of another epoch is not followed',
          said[0] !== asked[0] || said[1] !== asked[1],
          said,
        );
      },
    },
    {
      name: 'above-head',
      level: 'full',
      section: '7.2',
      rule: 'A client that names the current epoch with a `lastSeq` above the head is told a new epoch.',
      needs: ['app', 'seq', 'epoch'],
      async run(kit) {
        const sender = await kit.enter('sender');
        const [last] = await kit.publish(sender, 1);
        const { seq } = last;
        const old = sender.place?.epoch;
        const ahead = await kit.enter('ahead', { ...after(last, sender.place), lastSeq: seq + 1_000 });
        const [name, from] = [ahead.place?.epoch, ahead.place?.seq];
        ahead.expect(`another epoch than ${old}`, typeof name === 'string' && name !== old, ahead.place);
        ahead.expect('a seq of the numbering that there is', Number(from) <= seq, ahead.place);
        await ahead.hears(kit.say(sender, 1));
      },
    },
    {
      name: 'above-head-bare',
      level: 'extra',
      section: '7.2',
      rule: 'To a `lastSeq` above the head without an epoch the server answers `reset { seq, reason }`.',
      needs: ['app', 'seq', 'place'],
      async run(kit) {
        const sender = await kit.enter('sender');
        const [last] = await kit.publish(sender, 1);
        const { seq } = last;
        const ahead = await kit.enter('ahead', { lastSeq: seq + 1_000 });
        await kit.calm(ahead);
        const [reset] = ahead.all('reset');
        if (reset === undefined) throw new NotOffered('no reset came');
        const isRight = Number.isSafeInteger(reset.seq) && Number(reset.seq) <= seq && typeof reset.reason === 'string';
        ahead.expect(`reset with a seq of at most ${seq} and a reason`, isRight, reset);
        await ahead.hears(kit.say(sender, 1));
      },
    },
  ],
};

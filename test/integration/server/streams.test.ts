import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { type Gap, ReliableSocket } from '../../../src/index.js';
import { memoryLog } from '../../../src/server/index.js';
import { useCompanions } from '../../support/companion.js';
import { RawClient } from '../../support/raw-client.js';
import { until } from '../../support/until.js';

const start = useCompanions();
const connect = async (url: string, query = ''): Promise<RawClient> => {
  const client = new RawClient(`${url}/${query}`);
  await client.opened();
  return client;
};
const numbers = (client: RawClient): unknown[] => client.all('n').map(({ seq }) => seq);

describe('the default stream', () => {
  it('says where it goes on, numbers messages and sends them to all', async () => {
    const { url, server } = await start();
    await server.publish({ type: 'n' });
    const [a, b] = [await connect(url), await connect(url)];
    const welcome = await a.frame('welcome');
    expect(welcome).toEqual({
      type: 'welcome',
      v: 1,
      epoch: expect.any(String),
      seq: 1,
      contiguous: true,
      heartbeat: 120_000,
      ids: 600_000,
      rate: 1_000,
    });
    await b.frame('welcome');
    await server.publish({ type: 'n' });
    await server.publish({ type: 'n' });
    await Promise.all([a.settled(), b.settled()]);
    expect(numbers(a)).toEqual([2, 3]);
    expect(numbers(b)).toEqual([2, 3]);
  });

  it('replays what is newer than the cursor, also when it is long, and then goes on', async () => {
    const { url, server } = await start();
    for (let n = 0; n < 2_000; n += 1) await server.publish({ type: 'n', text: 'x'.repeat(100) });
    const first = await connect(url);
    const { epoch } = await first.frame('welcome');
    const late = await connect(url, `?lastSeq=100&epoch=${epoch}`);
    const publishing = (async () => {
      for (let n = 0; n < 500; n += 1) await server.publish({ type: 'n' });
    })();
    expect(await late.frame('welcome')).toMatchObject({ epoch, seq: 100, recovered: expect.any(Number) });
    await publishing;
    await late.frame('n', 2_400);
    expect(numbers(late)).toEqual(Array.from({ length: 2_400 }, (_, i) => 101 + i));
  });

  it.each([
    ['plain', false],
    ['compressed', true],
  ])('is the same for all lengths of messages over a %s connection, between answers', async (_, perMessageDeflate) => {
    const { url, server } = await start({}, 0, { perMessageDeflate });
    const client = await connect(url, '?lastSeq=0');
    expect(client.socket.extensions !== '').toBe(perMessageDeflate);
    await client.frame('welcome');
    const lengths = [0, 100, 110, 1_000, 65_480, 65_536, 100_000];
    for (const [n, length] of lengths.entries()) {
      client.send({ type: 'ping', t: n });
      await server.publish({ type: 'n', text: 'é'.repeat(length) });
    }
    await client.frame('n', lengths.length);
    expect(client.all('n').map(({ seq, text }) => [seq, String(text).length])).toEqual(
      lengths.map((length, i) => [i + 1, length]),
    );
    await client.settled();
    expect(
      client
        .all('pong')
        .slice(0, -1)
        .map(({ t }) => t),
    ).toEqual([...lengths.keys()]);
  });

  it('is replayed to its end within a bound that is smaller than a batch', async () => {
    const { url, server } = await start({ limits: { bufferedBytes: 8_192 } });
    for (let n = 0; n < 1_000; n += 1) await server.publish({ type: 'n', text: 'x'.repeat(100) });
    const late = await connect(url, '?lastSeq=0');
    await late.frame('n', 1_000);
    expect(numbers(late)).toEqual(Array.from({ length: 1_000 }, (_, i) => 1 + i));
    expect(server.stats().cutOff).toBe(0);
  });

  it('goes on from what it still holds', async () => {
    const { url, server } = await start({ log: memoryLog({ maxMessages: 3 }) });
    for (let n = 0; n < 10; n += 1) await server.publish({ type: 'n' });
    const { epoch } = await (await connect(url)).frame('welcome');
    const late = await connect(url, `?lastSeq=2&epoch=${epoch}`);
    expect(await late.frame('welcome')).toMatchObject({ epoch, seq: 7, recovered: 3 });
    await late.settled();
    expect(numbers(late)).toEqual([8, 9, 10]);
  });

  it('tells a client that is ahead of the head another epoch, and nobody else', async () => {
    const { url, server } = await start();
    for (let n = 0; n < 3; n += 1) await server.publish({ type: 'n' });
    const honest = await connect(url);
    const { epoch } = await honest.frame('welcome');
    const ahead = await connect(url, `?lastSeq=900&epoch=${epoch}`);
    const told = await ahead.frame('welcome');
    expect(told).toMatchObject({ seq: 0, recovered: 3 });
    expect(told.epoch).not.toBe(epoch);
    // It comes back under its new name, and misses nothing.
    const back = await connect(url, `?lastSeq=2&epoch=${told.epoch}`);
    expect(await back.frame('welcome')).toMatchObject({ seq: 2, epoch: told.epoch });
    await server.publish({ type: 'n' });
    await Promise.all([honest.settled(), back.settled()]);
    expect(numbers(back)).toEqual([3, 4]);
    expect(honest.frames.map(({ type }) => type)).toEqual(['welcome', 'n', 'pong']);
  });

  it('goes on for a client whose number is from before there were epochs, which is told what it lost', async () => {
    const { url, server } = await start();
    for (let n = 0; n < 3; n += 1) await server.publish({ type: 'n' });
    const heard: unknown[] = [];
    const gaps: Gap[] = [];
    const socket = new ReliableSocket(url, { WebSocket, resume: { from: { seq: 900 } } });
    socket.on('gap', (gap) => gaps.push(gap));
    socket.onMessage('n', (message) => heard.push(message.seq));
    await socket.opened();
    await server.publish({ type: 'n' });
    await until(() => heard.includes(4));
    await socket.close();
    expect(heard).toEqual([1, 2, 3, 4]);
    expect(gaps).toMatchObject([{ from: 900, to: 0, reason: 'numbers-lost' }]);
  });
});

describe('channels', () => {
  it('are caught up in one flight, each with its own numbers', async () => {
    const { url, server } = await start();
    for (const channel of ['a', 'b', 'c']) {
      for (let n = 0; n < 3; n += 1) await server.publish({ type: 'n' }, { channel });
    }
    const client = await connect(url);
    client.send({ type: 'subscribe', channel: 'a', ref: 1, lastSeq: 1 });
    client.send({ type: 'subscribe', channel: 'b', ref: 2, lastSeq: 0 });
    client.send({ type: 'subscribe', channel: 'c', ref: 3 });
    await client.frame('subscribed', 3);
    await client.frame('n', 5);
    const of = (channel: string): unknown[] => client.all('n').flatMap((n) => (n.channel === channel ? [n.seq] : []));
    expect([of('a'), of('b'), of('c')]).toEqual([[2, 3], [1, 2, 3], []]);
    expect(client.all('subscribed').find(({ ref }) => ref === 1)).toMatchObject({ channel: 'a', seq: 1, recovered: 2 });
    client.send({ type: 'unsubscribe', channel: 'b' });
    await client.settled();
    await server.publish({ type: 'n' }, { channel: 'b' });
    await server.publish({ type: 'n' }, { channel: 'c' });
    await client.settled();
    expect([of('b'), of('c')]).toEqual([[1, 2, 3], [4]]);
  });

  it('are refused and withdrawn by right', async () => {
    const { url, server } = await start({
      authorize: (_client, channel) => channel !== 'secret',
      limits: { channels: 3, nameLength: 20 },
    });
    const client = await connect(url);
    for (const [ref, channel] of ['secret', 'a', 'x'.repeat(21), 'b', 'c'].entries()) {
      client.send({ type: 'subscribe', channel, ref });
    }
    await client.frame('unsubscribed', 3);
    expect(client.all('unsubscribed').map(({ ref, code }) => [ref, code])).toEqual(
      expect.arrayContaining([
        [0, 'forbidden'],
        [2, 'bad-channel'],
        [4, 'too-many-channels'],
      ]),
    );
    server.revoke('a');
    expect(await client.frame('unsubscribed', 4)).toMatchObject({ channel: 'a', code: 'revoked' });
    client.send({ type: 'n', channel: 'secret', messageId: 'm' });
    expect(await client.frame('nack')).toMatchObject({ messageId: 'm', code: 'forbidden' });
  });

  it.each([undefined, null, 0, ''])('are refused if the right is %j, which is not given', async (verdict) => {
    // Safe: the test is about values that the types refuse.
    const { url } = await start({ authorize: () => verdict as never });
    const client = await connect(url);
    client.send({ type: 'subscribe', channel: 'a', ref: 1 });
    client.send({ type: 'n', channel: 'a', messageId: 'm' });
    expect(await client.frame('unsubscribed')).toMatchObject({ channel: 'a', ref: 1, code: 'forbidden' });
    expect(await client.frame('nack')).toMatchObject({ messageId: 'm', code: 'forbidden' });
  });

  it.each([true, false])(
    'are sent to only by right, also while it is open whether the client may follow: %s',
    async (may) => {
      let decide = (): void => {};
      const decided = new Promise<void>((resolve) => {
        decide = resolve;
      });
      const asked: string[] = [];
      const { url } = await start({
        async authorize(_client, _channel, action) {
          asked.push(action);
          if (action === 'send') return false;
          await decided;
          return may;
        },
      });
      const client = await connect(url, '?client=c&conn=1');
      client.send({ type: 'subscribe', channel: 'a', ref: 1 });
      client.send({ type: 'n', channel: 'a', messageId: 'm' });
      await client.settled();
      expect(client.all('ack')).toEqual([]);
      decide();
      expect(await client.frame(may ? 'ack' : 'nack')).toMatchObject({ messageId: 'm' });
      expect(asked).toEqual(may ? ['subscribe', 'subscribe'] : ['subscribe', 'subscribe', 'send']);
    },
  );
});

import { expect, it } from 'vitest';
import { queue } from '../../../src/index.js';
import type { Told } from '../../../src/tabs/io.js';
import { createLeader } from '../../../src/tabs/leader.js';
import { ScriptedClient } from '../../support/harness.js';

it('a message that its store brought back before its tab does is sent once, and not told as taken back', async () => {
  const client = new ScriptedClient({ policies: { order: queue({ ack: 'message' }) } });
  const told: Told[] = [];
  const leader = createLeader(client.socket, undefined, (news) => told.push(news));
  const [id, message] = ['one', { type: 'order', n: 1 }];
  client.socket.send(message, { id });
  const entry = { id, message, channel: undefined, createdAt: 0, ttl: undefined, request: false, since: 0 };
  leader.hand({ do: 'hand', entry });
  await client.settle();
  client.open();
  expect(client.numbers).toEqual([1]);
  client.ack(id);
  await client.settle();
  expect(told.filter((news) => news.do === 'event' && news.name === 'undelivered')).toEqual([]);
  expect(told.filter((news) => news.do === 'settled')).toMatchObject([{ id, outcome: 'acked' }]);
});

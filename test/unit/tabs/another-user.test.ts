import { expect, it } from 'vitest';
import { queue } from '../../../src/index.js';
import type { Told } from '../../../src/tabs/io.js';
import { createLeader } from '../../../src/tabs/leader.js';
import { ScriptedClient } from '../../support/harness.js';

it('another user is told to the tabs once, however much was dropped', async () => {
  const policies = { order: queue({ ack: 'message' }) };
  const client = new ScriptedClient({ policies, token: () => ({ token: 't', subject: 'bob' }) });
  const told: Told[] = [];
  const { socket } = client;
  createLeader(socket, { client: 'c', conn: 1, cursors: [], subject: 'ann' }, (news) => told.push(news));
  for (let n = 0; n < 3; n++) socket.send({ type: 'order', n });
  await client.settle();
  expect(client.undelivered.map(({ reason }) => reason)).toEqual(Array(3).fill('subject-changed'));
  const subjects = told.flatMap((news) => (news.do === 'life' ? [news.subject] : []));
  expect(subjects.filter((subject) => subject === 'bob')).toHaveLength(1);
});

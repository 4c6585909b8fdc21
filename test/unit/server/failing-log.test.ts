import { expect, it } from 'vitest';
import { memoryLog } from '../../../src/server/index.js';
import { useCompanions } from '../../support/companion.js';
import { RawClient } from '../../support/raw-client.js';

const start = useCompanions();

it('a log that does not take a message is told, and its client is sent away without an answer, to ask again', async () => {
  const log = { ...memoryLog(), append: () => Promise.reject(new Error('away')) };
  const errors: string[] = [];
  const { url } = await start({ log, onError: ({ code }) => errors.push(code) });
  const client = new RawClient(`${url}/?client=c&conn=1`);
  await client.frame('welcome');
  client.send({ type: 'chat', messageId: 'a' });
  await client.gone();
  expect(client.closed).toMatchObject({ code: 1013 });
  expect([...client.all('ack'), ...client.all('nack')]).toEqual([]);
  expect(errors).toEqual(['log-failed']);
});

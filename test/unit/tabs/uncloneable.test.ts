import { describe, expect, it } from 'vitest';
import type { AnyMessage, Message, ReliableSocket } from '../../../src/index.js';
import type { Told } from '../../../src/tabs/io.js';
import { createLeader } from '../../../src/tabs/leader.js';
import { createSender } from '../../../src/tabs/sender.js';
import { createShell } from '../../../src/tabs/shell.js';
import { ScriptedClient } from '../../support/harness.js';

const hold = (): void => {};

describe('what can not be given to another tab', () => {
  it('is not sent: the sender is told at once', () => {
    const shell = createShell(
      () => {
        throw new Error('nobody leads here');
      },
      'name',
      1_000,
    );
    const sender = createSender(shell);
    const message = { type: 'order', hold };
    expect(() => sender.send(message, undefined, undefined)).toThrow(expect.objectContaining({ code: 'bad-message' }));
    expect([...shell.session.mail]).toEqual([]);
  });

  it('is told as one error when it comes in, and what follows is heard', async () => {
    const validate = (value: unknown): { value: AnyMessage } => {
      const message = value as AnyMessage; // safe: the server of this test says messages only
      return { value: message.n === 2 ? { ...message, hold } : message };
    };
    const schema = { '~standard': { version: 1 as const, vendor: 'test', validate } };
    const client = new ScriptedClient({ schema, policies: { order: { kind: 'queue', ack: 'message' } } });
    const told: Told[] = [];
    // Safe: it only types the messages otherwise.
    const socket = client.socket as unknown as ReliableSocket<Message, Message>;
    createLeader(socket, undefined, (news) => told.push(structuredClone(news)));
    await client.settle();
    client.open();
    for (const n of [1, 2, 3]) client.receive({ type: 'm', seq: n, n });
    const steps = told.flatMap((news) => (news.do === 'step' ? [news] : []));
    expect(steps.map(({ to, message }) => [to.seq, (message as AnyMessage | undefined)?.n])).toEqual([
      [1, 1],
      [2, undefined],
      [3, 3],
    ]);
    const errors = told.filter((news) => news.do === 'event' && news.name === 'error');
    expect(errors).toMatchObject([{ event: { code: 'bad-message', message: expect.stringContaining('"m"') } }]);
  });
});

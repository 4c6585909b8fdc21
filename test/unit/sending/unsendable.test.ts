import { describe, expect, it } from 'vitest';
import { type AnyMessage, queue } from '../../../src/index.js';
import { openClient, ScriptedClient, thrown } from '../../support/harness.js';

const acked = queue({ ack: 'message' });

describe('what can not be sent', () => {
  const types = [
    'ping',
    'pong',
    'welcome',
    'auth',
    'subscribe',
    'subscribed',
    'unsubscribe',
    'unsubscribed',
    'reset',
    'ack',
    'nack',
    'goaway',
  ];

  it.each(types)('throws for the reserved type %s', async (type) => {
    const client = await openClient();
    const error = thrown(() => client.socket.send({ type } as AnyMessage));
    expect([error.name, error.code]).toEqual(['ReliableSocketError', 'bad-message']);
    expect(error.message).toContain(type);
    expect(client.written()).toEqual([]);
  });

  it.each(['seq', 'channel', 'messageId'])('throws for the reserved field %s', async (field) => {
    const client = await openClient();
    const error = thrown(() => client.socket.send({ type: 'chat', [field]: 1 } as AnyMessage));
    expect(error.code).toBe('bad-message');
    expect(error.message).toContain(field);
  });

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'chat'],
    ['no type', { text: 'hi' }],
    ['a type that is no text', { type: 7 }],
    ['a bigint', { type: 'chat', n: 1n }],
    [
      'a toJSON() that throws null',
      {
        type: 'chat',
        toJSON() {
          throw null;
        },
      },
    ],
  ])('throws for %s', async (_, message) => {
    const client = await openClient();
    expect(thrown(() => client.socket.send(message as AnyMessage)).code).toBe('bad-message');
  });

  it('throws for a message that holds itself', async () => {
    const client = await openClient();
    const message: Record<string, unknown> = { type: 'chat' };
    message.self = message;
    expect(thrown(() => client.socket.send(message as unknown as AnyMessage)).code).toBe('bad-message');
  });

  it.each([7, '', null, {}])('throws for the id %j, which no ack could name', async (id) => {
    const client = await openClient();
    const error = thrown(() => client.socket.send({ type: 'm' }, { id: id as string }));
    expect([error.code, error.message]).toEqual([
      'bad-option',
      expect.stringContaining(`send: the id is "${id}", wanted`),
    ]);
    expect(client.socket.outbox.size).toBe(0);
  });

  it('throws for an id that is under way, and takes it again when that has ended', async () => {
    const client = await openClient({ policies: { order: acked } });
    const receipt = client.socket.send({ type: 'order' }, { id: 'k' });
    const error = thrown(() => client.socket.send({ type: 'order' }, { id: 'k' }));
    expect([error.code, error.id]).toEqual(['duplicate-id', 'k']);
    expect(client.written()).toHaveLength(1);
    client.ack(receipt);
    expect(client.socket.send({ type: 'order' }, { id: 'k' }).status).toBe('written');
  });

  it('throws for a ttl that is no time', async () => {
    const client = await openClient();
    expect(thrown(() => client.socket.send({ type: 'a' }, { ttl: -1 })).code).toBe('bad-option');
    expect(thrown(() => client.socket.send({ type: 'a' }, { ttl: Number.NaN })).code).toBe('bad-option');
  });

  it('encodes the message when it is sent, so that a later change does not change it', async () => {
    const client = new ScriptedClient();
    const message = { type: 'chat', n: 1 };
    client.socket.send(message);
    message.n = 2;
    await client.settle();
    client.open();
    expect(client.numbers).toEqual([1]);
  });

  it('is not thenable: a receipt can not be awaited by mistake', async () => {
    const client = await openClient();
    expect(client.socket.send({ type: 'chat' })).not.toHaveProperty('then');
  });
});

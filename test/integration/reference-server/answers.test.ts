import { describe, expect, it } from 'vitest';
import { connect, start } from '../../support/reference-servers.js';
import { until } from '../../support/until.js';

describe('liveness', () => {
  it('echoes t, and knows the literal form', async () => {
    const client = await connect(await start());
    const texts: string[] = [];
    client.socket.removeAllListeners('message').on('message', (data) => texts.push(String(data)));
    client.send({ type: 'ping', t: { any: 'value' } });
    client.send({ type: 'ping' });
    client.send('ping');
    await until(() => texts.length >= 3);
    expect(texts.slice(-3)).toEqual(['{"type":"pong","t":{"any":"value"}}', '{"type":"pong"}', 'pong']);
  });

  it('ignores what only a server may send', async () => {
    const server = await start();
    const client = await connect(server);
    for (const type of ['welcome', 'subscribed', 'unsubscribed', 'reset', 'ack', 'nack', 'goaway'])
      client.send({ type });
    await client.settled();
    expect([server.received, client.isOpen]).toEqual([[], true]);
  });

  it('keeps silent if it is told to', async () => {
    const server = await start({ pongs: false });
    const client = await connect(server);
    client.send({ type: 'ping', t: 1 });
    client.send({ type: 'note' });
    await until(() => server.received.length === 1);
    expect(client.all('pong')).toEqual([]);
  });

  it('announces its heartbeat and destroys what is silent for longer, and no one else', async () => {
    const server = await start({ heartbeat: 200 });
    const silent = await connect(server);
    const alive = await connect(server);
    const timer = setInterval(() => alive.isOpen && alive.send({ type: 'pong' }), 20);
    expect((await silent.frame('welcome')).heartbeat).toBe(200);
    await silent.gone();
    expect([silent.closed?.code, alive.isOpen]).toEqual([1006, true]);
    clearInterval(timer);
  });

  it('closes with 1007 what sends no frame', async () => {
    const client = await connect(await start());
    client.send('{"no":"type"}');
    await client.gone();
    expect(client.closed?.code).toBe(1007);
  });
});

describe('answers', () => {
  it('acks a message with an id, takes a repeated id once, and answers it the same', async () => {
    let orders = 0;
    const onMessage = () => {
      orders += 1;
      return { data: { order: orders } };
    };
    const server = await start({ onMessage });
    const client = await connect(server, '?client=c&conn=1');
    const order = { type: 'order', sku: 'A1', messageId: 'c-1', channel: 'shop' };
    client.send(order);
    client.send(order);
    client.send({ type: 'order', sku: 'A1', messageId: 'c-2' });
    await client.frame('ack', 3);
    client.socket.terminate();
    const again = await connect(server, '?client=c&conn=2');
    again.send(order);
    expect(await again.frame('ack')).toEqual({ type: 'ack', messageId: 'c-1', data: { order: 1 } });
    expect(client.all('ack').map(({ data }) => data)).toEqual([{ order: 1 }, { order: 1 }, { order: 2 }]);
    expect(server.received).toEqual([
      { message: { type: 'order', sku: 'A1' }, messageId: 'c-1', channel: 'shop', client: 'c' },
      { message: { type: 'order', sku: 'A1' }, messageId: 'c-2', channel: undefined, client: 'c' },
    ]);
  });

  it('keeps the ids of clients apart, and without a name those of connections', async () => {
    const server = await start();
    for (const query of ['?client=a', '?client=b', '', '']) {
      const client = await connect(server, query);
      client.send({ type: 'order', messageId: '1' });
      await client.frame('ack');
    }
    expect(server.received).toHaveLength(4);
  });

  it('lets a repeat wait for the first while that still runs', async () => {
    let finish = () => {};
    let runs = 0;
    const server = await start({
      onMessage: () => {
        runs += 1;
        return new Promise((resolve) => (finish = () => resolve({ data: 'done' })));
      },
    });
    const client = await connect(server);
    client.send({ type: 'order', messageId: '1' });
    client.send({ type: 'order', messageId: '1' });
    await client.settled();
    expect([runs, client.all('ack')]).toEqual([1, []]);
    finish();
    expect((await client.frame('ack', 2)).data).toBe('done');
  });

  it('says nack, remembers it, and does not remember one that says retry', async () => {
    const server = await start({
      onMessage: ({ message }) => ({ nack: { code: 'no', message: 'not so', retry: message.type === 'later' } }),
    });
    const client = await connect(server);
    for (const type of ['never', 'never', 'later']) client.send({ type, messageId: type });
    expect(await client.frame('nack', 3)).toMatchObject({ messageId: 'later', code: 'no', retry: true });
    delete server.options.onMessage;
    for (const type of ['never', 'later']) client.send({ type, messageId: type });
    await client.frame('ack');
    expect(client.all('nack')).toHaveLength(4);
    expect(server.received.map(({ messageId }) => messageId)).toEqual(['later']);
  });

  it('forgets ids after the time that welcome names, or at once', async () => {
    const server = await start({ ids: 1_500 });
    const client = await connect(server);
    expect((await client.frame('welcome')).ids).toBe(1_500);
    const send = async (count: number) => {
      client.send({ type: 'order', messageId: '1' });
      await client.frame('ack', count);
    };
    await send(1);
    await send(2);
    expect(server.received).toHaveLength(1);
    await new Promise((resolve) => setTimeout(resolve, 1_600));
    await send(3);
    expect(server.received).toHaveLength(2);
    server.options.ids = false;
    await send(4);
    expect(server.received).toHaveLength(3);
    expect(await (await connect(server)).frame('welcome')).not.toHaveProperty('ids');
  });

  it('can put acks together, or leave them out', async () => {
    const server = await start({ acks: 'batch' });
    const client = await connect(server);
    for (const messageId of ['1', '2', '3']) client.send({ type: 'order', messageId });
    await until(() => client.all('ack').flatMap(({ messageIds }) => messageIds).length === 3);
    expect(client.all('ack').flatMap(({ messageIds }) => messageIds)).toEqual(['1', '2', '3']);
    server.options.acks = false;
    client.send({ type: 'order', messageId: '4' });
    client.send({ type: 'note' });
    await client.settled();
    expect(server.received).toHaveLength(5);
    expect(client.all('ack').flatMap(({ messageIds }) => messageIds)).not.toContain('4');
  });
});

import { describe, expect, it } from 'vitest';
import { queue } from '../../../src/index.js';
import { type ClientWorld, openClient, param } from '../../support/scripted-client.js';

describe('resume', () => {
  it('is tried again at every attempt, until one succeeds', async () => {
    const client = await openClient();
    client.net.last.receive({ type: 'welcome', epoch: 'e', seq: 40 });
    client.net.last.receive({ type: 'chat', seq: 41 });
    client.net.last.drop();
    for (let attempt = 0; attempt < 4; attempt++) (await client.redial()).fail();
    // Opened, and gone before it said anything; opened, and gone in the middle of the replay.
    (await client.reopen()).drop();
    const half = await client.reopen();
    half.receive({ type: 'welcome', epoch: 'e', seq: 41 });
    half.receive({ type: 'chat', seq: 42 });
    half.drop();
    const last = await client.reopen();
    expect(client.net.sockets.map((socket) => param(socket, 'lastSeq'))).toEqual([null, ...Array(6).fill('41'), '42']);
    expect(client.net.sockets.slice(1).every((socket) => param(socket, 'epoch') === 'e')).toBe(true);
    last.receive({ type: 'welcome', epoch: 'e', seq: 42 });
    last.receive({ type: 'chat', seq: 43 });
    expect(client.messages.map(({ seq }) => seq)).toEqual([41, 42, 43]);
    expect(client.gaps).toEqual([]);
  });

  it('keeps what waits to be sent over any number of attempts', async () => {
    const client = await openClient();
    client.net.last.drop();
    const receipt = client.socket.send({ type: 'chat' });
    for (let attempt = 0; attempt < 8; attempt++) (await client.redial()).fail();
    expect(client.socket.outbox.size).toBe(1);
    expect((await client.reopen()).frames).toEqual([{ type: 'chat' }]);
    expect((await receipt.settled).outcome).toBe('sent');
  });

  const ways: [string, (client: ClientWorld) => Promise<unknown> | unknown][] = [
    ['a clean close', ({ net }) => net.last.drop(1001, '', true)],
    ['a dead link that is noticed', ({ net }) => net.last.drop()],
    ['a half-open link', (client) => client.after(40_000)],
    ['reconnect()', ({ socket }) => socket.reconnect()],
    ['a planned restart', ({ net }) => net.last.receive({ type: 'goaway', retryAfter: 5_000 })],
    ['an error without a close', ({ net }) => net.last.error(3)],
  ];
  it.each(ways)('takes the same path after %s', async (_name, lose) => {
    const client = await openClient({ policies: { order: queue({ ack: 'message' }) } });
    const first = client.net.last;
    first.receive({ type: 'welcome', epoch: 'e', seq: 6 });
    first.receive({ type: 'chat', seq: 7 });
    const order = client.socket.send({ type: 'order' });
    const chat = client.socket.send({ type: 'chat', text: 'plain' });
    await client.after(0);
    expect(first.sent).toHaveLength(2);
    await lose(client);
    const next = await client.reopen();
    expect(next).not.toBe(first);
    expect(param(next, 'lastSeq')).toBe('7');
    expect(param(next, 'epoch')).toBe('e');
    expect(param(next, 'client')).toBe(param(first, 'client'));
    expect(param(next, 'conn')).toBe('2');
    next.receive({ type: 'welcome', epoch: 'e', seq: 7 });
    next.receive({ type: 'chat', seq: 8 });
    await client.after(0);
    expect(next.frames.filter(({ type }) => type !== 'ping')).toEqual([{ type: 'order', messageId: order.id }]);
    expect(client.undelivered).toEqual([expect.objectContaining({ id: chat.id, outcome: 'unknown' })]);
    expect(client.closes).toHaveLength(1);
    expect(client.opens.map(({ resumed }) => resumed)).toEqual([false, true]);
    expect(client.messages.map(({ seq }) => seq)).toEqual([7, 8]);
    expect(client.gaps).toEqual([]);
  });

  it('works before the first message arrived, for welcome says where the stream is', async () => {
    const client = await openClient();
    client.net.last.receive({ type: 'welcome', epoch: 'e', seq: 41 });
    client.net.last.drop();
    const next = await client.reopen();
    expect(param(next, 'lastSeq')).toBe('41');
    expect(param(next, 'epoch')).toBe('e');
    next.receive({ type: 'welcome', epoch: 'e', seq: 41 });
    next.receive({ type: 'chat', seq: 42 });
    expect(client.messages).toEqual([{ type: 'chat', seq: 42 }]);
    expect(client.gaps).toEqual([]);
  });

  it('works before the first message also on a stream that starts at 0', async () => {
    const client = await openClient();
    client.net.last.receive({ type: 'welcome', epoch: 'e', seq: 0 });
    client.net.last.drop();
    expect(param(await client.reopen(), 'lastSeq')).toBe('0');
  });

  it.each([
    ['a number under another name', { type: 'chat', offset: 9, id: 9, sequence: 9 }],
    ['text', { type: 'chat', seq: '9' }],
    ['a broken number', { type: 'chat', seq: 9.5 }],
    ['a number past the safe ones', { type: 'chat', seq: 2 ** 53 }],
    ['nothing', { type: 'chat', seq: null }],
    ['a member of the payload', { type: 'chat', data: { seq: 9 } }],
  ])('does not infer a cursor from %s', async (_name, message) => {
    const client = await openClient();
    client.net.last.receive(message);
    client.net.last.receive(message);
    expect(client.messages).toEqual([message, message]);
    client.net.last.drop();
    const next = await client.reopen();
    expect(param(next, 'lastSeq')).toBeNull();
    expect(client.opens.at(-1)).toMatchObject({ resumed: false });
  });

  it('does not take the number of a channel that nobody subscribed to for its own cursor of that channel', async () => {
    const client = await openClient();
    client.net.last.receive({ type: 'welcome', epoch: 'e', seq: 1 });
    client.socket.channel('room').onMessage(() => {});
    client.net.last.receive({ type: 'subscribed', channel: 'room', ref: 1, epoch: 'r', seq: 500 });
    client.net.last.receive({ type: 'chat', channel: 'room', seq: 501 });
    client.net.last.drop();
    const next = await client.reopen();
    expect(param(next, 'lastSeq')).toBe('1');
    expect(next.frames).toContainEqual(expect.objectContaining({ type: 'subscribe', lastSeq: 501, epoch: 'r' }));
  });
});

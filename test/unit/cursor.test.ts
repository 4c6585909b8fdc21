import { describe, expect, it } from 'vitest';
import type { SocketEvents } from '../../src/index.js';
import { ScriptedClient } from '../support/harness.js';

const watched = async (): Promise<{ client: ScriptedClient; cursors: SocketEvents['cursor'][] }> => {
  const client = new ScriptedClient();
  const cursors: SocketEvents['cursor'][] = [];
  client.socket.on('cursor', (event) => cursors.push(event));
  await client.settle();
  return { client, cursors };
};
const on = (channel: string | undefined, seq: number, epoch = 'e'): SocketEvents['cursor'] => ({
  channel,
  to: { seq, epoch },
});

describe('the event `cursor`', () => {
  it('tells where the server says that the stream begins, before any message', async () => {
    const { client, cursors } = await watched();
    client.open({ type: 'welcome', epoch: 'e', seq: 4 });
    expect(cursors).toEqual([on(undefined, 4)]);
  });

  it('tells where each message and each gap has led, after their listeners, as `continuation()` does', async () => {
    const { client, cursors } = await watched();
    client.open({ type: 'welcome', epoch: 'e', seq: 4, contiguous: true });
    const heard: number[] = [];
    client.socket.on('cursor', () => heard.push(client.messages.length));
    client.receive({ type: 'm', seq: 5 }, { type: 'm', seq: 8 }, { type: 'unnumbered' });
    expect(cursors.slice(1)).toEqual([on(undefined, 5), on(undefined, 7), on(undefined, 8), on(undefined, 8)]);
    expect(heard).toEqual([1, 1, 2, 3]);
    expect(client.socket.continuation().cursors).toEqual([{ seq: 8, epoch: 'e' }]);
  });

  it('names the channel', async () => {
    const { client, cursors } = await watched();
    client.socket.channel('news').onMessage(() => {});
    client.open();
    const [{ ref }] = client.written('subscribe') as [{ ref: number }];
    client.receive({ type: 'subscribed', channel: 'news', ref, seq: 8, epoch: 'e' });
    client.receive({ type: 'm', seq: 9, channel: 'news' });
    expect(cursors).toEqual([on('news', 8), on('news', 9)]);
  });

  it('is never ahead of what was delivered, also for what waited for a snapshot while the link died', async () => {
    const fill: (() => void)[] = [];
    const client = new ScriptedClient({ onGap: () => new Promise<void>((resolve) => fill.push(resolve)) });
    const cursors: unknown[] = [];
    client.socket.on('cursor', ({ to }) => cursors.push(to.seq));
    await client.settle();
    client.open({ type: 'welcome', epoch: 'e', seq: 4 });
    client.receive({ type: 'reset', epoch: 'e', seq: 9, reason: 'trimmed' });
    client.receive({ type: 'm', seq: 10 }, { type: 'unnumbered' });
    client.ws.drop();
    fill[0]?.();
    await client.settle();
    expect(client.heard).toEqual(['unnumbered']);
    expect(cursors).toEqual([4, 9, 9]);
  });

  it('does not go back behind a snapshot for an unnumbered message that waited for it', async () => {
    const fill: ((cursor: { seq: number }) => void)[] = [];
    const client = new ScriptedClient({ onGap: () => new Promise((resolve) => fill.push(resolve)) });
    const cursors: unknown[] = [];
    client.socket.on('cursor', ({ to }) => cursors.push(to.seq));
    await client.settle();
    client.open({ type: 'welcome', epoch: 'e', seq: 4 });
    client.receive({ type: 'reset', epoch: 'e', seq: 9, reason: 'trimmed' });
    client.receive({ type: 'm', seq: 10 }, { type: 'unnumbered' }, { type: 'm', seq: 21 });
    fill[0]?.({ seq: 20 });
    await client.settle();
    expect(client.heard).toEqual(['unnumbered', 21]);
    expect(cursors).toEqual([4, 9, 20, 20, 21]);
  });

  it('tells what a snapshot includes', async () => {
    const client = new ScriptedClient({ onGap: () => ({ seq: 20 }) });
    const cursors: unknown[] = [];
    client.socket.on('cursor', ({ to }) => cursors.push(to.seq));
    await client.settle();
    client.open({ type: 'welcome', epoch: 'e', seq: 4 });
    client.receive({ type: 'm', seq: 5 }, { type: 'reset', epoch: 'e', seq: 9, reason: 'trimmed' });
    await client.settle();
    expect(cursors).toEqual([4, 5, 9, 20]);
  });
});

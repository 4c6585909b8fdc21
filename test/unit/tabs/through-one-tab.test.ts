import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Gap, queue } from '../../../src/index.js';
import { type SharedSocket, shareAcrossTabs } from '../../../src/tabs/index.js';
import { ScriptedClient } from '../../support/harness.js';
import { locksOfOneTab } from '../../support/one-tab.js';
import { until } from '../../support/until.js';

let client: ScriptedClient;
let tab: SharedSocket;

beforeEach(async () => {
  vi.stubGlobal('navigator', { locks: locksOfOneTab() });
  client = new ScriptedClient({ policies: { order: queue({ ack: 'message' }) } });
  tab = shareAcrossTabs(() => client.socket, { name: 'through-one-tab' });
  await until(() => tab.state.status === 'connecting', { message: 'the tab leads' });
  client.open({ type: 'welcome', epoch: 'e', seq: 1 });
});
afterEach(async () => {
  await tab.close();
  vi.unstubAllGlobals();
});

describe('through a tab', () => {
  it('a gap is told at the tab and at its channel, and no message is told as one', async () => {
    const gaps: Gap[] = [];
    const ofRoom: Gap[] = [];
    const room = tab.channel('room');
    tab.on('gap', (gap) => gaps.push(gap));
    room.on('gap', (gap) => ofRoom.push(gap));
    room.onMessage(() => {});
    await client.settle();
    client.receive({ type: 'm', seq: 2 }, { type: 'reset', epoch: 'e', seq: 5, reason: 'trimmed' });
    expect(gaps).toMatchObject([{ channel: undefined, from: 2, to: 5, reason: 'trimmed' }]);
    const [{ ref } = {}] = client.written('subscribe');
    client.receive({ type: 'subscribed', channel: 'room', ref, epoch: 'r', seq: 3 });
    client.receive({ type: 'reset', channel: 'room', epoch: 'r', seq: 7, reason: 'trimmed' });
    expect(ofRoom).toMatchObject([{ channel: 'room', from: 3, to: 7 }]);
    expect(gaps).toHaveLength(2);
  });

  it('a message goes as its own type does, and only a request wants an answer', async () => {
    const plain = tab.send({ type: 'note', n: 1 });
    expect(await plain.settled).toEqual({ outcome: 'sent' });
    const answer = tab.request<{ at: number }>({ type: 'note', n: 2 });
    expect(client.written('note').map(({ messageId }) => typeof messageId)).toEqual(['undefined', 'string']);
    client.ack(String(client.written('note')[1]?.messageId), { at: 7 });
    expect(await answer).toEqual({ at: 7 });
  });

  it('a message that no store has is said to be not durable, once it has ended', async () => {
    const receipt = tab.send({ type: 'order', n: 1 });
    client.ack(receipt);
    expect(await receipt.durable).toBe(false);
  });

  it('a channel that is left is given back to the server, and may be followed anew', async () => {
    const first = tab.channel('room');
    first.onMessage(() => {});
    await client.settle();
    first.close();
    await client.settle();
    tab.channel('room').onMessage(() => {});
    await client.settle();
    const said = client.written().filter(({ channel }) => channel === 'room');
    expect(said.map(({ type }) => type)).toEqual(['subscribe', 'unsubscribe', 'subscribe']);
  });
});

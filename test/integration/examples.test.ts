import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { startPlainServer } from '../../examples/plain-server.js';
import { type Child, runNode } from '../support/child.js';
import { until } from '../support/until.js';

let child: Child | undefined;

afterEach(() => {
  if (child !== undefined && child.ended === undefined) child.process.kill('SIGKILL');
});

describe('examples/chat.ts', () => {
  it('gives both people every message once and in one order, although they are cut off, and ends by itself', async () => {
    const run = runNode(['--import', 'tsx', 'examples/chat.ts']);
    child = run;
    await until(() => run.ended !== undefined, { timeout: 15_000, message: 'it ends' });
    expect(run.errors.join('')).toBe('');
    expect(run.ended).toEqual({ code: 0, signal: null });

    const { lines } = run;
    const cuts = ['ann was cut off', 'bob was cut off'];
    expect(lines.slice(0, 2).sort()).toEqual(['ann is here', 'bob is here']);
    // Between the two cuts one of them may already be back.
    expect(lines.slice(2, -3).sort()).toEqual(['ann is back', cuts[0], 'bob is back', cuts[1]]);
    expect(lines.at(-1)).toBe('12 of 12 were acked');

    const heard = lines.slice(-3, -1).map((line) => line.split(' received '));
    expect(heard.map(([name]) => name)).toEqual(['ann', 'bob']);
    const [byAnn = '', byBob] = heard.map(([, messages]) => messages);
    expect(byAnn).toBe(byBob);
    const messages = byAnn.split(', ');
    const words = ['one', 'two', 'three', 'four', 'five', 'six'];
    for (const name of ['ann', 'bob']) {
      const own = messages.filter((message) => message.startsWith(name));
      expect(own).toEqual(words.map((word) => `${name}: ${word}`));
    }
    expect(messages).toHaveLength(2 * words.length);
  });
});

describe('examples/plain-server.ts', () => {
  it('acks a message that comes again, and publishes it once', async () => {
    const server = startPlainServer();
    await once(server, 'listening');
    const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
    onTestFinished(() => {
      client.terminate();
      server.close();
    });
    const frames: { readonly type: string }[] = [];
    client.on('message', (data) => frames.push(JSON.parse(String(data))));
    await once(client, 'open');
    for (const messageId of ['a', 'a', 'b']) client.send(JSON.stringify({ type: 'chat', text: 'hi', messageId }));
    client.send(JSON.stringify({ type: 'ping', t: 7 }));
    await until(() => frames.some(({ type }) => type === 'pong'));
    expect(frames).toEqual([
      { type: 'welcome', epoch: expect.any(String), seq: 0 },
      { type: 'chat', text: 'hi', seq: 1 },
      { type: 'ack', messageId: 'a' },
      { type: 'ack', messageId: 'a' },
      { type: 'chat', text: 'hi', seq: 2 },
      { type: 'ack', messageId: 'b' },
      { type: 'pong', t: 7 },
    ]);
  });
});

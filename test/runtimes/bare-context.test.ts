import { createContext, runInContext } from 'node:vm';
import { describe, expect, inject, it } from 'vitest';
import { WebSocket } from 'ws';
import type * as Library from '../../src/index.js';
import { useNetwork } from '../support/network.js';
import { singleFile } from '../support/single-file.js';
import { until } from '../support/until.js';

// An engine alone, as React Native has it: the language, a WebSocket and timers, and nothing else of a platform.

const network = useNetwork();
const script = await singleFile(inject('packageFolder'));

const load = (globals: object): { library: typeof Library; evaluate(code: string): unknown } => {
  const context = createContext({ ...globals });
  // V8 puts one into every context.
  runInContext('delete globalThis.console', context);
  runInContext(script, context, { filename: 'reliable-socket.js' });
  const evaluate = (code: string): unknown => runInContext(code, context);
  // Safe: the script sets it.
  return { library: evaluate('library') as typeof Library, evaluate };
};

describe('the built package in an empty context', () => {
  it('loads where there is no global at all, and says so when it is to connect', async () => {
    const { library } = load({});
    const socket = new library.ReliableSocket('ws://localhost');
    socket.connect();
    expect(socket.state).toMatchObject({ status: 'closed', reason: 'no-websocket', error: { code: 'no-websocket' } });
  });

  it('works with nothing but WebSocket and timers', async () => {
    const { library, evaluate } = load({ WebSocket, setTimeout, clearTimeout });
    const absent = [
      'URL',
      'Event',
      'EventTarget',
      'AbortController',
      'TextEncoder',
      'crypto',
      'performance',
      'console',
    ];
    expect(absent.map((name) => evaluate(`typeof ${name}`))).toEqual(absent.map(() => 'undefined'));
    expect(evaluate('typeof queueMicrotask')).toBe('undefined');

    const server = await network.server();
    const proxy = await network.proxy(server.port);
    const { queue, ReliableSocket } = library;
    const socket = new ReliableSocket(proxy.url, {
      backoff: { base: 20, max: 100 },
      policies: { order: queue({ ack: 'message' }) },
    });
    try {
      const heard: unknown[] = [];
      const opens: unknown[] = [];
      socket.onMessage('news', ({ n }) => heard.push(n));
      socket.on('open', ({ resumed }) => opens.push(resumed));
      await socket.opened();
      expect(await socket.send({ type: 'order', n: 1 }).settled).toMatchObject({ outcome: 'acked', by: 'ack' });
      server.publish({ type: 'news', n: 1 });
      await until(() => heard.length === 1);
      proxy.inject('rst');
      server.publish({ type: 'news', n: 2 });
      expect(await socket.send({ type: 'order', n: 2 }).settled).toMatchObject({ outcome: 'acked' });
      await until(() => heard.length === 2);
      expect(heard).toEqual([1, 2]);
      expect(opens).toEqual([false, true]);
      expect(server.received.map(({ message }) => message.n)).toEqual([1, 2]);
    } finally {
      await socket.close();
    }
  });
});

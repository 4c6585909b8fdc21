import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import WebSocket, { WebSocketServer } from 'ws';
import { ReliableSocket } from '../../../src/index.js';
import { createServer } from '../../../src/server/index.js';
import { shareAcrossTabs } from '../../../src/tabs/index.js';

afterEach(() => vi.unstubAllGlobals());

describe.each([
  ['Web Locks', { navigator: {} }],
  ['any navigator', { navigator: undefined }],
  ['BroadcastChannel', { BroadcastChannel: undefined, navigator: { locks: {} } }],
])('without %s', (_missing, globals) => {
  it('each tab has a socket of its own, with all that it can', async () => {
    for (const [name, value] of Object.entries(globals)) vi.stubGlobal(name, value);
    const orders: unknown[] = [];
    const server = createServer({
      onMessage({ n }) {
        orders.push(n);
        return undefined;
      },
    });
    const sockets = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    server.attach(sockets);
    await once(sockets, 'listening');
    const { port } = sockets.address() as AddressInfo; // safe: it listens on TCP
    const open = () =>
      shareAcrossTabs(() => new ReliableSocket(`ws://127.0.0.1:${port}`, { WebSocket }), {
        name: 'one',
      });
    const tabs = [open(), open()];
    const heard: unknown[][] = [[], []];
    try {
      tabs.forEach((tab, i) => {
        tab.onMessage('news', ({ n }) => heard[i]?.push(n));
      });
      await Promise.all(tabs.map((tab) => tab.opened()));
      expect(sockets.clients.size).toBe(2);
      server.publish({ type: 'news', n: 1 });
      expect(await Promise.all(tabs.map((tab, n) => tab.request({ type: 'order', n })))).toHaveLength(2);
      expect(orders.sort()).toEqual([0, 1]);
      expect(heard).toEqual([[1], [1]]);
      for (const tab of tabs) {
        expect(tab.state.status).toBe('open');
        expect(tab.outbox.size).toBe(0);
        expect(tab.stats()?.opened).toBe(1);
      }
    } finally {
      await Promise.all(tabs.map((tab) => tab.close()));
      sockets.close();
      await server.close({ within: 0 });
    }
  });
});

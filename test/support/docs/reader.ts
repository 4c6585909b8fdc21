/** What the code on the pages takes from its reader's program, from a block above it, or from another library. */
export const READER = `
import type { createClient as createRedisClient } from 'redis';
import type * as ours from 'reliable-socket';
import type { OutboxStore } from 'reliable-socket';
import type * as server from 'reliable-socket/server';
import type * as redis from 'reliable-socket/server/redis';
import type * as websocket from 'reliable-socket/websocket';
import type { WebSocketServer as WsServer } from 'ws';

declare global {
  type Incoming = { type: 'chat'; text: string } | { type: 'price'; symbol: string; bid: number };
  type Outgoing = { type: 'chat'; text: string } | { type: 'order'; sku: string };
  const socket: ours.ReliableSocket<Incoming, Outgoing>;
  const queue: typeof ours.queue;
  const ReliableSocket: typeof ours.ReliableSocket;
  const ReliableSocketError: typeof ours.ReliableSocketError;
  const ReconnectingWebSocket: typeof websocket.ReconnectingWebSocket;
  const createServer: typeof server.createServer;
  const redisLog: typeof redis.redisLog;

  const url: string;
  const protocols: string[];
  const token: string;
  const text: string;
  const userId: string;
  const getUrl: () => Promise<string>;
  const loadSnapshot: (channel: string | undefined) => Promise<{ seq: number }>;
  const render: (message: unknown) => void;
  const show: (what: unknown) => void;
  const wait: () => void;
  const run: (message: object) => Promise<unknown>;
  const db: { one(query: string, values: unknown[]): Promise<{ id: string }> };
  const client: ReturnType<typeof createRedisClient>;
  const myStore: { (data: string): OutboxStore; kill(store: OutboxStore): Promise<void> };

  const WebSocketServer: typeof WsServer;
  const test: (name: string, run: () => unknown) => void;
  const useSyncExternalStore: <T>(listen: (changed: () => void) => () => void, get: () => T, first?: () => T) => T;
  const useState: <T>(first: () => T) => [T, (value: T) => void];
  const useEffect: (run: () => () => void, dependencies: readonly unknown[]) => void;
  const shallowRef: <T = unknown>(value?: T) => { value: T };
  const onScopeDispose: (run: () => void) => void;
  const readable: <T>(value: T, start: (set: (value: T) => void) => () => void) => { subscribe: unknown };
  const createSignal: <T>(value: T) => [() => T, (value: T) => T];
  const onCleanup: (run: () => void) => void;
  const Bun: { serve(options: object): unknown };
  const WebSocketPair: new () => Record<0 | 1, WebSocket & { accept(): void }>;
  interface ResponseInit { webSocket?: unknown }
}
`;

/** `ws` gives bytes to whoever hands them to `JSON.parse`, which takes them. */
export const UNTYPED = "declare module 'ws';";

import {
  type ScriptedSocket,
  type ScriptedSockets,
  scriptedSockets,
  VirtualClock,
  virtualEnvironment,
} from '../../src/testing/index.js';
import type { ProtocolsSource, ReconnectingWebSocketOptions, UrlSource } from '../../src/websocket/index.js';
import { ReconnectingWebSocket } from '../../src/websocket/index.js';

/** A drop-in on a virtual clock whose sockets are the test's own, and what it told, in order. */
export interface ScriptedDropIn {
  readonly clock: VirtualClock;
  readonly net: ScriptedSockets;
  readonly socket: ReconnectingWebSocket;
  /** When each socket was made, in ms since the start. */
  readonly dials: readonly number[];
  /** `open`, `error`, `close 1006`, `message hello`, `drop hello`. */
  readonly told: readonly string[];
  /** Lets this much time pass, promises included. */
  later(ms: number): Promise<void>;
  /** Opens the newest socket. */
  open(): ScriptedSocket;
}

export interface Beginnings {
  /** @default 'wss://example.test/live' */
  readonly url?: UrlSource;
  readonly protocols?: ProtocolsSource;
  readonly random?: () => number;
  /** @default a clock of its own */
  readonly clock?: VirtualClock;
}

/** No jitter, no page, unless the options say so: delays are 1, 2, 4 s. */
export const startDropIn = (
  options: ReconnectingWebSocketOptions = {},
  { url = 'wss://example.test/live', protocols, random = () => 0.5, clock = new VirtualClock() }: Beginnings = {},
): ScriptedDropIn => {
  const began = clock.now();
  const dials: number[] = [];
  const net = scriptedSockets(() => dials.push(clock.now() - began));
  const socket = new ReconnectingWebSocket(url, protocols, {
    WebSocket: net.WebSocket,
    lifecycle: false,
    jitter: 'none',
    ...options,
    environment: virtualEnvironment({ clock, random, WebSocket: net.WebSocket }),
  });
  const told: string[] = [];
  socket.addEventListener('open', () => told.push('open'));
  socket.addEventListener('error', () => told.push('error'));
  socket.addEventListener('close', ({ code }) => told.push(`close ${code}`));
  socket.addEventListener('message', ({ data }) => told.push(`message ${data}`));
  // Safe: the event is a MessageEvent; it is not one of the standard's.
  socket.addEventListener('drop', (event) => told.push(`drop ${(event as MessageEvent).data}`));
  return {
    clock,
    net,
    socket,
    dials,
    told,
    later: (ms) => clock.advanceAsync(ms),
    open() {
      net.last.open();
      return net.last;
    },
  };
};

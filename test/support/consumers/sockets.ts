import { WebSocket as PartySocket } from 'partysocket';
import { WebSocket as Ws } from 'ws';
import { ReconnectingWebSocket, type ReconnectingWebSocketOptions } from '../../../src/websocket/index.js';
import type { SocketClass } from './report.js';

/** Delays for a test's patience. */
const HASTY = { minReconnectionDelay: 20, maxReconnectionDelay: 100 };

/** The class as a consumer takes it: made with its own options. */
export const dropIn = (options: ReconnectingWebSocketOptions): SocketClass =>
  class extends ReconnectingWebSocket {
    constructor(url: string | URL, protocols?: string | string[]) {
      super(url, protocols, { WebSocket: Ws, ...HASTY, ...options });
    }
  };

/** The same with partysocket, for comparison. */
export const partySocket: SocketClass = class extends PartySocket {
  constructor(url: string | URL, protocols?: string | string[]) {
    super(String(url), protocols, { WebSocket: Ws, ...HASTY });
  }
} as unknown as SocketClass; // safe: its instances differ from the standard's in types only

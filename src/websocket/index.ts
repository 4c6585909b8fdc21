export type { WrappedWebSocket, WrappedWebSocketConstructor } from './link.js';
export type { Data } from './message-queue.js';
export type {
  ProtocolsSource,
  ReconnectingWebSocketOptions,
  ShouldReconnect,
  SocketData,
  SocketHeartbeat,
  UrlSource,
} from './options.js';
export {
  ReconnectingWebSocket,
  ReconnectingWebSocket as default,
  ReconnectingWebSocket as WebSocket,
} from './reconnecting-websocket.js';
export type { LossContext } from './reconnector.js';
export { untilOpen } from './until-open.js';

export type { JsonOptions } from '../protocol/json.js';
export type { ClientFrame, ServerFrame, ServerProtocol } from '../protocol/server-frames.js';
export type { Batch } from './batch.js';
export { ServerError, type ServerErrorCode } from './errors.js';
export { serverJson } from './json.js';
export { type MemoryIds, type MemoryIdsOptions, memoryIds } from './memory-ids.js';
export { type MemoryLogOptions, memoryLog } from './memory-log.js';
export type { AnyMessage, Client, Credentials, MessageContext, Result, ServerOptions } from './options.js';
export { isAllowedOrigin } from './origins.js';
export {
  type CloseOptions,
  createServer,
  type PublishOptions,
  ReliableServer,
  type ServerStats,
} from './reliable-server.js';
export type {
  Answer,
  Appended,
  Claim,
  Cursor,
  Entry,
  IdMemory,
  LogListener,
  Once,
  ReplayLog,
  Seats,
  Slice,
  SliceLimit,
} from './replay-log.js';
export type { Identity, Limits, Refusal } from './session/io.js';
export type { Connection, Transport, Upgrade } from './transport.js';
export type { WsServer } from './ws/ws-server.js';

/// <reference lib="esnext.disposable" />

export { Channel, type ChannelEvents } from './channel.js';
export type { Jitter } from './core/backoff.js';
export type {
  ChannelState,
  ClosedReason,
  CloseInfo,
  CloseVerdict,
  Continuation,
  Cursor,
  Gap,
  LifecycleSignal,
  LossCause,
  NamedCursor,
  OutcomeName,
  Overflow,
  Place,
  ReceiptStatus,
  TokenReason,
} from './core/io.js';
export type { ListenOptions, Unsubscribe } from './emitter.js';
export type { Environment, WebSocketConstructor, WebSocketLike } from './environment.js';
export { CloseCode, type ErrorCode, type ErrorDetail, ReliableSocketError } from './errors.js';
export { type Lifecycle, pageLifecycle } from './lifecycle/page.js';
export type { IterateOptions } from './messages.js';
export {
  type AuthOptions,
  type BackoffOptions,
  type ConnectOptions,
  defaults,
  type HeartbeatOptions,
  type QueueOptions,
  type ReliableSocketOptions,
  type ResumeOptions,
  type TokenRequest,
  type TokenResult,
  type UrlProvider,
} from './options.js';
export { Outbox, type OutboxEntry } from './outbox.js';
export {
  type DirectPolicy,
  drop,
  type LatestPolicy,
  type LatestPolicyOptions,
  latest,
  type QueuePolicy,
  type QueuePolicyOptions,
  queue,
  reject,
  type SendPolicy,
} from './policies.js';
export type {
  AckFrame,
  Encoded,
  GoawayFrame,
  HeadFrame,
  InboundFrame,
  Message,
  MessageFrame,
  NackFrame,
  OutboundFrame,
  Protocol,
  UnsubscribedFrame,
  WelcomeFrame,
} from './protocol/frames.js';
export { type ControlType, type EnvelopeField, type FieldName, type JsonOptions, json } from './protocol/json.js';
export type { Outcome, Receipt } from './receipt.js';
export { ReliableSocket } from './reliable-socket.js';
export type { StandardSchema } from './schema.js';
export type {
  CloseOptions,
  RequestOptions,
  SendOptions,
  SocketEvents,
  SocketState,
  SocketStats,
  Undelivered,
} from './socket-types.js';
export type { OutboxStore, StoredMessage } from './store.js';
export type { AnyMessage, MessageOf, Outgoing, TypeOf } from './types.js';

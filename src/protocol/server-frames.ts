import type { InboundFrame, Message, MessageFrame } from './frames.js';

/** Frames that a server reads. They come from outside: a field that is not of its type counts as missing. */
export type ClientFrame =
  | { readonly kind: 'message'; readonly message: Message; readonly channel?: string; readonly messageId?: string }
  | { readonly kind: 'ping' | 'pong'; readonly t?: unknown }
  | { readonly kind: 'auth'; readonly token?: string; readonly messageId?: string }
  | {
      readonly kind: 'subscribe';
      readonly channel?: string;
      readonly ref?: number;
      readonly lastSeq?: number;
      readonly epoch?: string;
      readonly client?: string;
      readonly conn?: number;
    }
  | { readonly kind: 'unsubscribe'; readonly channel?: string }
  /** A control frame that only a client reads. */
  | { readonly kind: 'ignored' };

/** Frames that a server writes, but for numbered messages: those are made from what the log holds. */
export type ServerFrame = Exclude<InboundFrame, MessageFrame>;

/** The seam between the server and the bytes. `decode` and `pack` throw for what can not be read or sent. */
export interface ServerProtocol {
  decode(text: string): ClientFrame;
  encode(frame: ServerFrame): string;
  /** What the log keeps of an application message. */
  pack(message: Message): string;
  /** A message from the log as it goes over the wire. */
  number(packed: string, seq: number, channel: string | undefined): string;
}

/** What a WebSocket takes and gives: text, or bytes where a protocol of your own uses them. */
export type Encoded = string | ArrayBuffer | Uint8Array<ArrayBuffer>;

/** The least that every application message has. */
export interface Message {
  readonly type: string;
}

/** Frames that the client writes. Names and meaning: PROTOCOL.md. */
export type OutboundFrame =
  | {
      readonly kind: 'message';
      readonly message: Message;
      readonly channel?: string | undefined;
      readonly messageId?: string | undefined;
    }
  | { readonly kind: 'ping'; readonly t: number }
  | { readonly kind: 'pong'; readonly t?: unknown }
  | { readonly kind: 'auth'; readonly token: string; readonly messageId: string }
  | {
      readonly kind: 'subscribe';
      readonly channel?: string;
      readonly ref: number;
      readonly lastSeq?: number;
      readonly epoch?: string;
      readonly client?: string;
      readonly conn?: number;
    }
  | { readonly kind: 'unsubscribe'; readonly channel: string };

/** Where a stream stands on the server, as `welcome`, `subscribed` and `reset` tell it. */
export interface HeadFrame {
  readonly channel?: string;
  readonly epoch?: string;
  readonly seq?: number;
  readonly contiguous?: boolean;
  readonly recovered?: number;
}

export interface WelcomeFrame extends HeadFrame {
  readonly kind: 'welcome';
  readonly v?: number;
  readonly heartbeat?: number;
  readonly ids?: number;
  readonly rate?: number;
}

export interface GoawayFrame {
  readonly kind: 'goaway';
  readonly retryAfter?: number;
  readonly within?: number;
  readonly reason?: string;
}

export interface MessageFrame {
  readonly kind: 'message';
  readonly message: Message;
  readonly seq?: number | undefined;
  readonly channel?: string | undefined;
}

export interface AckFrame {
  readonly kind: 'ack';
  readonly messageId?: string;
  readonly messageIds?: readonly string[];
  readonly data?: unknown;
}

export interface NackFrame {
  readonly kind: 'nack';
  readonly messageId?: string;
  readonly code?: string | number;
  readonly message?: string;
  /** `true`, or the ms to wait before the same message is sent again. */
  readonly retry?: boolean | number;
}

export interface UnsubscribedFrame {
  readonly kind: 'unsubscribed';
  readonly channel?: string;
  readonly ref?: number;
  readonly code?: string | number;
  readonly message?: string;
  readonly retry?: boolean | number;
}

/** Frames that the client reads. */
export type InboundFrame =
  | MessageFrame
  | WelcomeFrame
  | GoawayFrame
  | AckFrame
  | NackFrame
  | UnsubscribedFrame
  | { readonly kind: 'ping' | 'pong'; readonly t?: unknown }
  | ({ readonly kind: 'subscribed'; readonly ref?: number } & HeadFrame)
  | ({ readonly kind: 'reset'; readonly reason?: string } & HeadFrame);

/**
 * The seam between the client and the bytes: bring your own to speak msgpack or another envelope.
 *
 * `encode` throws for a message that can not be sent, and the `send` call throws with it. What it returns is kept until it
 * is sent, or proved: a buffer of its own for each frame. `decode` throws for a frame that can not be read; it is told as
 * an `error` event with code `bad-frame` and the connection goes on.
 *
 * `encode` must know `ping` (unless `heartbeat: false`), `pong` if the server pings, `subscribe` and `unsubscribe` if there
 * are channels or `resume.via` is `'message'`, and `auth` if `auth.via` is `'message'`. What it throws for one of these is
 * told as `bad-frame`, and the frame is not written. A `seq` of a message that is no safe integer counts as none; `decode`
 * looks after the types of all other fields.
 */
export interface Protocol {
  encode(frame: OutboundFrame): Encoded;
  decode(data: unknown): InboundFrame;
  /** True if pings are a bare text without a number: they then show life, but prove no receipt. */
  readonly literalPing?: boolean;
}

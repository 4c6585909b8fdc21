import type { Answer } from './answers.js';

/** An application message as the server took it. */
export interface Received {
  /** Without `messageId` and `channel`. */
  readonly message: { readonly type: string; readonly [field: string]: unknown };
  readonly messageId: string | undefined;
  readonly channel: string | undefined;
  /** The instance id of the client, if it told one. */
  readonly client: string | undefined;
}

/** `refused` closes with 4401, `forbidden` with 4403; a number is the HTTP status of the upgrade. */
export type TokenVerdict = 'ok' | 'refused' | 'forbidden' | 401 | 403;

/** Why a channel is not given, or taken away. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly retry?: boolean;
}

/** They may be changed while the server runs; what happens next goes by the new ones. Times in ms. */
export interface ReferenceServerOptions {
  /** @default 0, any free one */
  port?: number;
  /** Whether messages carry a `seq` and are kept for replay. @default true */
  numbered?: boolean;
  /** How many messages of each stream are kept for replay. @default Infinity */
  keep?: number;
  /** The name of the numbering; `false` names none. @default drawn at random */
  epoch?: string | false;
  /** Whether `welcome` is said; an object adds fields, or replaces them. @default true */
  welcome?: boolean | Readonly<Record<string, unknown>>;
  /** Whether the default stream begins at once, or with a `subscribe` without a channel. @default 'url' */
  resume?: 'url' | 'message';
  /** Whether messages with an id are answered; `'batch'` puts the plain acks of a turn into one frame. @default true */
  acks?: boolean | 'batch';
  /** For how long ids are remembered; `true` is 600_000, `false` is not at all. @default true */
  ids?: boolean | number;
  /** Whether pings are answered. @default true */
  pongs?: boolean;
  /** A connection that is silent for so long is destroyed. @default never */
  heartbeat?: number;
  /** Where the token is looked for, if there is `tokens`. @default 'query' */
  auth?: 'query' | 'subprotocol' | 'message';
  /** Judges a token, undefined if there is none. @default everybody is let in */
  tokens?: (token: string | undefined) => TokenVerdict;
  /** Names whom a token speaks for: ids and takeovers of different principals are kept apart. @default all are one */
  principal?: (token: string | undefined) => string | undefined;
  /** Judges a `subscribe`: true, or why not. @default true */
  authorize?: (channel: string, client: string | undefined) => true | Refusal;
  /** Takes a message; what it returns is the answer. @default a plain ack */
  onMessage?: (received: Received) => Answer | undefined | Promise<Answer | undefined>;
}

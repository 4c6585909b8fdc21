import type { Encoded, InboundFrame, Message, OutboundFrame, Protocol } from './frames.js';

/** Every control type, without the prefix that an application may have chosen. */
export const CONTROL_TYPES = [
  'ping',
  'pong',
  'welcome',
  'auth',
  'subscribe',
  'subscribed',
  'unsubscribe',
  'unsubscribed',
  'reset',
  'ack',
  'nack',
  'goaway',
] as const;

/** The control types of the protocol, without a prefix. An application message must not have one of them. */
export type ControlType = (typeof CONTROL_TYPES)[number];

/** Fields of the envelope: the server and the library set them beside the members of a message. */
export type EnvelopeField = 'seq' | 'channel' | 'messageId';

/** A field of any frame, by the name that PROTOCOL.md gives it. */
export type FieldName =
  | EnvelopeField
  | 'messageIds'
  | 'v'
  | 'epoch'
  | 'contiguous'
  | 'recovered'
  | 'heartbeat'
  | 'ids'
  | 'rate'
  | 'lastSeq'
  | 'ref'
  | 'client'
  | 'conn'
  | 't'
  | 'token'
  | 'data'
  | 'code'
  | 'message'
  | 'retry'
  | 'reason'
  | 'retryAfter'
  | 'within';

export interface JsonOptions {
  /** Other names for fields, for a server that has its own: `{ seq: 'offset', messageId: 'id' }`. @default {} */
  readonly fields?: Partial<Record<FieldName, string>>;
  /**
   * Put before each control type: with `'$'` a ping is `{"type":"$ping"}` and `ping` is free for your messages. The type
   * of what you send knows nothing of it, and goes on to refuse `ping` where it names its messages. @default ''
   */
  readonly prefix?: string;
  /**
   * Write the bare texts `ping` and `pong` for servers whose platform answers them while they sleep. They show that
   * the link is alive and prove no receipt, so `queue({ ack: 'pong' })` can not be used with them. @default false
   */
  readonly literalPing?: boolean;
}

type Fields = Record<string, unknown>;

const isCount = (value: unknown): boolean => typeof value === 'number' && value >= 0 && value < Infinity;
/** A number that a message may have, as PROTOCOL.md says. */
export const isSeq = (value: unknown): value is number => Number.isSafeInteger(value) && isCount(value);
const isText = (value: unknown): boolean => typeof value === 'string';
const isFlag = (value: unknown): boolean => typeof value === 'boolean';

/** A field of a control frame that is not of its type counts as missing, as PROTOCOL.md says. */
const VALID: Record<string, (value: unknown) => boolean> = {
  // Computed: written plainly it would set the prototype instead.
  ['__proto__']: () => false,
  v: isCount,
  seq: isSeq,
  ref: isCount,
  retry: (value) => isFlag(value) || isCount(value),
  heartbeat: isCount,
  ids: isCount,
  rate: isCount,
  recovered: isCount,
  retryAfter: isCount,
  within: isCount,
  epoch: isText,
  channel: isText,
  messageId: isText,
  reason: isText,
  code: (value) => isText(value) || typeof value === 'number',
  message: isText,
  contiguous: isFlag,
  messageIds: Array.isArray,
};

/** The `type` of a message or a frame. Throws where it is no string: then it is neither. */
const typeOf = (value: unknown): string => {
  // Safe: whatever it is, its type is looked at.
  const type: unknown = (value as Message | null | undefined)?.type;
  if (typeof type !== 'string') throw new TypeError(`"type" is ${String(type)}, wanted a string`);
  return type;
};

/** The default protocol: JSON text frames with a `type` in each. */
export const json = ({ fields = {}, prefix = '', literalPing = false }: JsonOptions = {}): Protocol => {
  const wireName = (field: string): string => (fields as Record<string, string | undefined>)[field] ?? field;
  const ownNames = new Map(Object.keys(fields).map((field) => [wireName(field), field]));
  const SEQ = wireName('seq');
  const CHANNEL = wireName('channel');
  const MESSAGE_ID = wireName('messageId');
  const channelStart = `,${JSON.stringify(CHANNEL)}:`;
  const messageIdStart = `,${JSON.stringify(MESSAGE_ID)}:`;
  const control = new Map<string, ControlType>(CONTROL_TYPES.map((type) => [prefix + type, type]));

  const encodeMessage = (message: Message, channel?: string, messageId?: string): string => {
    const type = typeOf(message);
    if (control.has(type)) throw new TypeError(`type "${type}" is reserved for the protocol`);
    // Not in a loop, which would take longer than the rest of the checks.
    const taken = (SEQ in message && SEQ) || (CHANNEL in message && CHANNEL) || (MESSAGE_ID in message && MESSAGE_ID);
    if (taken) throw new TypeError(`field "${taken}" is reserved for the envelope`);
    const text: string | undefined = JSON.stringify(message);
    if (!text?.startsWith('{"')) throw new TypeError('as JSON it is no object with a "type"');
    // Put behind the message's own text: a copy of the message with two fields more would cost as much as its encoding.
    let envelope = '';
    if (channel !== undefined) envelope += channelStart + JSON.stringify(channel);
    if (messageId !== undefined) envelope += messageIdStart + JSON.stringify(messageId);
    return envelope ? `${text.slice(0, -1)}${envelope}}` : text;
  };

  return {
    literalPing,
    encode(frame: OutboundFrame): Encoded {
      if (frame.kind === 'message') return encodeMessage(frame.message, frame.channel, frame.messageId);
      if (literalPing && (frame.kind === 'ping' || frame.kind === 'pong')) return frame.kind;
      const wire: Fields = { type: prefix + frame.kind };
      for (const [field, value] of Object.entries(frame)) if (field !== 'kind') wire[wireName(field)] = value;
      return JSON.stringify(wire);
    },
    decode(data: unknown): InboundFrame {
      if (literalPing && (data === 'ping' || data === 'pong')) return { kind: data };
      if (typeof data !== 'string') throw new TypeError('not a text frame');
      const wire = JSON.parse(data) as Fields; // safe: what has a type that is a string is an object
      const type = typeOf(wire);
      const kind = control.get(type);
      if (!kind) {
        // Safe: `type` was checked above, and the session looks whether the number is one, and the channel is known.
        return { kind: 'message', message: wire, seq: wire[SEQ], channel: wire[CHANNEL] } as unknown as InboundFrame;
      }
      const frame: Fields = {};
      for (const name of Object.keys(wire)) {
        const field = ownNames.get(name) ?? name;
        // A field that has another name on the wire: under its usual name it is the server's own.
        if (wireName(field) === name && (VALID[field]?.(wire[name]) ?? true)) frame[field] = wire[name];
      }
      frame.kind = kind;
      // Safe: `kind` is a control type, and every field that the session reads was checked against its type.
      return frame as unknown as InboundFrame;
    },
  };
};

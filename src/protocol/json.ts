import type { Encoded, InboundFrame, Message, OutboundFrame, Protocol } from './frames.js';

/** Before a prefix. */
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

/** The control types of the protocol, before a prefix. An application message must not have one of them. */
export type ControlType = (typeof CONTROL_TYPES)[number];

/** Fields of the envelope: the server and the library set them beside the members of a message. */
export type EnvelopeField = 'seq' | 'channel' | 'messageId';

/** A field of any frame, by the name that PROTOCOL.md gives it. */
export type FieldName =
  | EnvelopeField
  | 'messageIds'
  | 'epoch'
  | 'lastSeq'
  | 'ref'
  | 't'
  | 'token'
  | 'data'
  | 'code'
  | 'message'
  | 'retry'
  | 'reason';

export interface JsonOptions {
  /** Other names for fields, for a server that has its own: `{ seq: 'offset', messageId: 'id' }`. @default {} */
  readonly fields?: Partial<Record<FieldName, string>>;
  /** Put before each control type: with `'$'` a ping is `{"type":"$ping"}` and `ping` is free for your messages. @default '' */
  readonly prefix?: string;
  /**
   * Write the bare texts `ping` and `pong` for servers whose platform answers them while they sleep. They show that
   * the link is alive and prove no receipt, so `queue({ ack: 'pong' })` can not be used with them. @default false
   */
  readonly literalPing?: boolean;
}

type Fields = Record<string, unknown>;

const CONTROL: ReadonlySet<string> = new Set(CONTROL_TYPES);

const isCount = (value: unknown): boolean => typeof value === 'number' && value >= 0 && value < Infinity;
const isText = (value: unknown): boolean => typeof value === 'string';
const isFlag = (value: unknown): boolean => typeof value === 'boolean';

/** A field of a control frame that is not of its type counts as missing, as PROTOCOL.md says. */
const VALID: Record<string, (value: unknown) => boolean> = {
  seq: Number.isSafeInteger,
  ref: isCount,
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
  contiguous: isFlag,
  messageIds: Array.isArray,
};

/** The default protocol: JSON text frames with a `type` in each. */
export const json = ({ fields = {}, prefix = '', literalPing = false }: JsonOptions = {}): Protocol => {
  const wireName = (field: string): string => (fields as Record<string, string | undefined>)[field] ?? field;
  const ownName: Record<string, string> = {};
  for (const field of Object.keys(fields)) ownName[wireName(field)] = field;
  const SEQ = wireName('seq');
  const CHANNEL = wireName('channel');
  const MESSAGE_ID = wireName('messageId');
  const control = (type: string): string | undefined => {
    const name = type.startsWith(prefix) ? type.slice(prefix.length) : '';
    return CONTROL.has(name) ? name : undefined;
  };

  const encodeMessage = (message: Message, channel?: string, messageId?: string): string => {
    const type: unknown = (message as Message | null | undefined)?.type;
    if (typeof type !== 'string') throw new TypeError(`"type" is ${String(type)}, wanted a string`);
    if (control(type)) throw new TypeError(`type "${type}" is reserved for the protocol`);
    for (const field of [SEQ, CHANNEL, MESSAGE_ID]) {
      if (field in message) throw new TypeError(`field "${field}" is reserved for the envelope`);
    }
    if (channel === undefined && messageId === undefined) return JSON.stringify(message);
    return JSON.stringify({ ...message, [CHANNEL]: channel, [MESSAGE_ID]: messageId });
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
      const wire = JSON.parse(data) as Fields | null;
      const type = wire?.type;
      if (!wire || typeof type !== 'string') throw new TypeError('no "type" that is a string');
      const kind = control(type);
      if (!kind) {
        const { [SEQ]: seq, [CHANNEL]: channel } = wire;
        // The casts are safe: `type` was checked above, and the other two are used only where the test beside them held.
        return {
          kind: 'message',
          message: wire as unknown as Message,
          ...(Number.isSafeInteger(seq) && { seq: seq as number }),
          ...(typeof channel === 'string' && { channel }),
        };
      }
      const frame: Fields = { kind };
      for (const [name, value] of Object.entries(wire)) {
        const field = ownName[name] ?? name;
        if (field !== 'kind' && (VALID[field]?.(value) ?? true)) frame[field] = value;
      }
      // Safe: `kind` is a control type, and every field that the session reads was checked against its type.
      return frame as unknown as InboundFrame;
    },
  };
};

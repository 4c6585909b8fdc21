import type { Message } from './frames.js';
import { CONTROL_TYPES, isSeq, type JsonOptions } from './json.js';
import type { ClientFrame, ServerFrame, ServerProtocol } from './server-frames.js';

type Fields = Record<string, unknown>;

const CONTROL: ReadonlySet<string> = new Set(CONTROL_TYPES);
const READ: ReadonlySet<string> = new Set(['ping', 'pong', 'auth', 'subscribe', 'unsubscribe']);

const isText = (value: unknown): boolean => typeof value === 'string';

/** The fields that a server reads from control frames, with their types. */
const VALID: Readonly<Record<string, (value: unknown) => boolean>> = {
  token: isText,
  messageId: isText,
  channel: isText,
  epoch: isText,
  client: isText,
  ref: Number.isFinite,
  lastSeq: isSeq,
  conn: isSeq,
  t: () => true,
};

/** The server's side of `json()`, with the same options. */
export const serverJson = ({ fields = {}, prefix = '', literalPing = false }: JsonOptions = {}): ServerProtocol => {
  const wireName = (field: string): string => (fields as Record<string, string | undefined>)[field] ?? field;
  const SEQ = wireName('seq');
  const CHANNEL = wireName('channel');
  const MESSAGE_ID = wireName('messageId');
  const control = (type: string): string | undefined => {
    const name = type.startsWith(prefix) ? type.slice(prefix.length) : '';
    return CONTROL.has(name) ? name : undefined;
  };
  const seqStart = `,${JSON.stringify(SEQ)}:`;
  const channelStart = `,${JSON.stringify(CHANNEL)}:`;

  return {
    decode(text: string): ClientFrame {
      if (literalPing && (text === 'ping' || text === 'pong')) return { kind: text };
      const wire = JSON.parse(text) as Fields | null;
      const type = wire?.type;
      if (!wire || typeof type !== 'string') throw new TypeError('no "type" that is a string');
      const kind = control(type);
      if (kind === undefined) {
        const { [SEQ]: _, [CHANNEL]: channel, [MESSAGE_ID]: messageId, ...message } = wire;
        return {
          kind: 'message',
          message: message as unknown as Message, // safe: `type` was checked above
          ...(typeof channel === 'string' && { channel }),
          ...(typeof messageId === 'string' && { messageId }),
        };
      }
      if (!READ.has(kind)) return { kind: 'ignored' };
      const frame: Fields = { kind };
      for (const [field, isValid] of Object.entries(VALID)) {
        const value = wire[wireName(field)];
        if (value !== undefined && isValid(value)) frame[field] = value;
      }
      // Safe: `kind` is one of those that a server reads, and every field was checked against its type.
      return frame as unknown as ClientFrame;
    },
    encode(frame: ServerFrame): string {
      if (literalPing && (frame.kind === 'ping' || frame.kind === 'pong')) return frame.kind;
      const wire: Fields = { type: prefix + frame.kind };
      for (const [field, value] of Object.entries(frame)) if (field !== 'kind') wire[wireName(field)] = value;
      return JSON.stringify(wire);
    },
    pack(message: Message): string {
      const type: unknown = (message as Message | null | undefined)?.type;
      if (typeof type !== 'string') throw new TypeError(`"type" is ${String(type)}, wanted a string`);
      if (control(type)) throw new TypeError(`type "${type}" is reserved for the protocol`);
      for (const field of [SEQ, CHANNEL, MESSAGE_ID]) {
        if (field in message) throw new TypeError(`field "${field}" is reserved for the envelope`);
      }
      const text: string | undefined = JSON.stringify(message);
      if (!text?.startsWith('{"')) throw new TypeError('as JSON it is no object with a "type"');
      return text;
    },
    // The text of an object with at least its `type`: what belongs to the envelope goes before the last brace.
    number(packed: string, seq: number, channel: string | undefined): string {
      const tail = channel === undefined ? '}' : `${channelStart}${JSON.stringify(channel)}}`;
      return `${packed.slice(0, -1)}${seqStart}${seq}${tail}`;
    },
  };
};

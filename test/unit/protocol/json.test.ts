import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import type { OutboundFrame } from '../../../src/protocol/frames.js';
import { json } from '../../../src/protocol/json.js';

const plain = json();
const wire = (frame: OutboundFrame, protocol = plain): unknown => JSON.parse(String(protocol.encode(frame)));
/** What a text is read as. That a control frame keeps its `type` is of no interest: its `kind` says the same. */
const readText = (text: string, protocol = plain): unknown => {
  const { type: _, ...frame } = protocol.decode(text) as unknown as Record<string, unknown>;
  return frame;
};
const read = (frame: object, protocol = plain): unknown => readText(JSON.stringify(frame), protocol);
const CONTROL = [
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

describe('json', () => {
  it('writes each control frame under its own names', () => {
    expect(wire({ kind: 'ping', t: 3 })).toEqual({ type: 'ping', t: 3 });
    expect(wire({ kind: 'pong', t: { any: 1 } })).toEqual({ type: 'pong', t: { any: 1 } });
    expect(plain.encode({ kind: 'pong' })).toBe('{"type":"pong"}');
    expect(wire({ kind: 'auth', token: 'x', messageId: 'c-auth' })).toEqual({
      type: 'auth',
      token: 'x',
      messageId: 'c-auth',
    });
    expect(wire({ kind: 'subscribe', channel: 'a', ref: 1, lastSeq: 7, epoch: 'e', client: 'c', conn: 2 })).toEqual({
      type: 'subscribe',
      channel: 'a',
      ref: 1,
      lastSeq: 7,
      epoch: 'e',
      client: 'c',
      conn: 2,
    });
    expect(wire({ kind: 'unsubscribe', channel: 'a' })).toEqual({ type: 'unsubscribe', channel: 'a' });
  });

  it('writes a message as it is, with the fields of the envelope only where they are wanted', () => {
    const message = { type: 'chat', text: 'hi' };
    expect(plain.encode({ kind: 'message', message })).toBe('{"type":"chat","text":"hi"}');
    expect(wire({ kind: 'message', message, channel: 'a' })).toEqual({ ...message, channel: 'a' });
    expect(wire({ kind: 'message', message, messageId: 'm' })).toEqual({ ...message, messageId: 'm' });
    expect(message).toEqual({ type: 'chat', text: 'hi' });
  });

  it('reads a message as it came, with number and channel beside it', () => {
    expect(read({ type: 'chat', text: 'hi', seq: 42, channel: 'a' })).toEqual({
      kind: 'message',
      message: { type: 'chat', text: 'hi', seq: 42, channel: 'a' },
      seq: 42,
      channel: 'a',
    });
    expect(read({ type: 'chat' })).toEqual({ kind: 'message', message: { type: 'chat' } });
    expect(read({ type: 'chat', seq: 0 })).toMatchObject({ seq: 0 });
  });

  it('reads each control frame with all its fields', () => {
    const welcome = { v: 1, epoch: 'e', seq: 41, contiguous: true, heartbeat: 9, ids: 8, rate: 7, recovered: 0 };
    expect(read({ type: 'welcome', ...welcome })).toEqual({ kind: 'welcome', ...welcome });
    expect(read({ type: 'goaway', retryAfter: 1, within: 2, reason: 'x' })).toEqual({
      kind: 'goaway',
      retryAfter: 1,
      within: 2,
      reason: 'x',
    });
    expect(read({ type: 'ack', messageIds: ['a'], data: null })).toEqual({
      kind: 'ack',
      messageIds: ['a'],
      data: null,
    });
    expect(read({ type: 'nack', messageId: 'a', code: 4, message: 'no', retry: 50 })).toEqual({
      kind: 'nack',
      messageId: 'a',
      code: 4,
      message: 'no',
      retry: 50,
    });
    expect(read({ type: 'unsubscribed', channel: 'a', ref: 2, code: 'x', message: 'y', retry: true })).toEqual({
      kind: 'unsubscribed',
      channel: 'a',
      ref: 2,
      code: 'x',
      message: 'y',
      retry: true,
    });
    expect(read({ type: 'pong', t: [1] })).toEqual({ kind: 'pong', t: [1] });
  });

  it.each([
    ['seq', [1.5, '1', null, -1, 2 ** 53]],
    ['retry', ['1', -1, null, {}]],
    ['ref', ['1', -1, null]],
    ['heartbeat', ['1', -1, null, true]],
    ['ids', ['1', -1]],
    ['rate', ['1', -1]],
    ['recovered', ['1', -1]],
    ['retryAfter', ['1', -1]],
    ['within', ['1', -1]],
    ['epoch', [1, null]],
    ['channel', [1, null]],
    ['messageId', [1, null]],
    ['reason', [1, null]],
    ['contiguous', [1, 'true', null]],
    ['retry', ['soon', -1, null, {}]],
    ['messageIds', ['a', { length: 1 }, null]],
  ])('counts a field "%s" of another type as missing', (field, values) => {
    for (const value of values) expect(read({ type: 'welcome', [field]: value })).toEqual({ kind: 'welcome' });
  });

  it('takes nothing for a count that is no finite number', () => {
    expect(readText('{"type":"welcome","heartbeat":1e999}')).toEqual({ kind: 'welcome' });
    expect(readText('{"type":"welcome","heartbeat":0}')).toEqual({ kind: 'welcome', heartbeat: 0 });
  });

  it('lets no field of the wire decide what kind of frame it is', () => {
    expect(read({ type: 'ping', kind: 'ack', t: 1 })).toEqual({ kind: 'ping', t: 1 });
  });

  it.each([
    ['plain', plain],
    ['names without a prototype', json({ fields: Object.create(null) })],
  ])('lets no field of the wire reach behind the checks by way of the prototype, with %s', (_, protocol) => {
    const frame = protocol.decode('{"type":"ack","__proto__":{"messageId":7,"messageIds":"x"}}') as Record<
      string,
      unknown
    >;
    expect(frame.messageId).toBeUndefined();
    expect(frame.messageIds).toBeUndefined();
    expect(Object.getPrototypeOf(frame)).toBe(Object.prototype);
  });

  it('hands on fields that it does not know, and frames of types that it does not know as messages', () => {
    expect(read({ type: 'welcome', later: 1 })).toEqual({ kind: 'welcome', later: 1 });
    expect(read({ type: 'presence', later: 1 })).toEqual({ kind: 'message', message: { type: 'presence', later: 1 } });
    for (const type of ['constructor', '__proto__', 'toString', '', 'Ping', 'ping ']) {
      expect(read({ type })).toEqual({ kind: 'message', message: { type } });
    }
  });

  it.each(['', '{', 'null', '7', '"ping"', '[]', '{}', '{"type":7}', '{"type":null}', 'ping', 'pong'])(
    'refuses %j as no frame',
    (text) => {
      expect(() => plain.decode(text)).toThrow();
    },
  );

  it.each([new ArrayBuffer(2), new Uint8Array(2), undefined, { type: 'ping' }])('refuses what is no text', (data) => {
    expect(() => plain.decode(data)).toThrow('not a text frame');
  });

  it.each(CONTROL)('keeps the type "%s" for itself', (type) => {
    expect(() => plain.encode({ kind: 'message', message: { type } })).toThrow(`type "${type}" is reserved`);
  });

  it.each(['seq', 'channel', 'messageId'])('keeps the field "%s" for itself, even undefined', (field) => {
    const message = { type: 'chat', [field]: undefined };
    expect(() => plain.encode({ kind: 'message', message })).toThrow(`field "${field}" is reserved`);
  });

  it.each([
    [{}, 'undefined'],
    [{ type: 7 }, '7'],
    [null, 'undefined'],
    [undefined, 'undefined'],
  ])('says what is wrong with the type of %o', (message, shown) => {
    expect(() => plain.encode({ kind: 'message', message: message as never })).toThrow(
      `"type" is ${shown}, wanted a string`,
    );
  });

  it('throws for what JSON can not hold', () => {
    const message: { type: string; self?: unknown } = { type: 'chat' };
    message.self = message;
    expect(() => plain.encode({ kind: 'message', message })).toThrow();
    expect(() => plain.encode({ kind: 'message', message: { type: 'chat', n: 1n } as never })).toThrow();
  });

  it.each([
    ['a list', []],
    ['nothing', undefined],
    ['no field', {}],
    ['a text', 'chat'],
  ])('refuses a message whose toJSON makes %s of it', (_, made) => {
    const message = { type: 'chat', toJSON: () => made };
    for (const messageId of [undefined, 'm1']) {
      expect(() => plain.encode({ kind: 'message', message, messageId })).toThrow(
        'as JSON it is no object with a "type"',
      );
    }
  });

  it('writes what toJSON makes of a message, with an envelope as without', () => {
    const message = { type: 'chat', toJSON: () => ({ type: 'chat', at: 'noon' }) };
    expect(plain.encode({ kind: 'message', message })).toBe('{"type":"chat","at":"noon"}');
    expect(plain.encode({ kind: 'message', message, channel: 'r"1', messageId: 'm1' })).toBe(
      '{"type":"chat","at":"noon","channel":"r\\"1","messageId":"m1"}',
    );
  });

  describe('with other names', () => {
    const mapped = json({ fields: { seq: 'offset', messageId: 'id', t: 'time', channel: 'topic' }, prefix: '$' });

    it('writes and reads them in every frame', () => {
      expect(wire({ kind: 'ping', t: 1 }, mapped)).toEqual({ type: '$ping', time: 1 });
      expect(wire({ kind: 'auth', token: 'x', messageId: 'a' }, mapped)).toEqual({
        type: '$auth',
        token: 'x',
        id: 'a',
      });
      const message = { type: 'order', sku: 'A1' };
      expect(wire({ kind: 'message', message, messageId: 'f-7', channel: 'c' }, mapped)).toEqual({
        ...message,
        id: 'f-7',
        topic: 'c',
      });
      expect(read({ type: '$welcome', epoch: 'e', offset: 41 }, mapped)).toEqual({
        kind: 'welcome',
        epoch: 'e',
        seq: 41,
      });
      expect(read({ type: '$ack', id: 'f-7' }, mapped)).toEqual({ kind: 'ack', messageId: 'f-7' });
      expect(read({ type: 'chat', offset: 42, topic: 'c' }, mapped)).toEqual({
        kind: 'message',
        message: { type: 'chat', offset: 42, topic: 'c' },
        seq: 42,
        channel: 'c',
      });
    });

    it('checks the types of mapped fields', () => {
      expect(read({ type: '$welcome', offset: '41' }, mapped)).toEqual({ kind: 'welcome' });
    });

    it('leaves the default names to the app', () => {
      const message = { type: 'ping', seq: 1, messageId: 'own', channel: 'own' };
      expect(wire({ kind: 'message', message }, mapped)).toEqual(message);
      expect(read(message, mapped)).toEqual({ kind: 'message', message });
    });

    it('reads a renamed field by its own name alone', () => {
      const frame = { type: '$ack', id: 'f-7', messageId: 'of-the-server' };
      expect(read(frame, mapped)).toEqual({ kind: 'ack', messageId: 'f-7' });
      const swapped = json({ fields: { seq: 'ref', ref: 'seq' } });
      expect(read({ type: 'subscribed', ref: 41, seq: 1 }, swapped)).toEqual({ kind: 'subscribed', seq: 41, ref: 1 });
    });

    it('keeps the mapped ones', () => {
      for (const field of ['offset', 'id', 'topic']) {
        expect(() => mapped.encode({ kind: 'message', message: { type: 'chat', [field]: 1 } })).toThrow(
          `field "${field}" is reserved`,
        );
      }
      expect(() => mapped.encode({ kind: 'message', message: { type: '$ping' } })).toThrow('type "$ping" is reserved');
    });
  });

  describe('with literal pings', () => {
    const literal = json({ literalPing: true });

    it('writes and reads the bare texts', () => {
      expect(literal.literalPing).toBe(true);
      expect(plain.literalPing).toBe(false);
      expect(literal.encode({ kind: 'ping', t: 1 })).toBe('ping');
      expect(literal.encode({ kind: 'pong', t: 1 })).toBe('pong');
      expect(literal.decode('ping')).toEqual({ kind: 'ping' });
      expect(literal.decode('pong')).toEqual({ kind: 'pong' });
    });

    it('still reads frames', () => {
      expect(read({ type: 'pong', t: 1 }, literal)).toEqual({ kind: 'pong', t: 1 });
      expect(literal.encode({ kind: 'unsubscribe', channel: 'a' })).toBe('{"type":"unsubscribe","channel":"a"}');
      expect(() => literal.decode('nothing')).toThrow();
    });
  });

  // Kills: a field that is not mapped back, a value that is lost, a message that is changed on its way.
  test.prop([
    fc.dictionary(fc.string(), fc.jsonValue()),
    fc.string(),
    fc.option(fc.maxSafeNat(), { nil: undefined }),
    fc.option(fc.string(), { nil: undefined }),
  ])('gives back any message that it wrote', (members, type, seq, channel) => {
    fc.pre(
      !(CONTROL as readonly string[]).includes(type) &&
        !['seq', 'channel', 'messageId', '__proto__'].some((f) => f in members && Object.hasOwn(members, f)),
    );
    const message = { ...members, type };
    const text = String(plain.encode({ kind: 'message', message, ...(channel !== undefined && { channel }) }));
    const sent = { ...(JSON.parse(text) as object), ...(seq !== undefined && { seq }) };
    expect(read(sent)).toEqual({
      kind: 'message',
      message: JSON.parse(JSON.stringify({ ...message, channel, seq })),
      ...(seq !== undefined && { seq }),
      ...(channel !== undefined && { channel }),
    });
  });

  // Kills: a decoder that lets another error through than one that `bad-frame` tells, or that never returns.
  test.prop([fc.oneof(fc.string(), fc.json())])('reads any text as a frame with a kind, or throws an error', (text) => {
    try {
      expect(typeof plain.decode(text).kind).toBe('string');
    } catch (error) {
      expect(error).toBeInstanceOf(Error);
    }
  });
});

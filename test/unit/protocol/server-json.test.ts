import { describe, expect, it } from 'vitest';
import type { OutboundFrame } from '../../../src/protocol/frames.js';
import { json } from '../../../src/protocol/json.js';
import type { ServerFrame } from '../../../src/protocol/server-frames.js';
import { serverJson } from '../../../src/protocol/server-json.js';

const names = { fields: { seq: 'offset', messageId: 'id', channel: 'room' }, prefix: '$' } as const;

describe.each([{}, names])('serverJson(%j)', (options) => {
  const [client, server] = [json(options), serverJson(options)];

  it.each<OutboundFrame>([
    { kind: 'ping', t: 7 },
    { kind: 'pong' },
    { kind: 'auth', token: 't', messageId: 'm' },
    { kind: 'subscribe', channel: 'a', ref: 1, lastSeq: 4, epoch: 'e' },
    { kind: 'subscribe', ref: 0, client: 'c', conn: 3 },
    { kind: 'unsubscribe', channel: 'a' },
    { kind: 'message', message: { type: 'chat' }, channel: 'a', messageId: 'm' },
    { kind: 'message', message: { type: 'chat' } },
  ])('reads what a client writes: %j', (frame) => {
    expect(server.decode(String(client.encode(frame)))).toEqual(frame);
  });

  it.each<ServerFrame>([
    { kind: 'welcome', v: 1, epoch: 'e', seq: 4, contiguous: true, heartbeat: 1, ids: 2, rate: 3 },
    { kind: 'subscribed', channel: 'a', ref: 1, epoch: 'e', seq: 4, recovered: 2 },
    { kind: 'unsubscribed', channel: 'a', ref: 1, code: 'no', message: 'not you', retry: true },
    { kind: 'reset', epoch: 'e', seq: 4, reason: 'trimmed' },
    { kind: 'ack', messageId: 'm', data: { a: 1 } },
    { kind: 'nack', messageId: 'm', code: 'no', message: 'sold out' },
    { kind: 'goaway', retryAfter: 1, within: 2, reason: 'deploy' },
    { kind: 'pong', t: 'x' },
  ])('writes what a client reads: %j', (frame) => {
    expect(client.decode(server.encode(frame))).toMatchObject(frame);
  });

  it('numbers a message as a client reads it', () => {
    const packed = server.pack({ type: 'chat', text: 'a "quoted" } text' } as { type: string });
    const frame = client.decode(server.number(packed, 12, 'room "1"'));
    expect(frame).toMatchObject({
      kind: 'message',
      seq: 12,
      channel: 'room "1"',
      message: { text: 'a "quoted" } text' },
    });
    expect(client.decode(server.number(packed, 13, undefined))).toMatchObject({ seq: 13, channel: undefined });
  });
});

describe('serverJson', () => {
  const { decode, encode, pack } = serverJson();

  it.each(['', 'x', 'ping', 'pong'])('does not read "%s"', (text) => {
    expect(() => decode(text)).toThrow(SyntaxError);
  });

  it.each(['null', '[]', '7', '{}', '{"type":7}'])('finds no type in %s', (text) => {
    expect(() => decode(text)).toThrow('no "type" that is a string');
  });

  it('reads and writes no member that nobody gave', () => {
    expect(Object.keys(decode('{"type":"ping"}'))).toEqual(['kind']);
    expect(JSON.parse(encode({ kind: 'goaway', within: 2 }))).toEqual({ type: 'goaway', within: 2 });
  });

  it('takes a field that is not of its type for missing', () => {
    const wrong = '"channel":7,"ref":"a","lastSeq":-1,"epoch":{},"client":[],"conn":1.5,"token":null,"messageId":1';
    expect(decode(`{"type":"subscribe",${wrong}}`)).toEqual({ kind: 'subscribe' });
    expect(decode(`{"type":"x",${wrong},"seq":5,"a":1}`)).toMatchObject({
      kind: 'message',
      message: { type: 'x', a: 1 },
    });
    for (const field of ['channel', 'messageId']) {
      expect(decode(`{"type":"x",${wrong},"seq":5}`)).not.toHaveProperty(field);
    }
  });

  it('leaves the fields of the envelope out of the message', () => {
    const frame = decode('{"type":"x","seq":5,"channel":"c","messageId":"m","a":1,"__proto__":{"b":2}}');
    expect(Object.keys((frame as { message: object }).message)).toEqual(['type', 'a', '__proto__']);
    expect({}).not.toHaveProperty('b');
  });

  it.each(['welcome', 'ack', 'goaway', 'subscribed'])('ignores %s, which only a client reads', (type) => {
    expect(decode(`{"type":"${type}"}`)).toEqual({ kind: 'ignored' });
  });

  it.each([
    [undefined, '"type" is undefined, wanted a string'],
    [{ type: 'ack' }, 'type "ack" is reserved for the protocol'],
    [{ type: 'x', seq: 1 }, 'field "seq" is reserved for the envelope'],
  ])('does not pack %j', (message, text) => {
    // Safe: the test is about values that the types refuse.
    expect(() => pack(message as { type: string })).toThrow(text);
  });

  it.each([[[]], [undefined], [{}], ['text'], [7]])('does not pack a message that toJSON makes %j of', (made) => {
    expect(() => pack({ type: 'x', toJSON: () => made } as { type: string })).toThrow('as JSON it is no object');
  });

  it('answers bare pings in kind', () => {
    const bare = serverJson({ literalPing: true });
    expect([bare.decode('ping'), bare.decode('pong')]).toEqual([{ kind: 'ping' }, { kind: 'pong' }]);
    expect([bare.encode({ kind: 'pong' }), bare.encode({ kind: 'ping' })]).toEqual(['pong', 'ping']);
    expect(bare.decode('{"type":"auth","token":"t"}')).toEqual({ kind: 'auth', token: 't' });
    expect(bare.encode({ kind: 'ack', messageId: 'm' })).toBe('{"type":"ack","messageId":"m"}');
  });
});

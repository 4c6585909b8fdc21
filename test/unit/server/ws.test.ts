import { describe, expect, it } from 'vitest';
import * as ws from 'ws';
import { Batch } from '../../../src/server/batch.js';
import { createServer } from '../../../src/server/index.js';
import { Cork } from '../../../src/server/ws/cork.js';
import { toFrames } from '../../../src/server/ws/frames.js';
import type { WsSocket } from '../../../src/server/ws/ws-socket.js';
import { WsTransport } from '../../../src/server/ws/ws-transport.js';
import { until } from '../../support/until.js';

/** A socket of `ws`, as far as the adapter looks at it, with a list of what happens to it. */
const fakeSocket = (members: object = {}) => {
  const happened: unknown[] = [];
  const insides = {
    _socket: { cork: () => happened.push('cork'), uncork: () => happened.push('uncork') },
    _sender: {
      sendFrame(frames: readonly Uint8Array[], sent?: () => void) {
        happened.push(['frames', String(frames)]);
        sent?.();
      },
    },
  };
  const socket = {
    readyState: 1,
    extensions: '',
    send(text: string, _options: object, sent?: () => void) {
      happened.push(text);
      sent?.();
    },
    ...insides,
    ...members,
  };
  // Safe: the adapter uses no other member here.
  return { happened, transport: new WsTransport(socket as unknown as WsSocket) };
};
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('toFrames', () => {
  // Safe: `ws` has it, though its types do not.
  const { frame } = (ws as unknown as { Sender: { frame(data: Buffer, options: object): Buffer[] } }).Sender;
  const OPTIONS = { fin: true, opcode: 1, mask: false, rsv1: false };

  it.each([2, 125, 126, 65_535, 65_536, 70_000])('writes %i bytes as `ws` does', (length) => {
    const text = `é${'x'.repeat(length - 2)}`;
    expect(toFrames([text])).toEqual(Buffer.concat(frame(Buffer.from(text), OPTIONS)));
  });

  it('writes one after the other', () => {
    expect(toFrames(['{}', '{"a":1}'])).toEqual(Buffer.concat([toFrames(['{}']), toFrames(['{"a":1}'])]));
  });
});

describe('a connection of ws', () => {
  it('gets the same bytes as all others, made once', async () => {
    const batch = new Batch(['a', 'b']);
    expect(batch.wire(toFrames)).toBe(batch.wire(toFrames));
    const { happened, transport } = fakeSocket();
    let flushed = 0;
    transport.sendBatch(batch, () => {
      flushed += 1;
    });
    transport.send('c');
    await turn();
    expect(happened).toEqual(['cork', ['frames', String(toFrames(['a', 'b']))], 'c', 'uncork']);
    expect(flushed).toBe(1);
  });

  it.each([
    ['compresses', { extensions: 'permessage-deflate' }],
    ['has other insides', { _sender: {} }],
    ['has none', { _socket: null, _sender: null }],
  ])('that %s gets each message by itself, in the same order', async (_, members) => {
    const { happened, transport } = fakeSocket(members);
    let flushed = 0;
    transport.sendBatch(new Batch(['a', 'b']), () => {
      flushed = happened.length;
    });
    await turn();
    expect(happened).toEqual(['a', 'b']);
    expect(flushed).toBe(2);
  });

  it('that is closing gets nothing more', async () => {
    const { happened, transport } = fakeSocket({ readyState: 2 });
    transport.sendBatch(new Batch(['a']), () => expect.unreachable());
    await turn();
    expect(happened).toEqual([]);
  });
});

describe('a turn', () => {
  const played = () => {
    const calls: string[] = [];
    return { calls, cork: new Cork({ cork: () => calls.push('cork'), uncork: () => calls.push('uncork') }) };
  };

  it('keeps what is written together, and lets it go at its end', async () => {
    const [one, two] = [played(), played()];
    one.cork.add(100);
    two.cork.add(100);
    await Promise.resolve().then(() => one.cork.add(100));
    expect([one.calls, two.calls]).toEqual([['cork'], ['cork']]);
    await turn();
    expect([one.calls, two.calls]).toEqual([
      ['cork', 'uncork'],
      ['cork', 'uncork'],
    ]);
    one.cork.add(100);
    await turn();
    expect(one.calls).toEqual(['cork', 'uncork', 'cork', 'uncork']);
  });

  it('keeps no more than 16 KiB', async () => {
    const { calls, cork } = played();
    cork.add(10_000);
    cork.add(6_000);
    expect(calls).toEqual(['cork']);
    cork.add(1_000);
    expect(calls).toEqual(['cork', 'uncork', 'cork']);
    await turn();
    expect(calls).toEqual(['cork', 'uncork', 'cork', 'uncork']);
  });
});

describe('a transport that knows no batches', () => {
  it('gets each message by itself, and says of the last one when all have left', async () => {
    const sent: { readonly type: string; readonly flushed: (() => void) | undefined }[] = [];
    const server = createServer();
    const text = 'x'.repeat(1_000);
    for (const type of ['a', 'b', 'c']) await server.publish({ type, text });
    server.accept(
      {
        // A little below the mark, so that the batch passes it.
        buffered: 261_000,
        send: (text, flushed) => sent.push({ type: JSON.parse(text).type, flushed }),
        close() {},
        terminate() {},
        pause() {},
        resume() {},
      },
      { url: '/?lastSeq=0', header: () => undefined },
    );
    await until(() => sent.length >= 4, { message: 'the replay is sent' });
    expect(sent.map(({ type, flushed }) => [type, flushed !== undefined])).toEqual([
      ['welcome', false],
      ['a', false],
      ['b', false],
      ['c', true],
    ]);
    expect(server.stats().written).toBe(4);
    // Full until that has left.
    await server.publish({ type: 'd' });
    expect(sent).toHaveLength(4);
    sent[3]?.flushed?.();
    await until(() => sent.length === 5, { message: 'it goes on' });
    expect(sent[4]?.type).toBe('d');
  });
});

import { describe, expect, it } from 'vitest';
import { startDropIn } from '../../support/scripted-drop-in.js';

const bytes = (data: unknown): number[] => [...new Uint8Array(data as ArrayBuffer)];

describe('send()', () => {
  it('without an argument is a TypeError in every state', () => {
    const { socket, open } = startDropIn();
    // Safe: a call that TypeScript forbids.
    const send = socket.send.bind(socket) as () => void;
    expect(send).toThrow(TypeError);
    open();
    expect(send).toThrow(TypeError);
    socket.close();
    expect(send).toThrow(TypeError);
  });

  it('goes straight to an open socket', () => {
    const { socket, open } = startDropIn();
    const wire = open();
    const buffer = new Uint8Array([1, 2]).buffer;
    socket.send('text');
    socket.send(buffer);
    expect(wire.sent).toEqual(['text', buffer]);
    expect(wire.violations).toEqual([]);
  });

  it('waits while there is no connection, and goes in order, after what the open listener says', async () => {
    const { socket, net, open, later } = startDropIn();
    socket.send('1');
    socket.send('2');
    socket.addEventListener('open', () => socket.send('who I am'));
    expect(open().sent).toEqual(['who I am', '1', '2']);
    net.last.drop();
    socket.send('3');
    await later(1_000);
    socket.send('4');
    expect(open().sent).toEqual(['who I am', '3', '4']);
  });

  it('copies bytes that wait, and takes them from any kind of view', () => {
    const { socket, open } = startDropIn();
    const source = new Uint8Array([9, 1, 2, 3, 9]);
    socket.send(new DataView(source.buffer, 1, 3));
    socket.send(source.buffer);
    source.fill(0);
    expect(open().sent.map(bytes)).toEqual([
      [1, 2, 3],
      [9, 1, 2, 3, 9],
    ]);
  });

  it('makes a text of everything else, as WebIDL does', () => {
    const { socket, open } = startDropIn();
    for (const value of [null, undefined, 5, {}, 'a\uD800b']) socket.send(value as unknown as string);
    expect(open().sent).toEqual(['null', 'undefined', '5', '[object Object]', 'a\uFFFDb']);
    // Safe: what no text can be made of.
    socket.close();
    expect(() => socket.send(Symbol('x') as unknown as string)).toThrow(TypeError);
  });

  it('keeps what is said while the peer closes, for the next connection', async () => {
    const { socket, net, open, later } = startDropIn();
    const first = open();
    first.readyState = 2;
    expect(socket.readyState).toBe(2);
    socket.send('kept');
    expect(first.violations).toEqual([]);
    first.drop(1001);
    await later(1_000);
    expect(open()).not.toBe(first);
    expect(net.last.sent).toEqual(['kept']);
  });
});

describe('bufferedAmount', () => {
  it('counts bytes, not characters, in the queue and in the socket', () => {
    const { socket, net, open } = startDropIn();
    expect(socket.bufferedAmount).toBe(0);
    socket.send('aä€😀');
    expect(socket.bufferedAmount).toBe(10);
    socket.send('\uD800');
    expect(socket.bufferedAmount).toBe(13);
    socket.send(new Uint16Array(2));
    socket.send(new Blob(['12345']));
    expect(socket.bufferedAmount).toBe(22);
    open();
    expect(socket.bufferedAmount).toBe(0);
    net.last.bufferedAmount = 7;
    expect(socket.bufferedAmount).toBe(7);
  });

  it('grows by what is said after close()', () => {
    const { socket, open } = startDropIn();
    open();
    socket.close();
    socket.send('abc');
    expect(socket.bufferedAmount).toBe(3);
  });
});

describe('the queue', () => {
  const fill = (socket: { send(data: string): void }, ...texts: string[]): void => {
    for (const text of texts) socket.send(text);
  };

  it('is bounded by default, in messages and in bytes, and tells what it drops', () => {
    const { socket, told } = startDropIn();
    for (let i = 0; i < 10_001; i += 1) socket.send(`${i}`);
    expect(told).toEqual(['drop 10000']);
    expect(socket.drainQueuedMessages()).toHaveLength(10_000);
    const half = new Uint8Array(4_194_304);
    fill(socket, ...([half, half, 'x'] as unknown as string[]));
    expect(told).toEqual(['drop 10000', 'drop x']);
  });

  it('drops the newest by default', () => {
    const { socket, told, open } = startDropIn({ maxEnqueuedMessages: 2 });
    fill(socket, 'a', 'b', 'c');
    expect(told).toEqual(['drop c']);
    expect(open().sent).toEqual(['a', 'b']);
  });

  it('drops the oldest, as many as needed, but nobody for one that can never fit', () => {
    const { socket, told, open } = startDropIn({ maxEnqueuedBytes: 4, overflow: 'drop-oldest' });
    fill(socket, 'a', 'bb', 'c', 'dd', '12345');
    expect(told).toEqual(['drop a', 'drop bb', 'drop 12345']);
    expect(open().sent).toEqual(['c', 'dd']);
  });

  it('refuses with an error, if asked to', () => {
    const { socket, open } = startDropIn({ maxEnqueuedMessages: 1, overflow: 'reject' });
    socket.send('a');
    expect(() => socket.send('b')).toThrow(expect.objectContaining({ name: 'QuotaExceededError' }));
    expect(open().sent).toEqual(['a']);
  });

  it('may be as small as nothing', () => {
    for (const overflow of ['drop-newest', 'drop-oldest'] as const) {
      const { socket, told, open } = startDropIn({ maxEnqueuedMessages: 0, overflow });
      socket.send('a');
      expect(told).toEqual(['drop a']);
      expect(open().sent).toEqual([]);
    }
  });

  it('can be taken back, also after the end', () => {
    const { socket } = startDropIn();
    fill(socket, 'a', 'b');
    socket.close();
    socket.send('c');
    expect(socket.drainQueuedMessages()).toEqual(['a', 'b', 'c']);
    expect(socket.drainQueuedMessages()).toEqual([]);
    expect(socket.bufferedAmount).toBe(0);
  });

  it('ends its flush when an open listener closes the socket, and keeps the rest', () => {
    const { socket, open } = startDropIn();
    fill(socket, 'a', 'b');
    socket.addEventListener('open', () => socket.close());
    expect(open().sent).toEqual([]);
    expect(socket.drainQueuedMessages()).toEqual(['a', 'b']);
  });

  it('keeps the tail when the socket closes in the middle of the flush', async () => {
    const { socket, net, open, later } = startDropIn();
    fill(socket, 'a', 'b', 'c');
    const first = net.last;
    const send = first.send.bind(first);
    first.send = (data) => {
      send(data);
      if (data === 'b') first.readyState = 2;
    };
    open();
    expect(first.sent).toEqual(['a', 'b']);
    first.drop(1001);
    await later(1_000);
    expect(open().sent).toEqual(['c']);
  });

  it('flushes twenty thousand messages without a hitch', () => {
    const { socket, open } = startDropIn({ maxEnqueuedMessages: 20_000 });
    for (let i = 0; i < 20_000; i += 1) socket.send(`${i}`);
    expect(open().sent).toHaveLength(20_000);
    expect(socket.bufferedAmount).toBe(0);
  });
});

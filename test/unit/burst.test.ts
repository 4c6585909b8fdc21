import { describe, expect, it } from 'vitest';
import { createBurst } from '../../src/burst.js';

/** A socket like that of `ws`, above a stream that logs. */
const createSocket = (stream: object | undefined) => {
  const log: string[] = [];
  const socket = {
    readyState: 1,
    bufferedAmount: 0,
    binaryType: '',
    onopen: null,
    onmessage: null,
    onerror: null,
    onclose: null,
    send: (data: string) => log.push(data.slice(0, 9)),
    close() {},
    _socket: stream && { cork: () => log.push('cork'), uncork: () => log.push('uncork'), ...stream },
  };
  return { socket, log };
};

describe('createBurst', () => {
  it('sends the first message of a task at once, and holds the others until its end', async () => {
    const { socket, log } = createSocket({});
    const send = createBurst();
    for (const name of ['a', 'b', 'c']) send(socket, name);
    expect(log).toEqual(['a', 'cork', 'b', 'c']);
    await Promise.resolve();
    expect(log).toEqual(['a', 'cork', 'b', 'c', 'uncork']);
    for (const name of ['d', 'e']) send(socket, name);
    await Promise.resolve();
    expect(log.slice(5)).toEqual(['d', 'cork', 'e', 'uncork']);
  });

  it('holds nothing of a task that sends one message', async () => {
    const { socket, log } = createSocket({});
    const send = createBurst();
    for (const name of ['a', 'b']) {
      send(socket, name);
      await Promise.resolve();
    }
    expect(log).toEqual(['a', 'b']);
  });

  it('holds no more than 16 kB', async () => {
    const { socket, log } = createSocket({});
    const send = createBurst();
    send(socket, 'a');
    send(socket, 'b');
    socket.bufferedAmount = 16_384;
    send(socket, 'c');
    expect(log).toEqual(['a', 'cork', 'b', 'c']);
    socket.bufferedAmount = 16_385;
    send(socket, 'd');
    expect(log.slice(4)).toEqual(['d', 'uncork']);
    socket.bufferedAmount = 0;
    // The next one goes at once again.
    send(socket, 'e');
    send(socket, 'f');
    await Promise.resolve();
    expect(log.slice(6)).toEqual(['e', 'cork', 'f', 'uncork']);
  });

  it('lets go of the stream that it held, whatever socket came after it', async () => {
    const old = createSocket({});
    const young = createSocket({});
    const send = createBurst();
    send(old.socket, 'a');
    send(old.socket, 'b');
    send(young.socket, 'c');
    await Promise.resolve();
    expect(old.log).toEqual(['a', 'cork', 'b', 'uncork']);
    expect(young.log).toEqual(['c']);
  });

  it.each([
    ['that has no stream', undefined],
    ['whose stream can hold nothing', { cork: undefined, uncork: undefined }],
  ])('sends to a socket %s as it is', async (_name, stream) => {
    const { socket, log } = createSocket(stream);
    const send = createBurst();
    for (const name of ['a', 'b', 'c']) send(socket, name);
    await Promise.resolve();
    expect(log).toEqual(['a', 'b', 'c']);
  });
});

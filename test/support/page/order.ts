import { once, opened, outcome, type Questions } from './answers.js';

const TYPES = ['open', 'message', 'error', 'close'];

/**
 * What is told until the close, and what promises do between two events, with the state in which that happens. It is one
 * listener for each type: between two listeners of an event that a page dispatches itself promises wait.
 */
const steps = async (socket: WebSocket): Promise<string[]> => {
  const seen: string[] = [];
  for (const type of TYPES) {
    const say = (when: string): unknown => seen.push(`${when} ${type}, ${socket.readyState}`);
    socket.addEventListener(type, () => {
      say('told');
      queueMicrotask(() => {
        if (type !== 'close') say('promised by');
        queueMicrotask(() => type !== 'close' && say('promised after'));
      });
    });
  }
  await once(socket, 'close');
  socket.close();
  return seen;
};

/** What happens when: HTML section 8.1.7 (event loops) and WHATWG WebSockets section 5. */
export const order: Questions = {
  'the steps of a refused handshake': (Socket, server) => steps(new Socket(`${server}/refuse`)),
  'the steps of a close by the server': (Socket, server) => steps(new Socket(`${server}/close?4001`)),
  'the steps of a close while it connects': async (Socket, server) => {
    const socket = new Socket(server);
    const seen = steps(socket);
    socket.close();
    const states = [socket.readyState];
    await Promise.resolve();
    states.push(socket.readyState);
    return [states, await seen];
  },
  'a close by a listener of the error': async (Socket, server) => {
    const socket = new Socket(`${server}/refuse`);
    const states: number[] = [];
    socket.onerror = () => {
      socket.close();
      states.push(socket.readyState);
    };
    const { code, wasClean } = (await once(socket, 'close')) as CloseEvent;
    socket.close();
    return [states, code, wasClean];
  },
  'a promise that waits for the error, and then for the close': async (Socket, server) => {
    const socket = new Socket(`${server}/refuse`);
    await once(socket, 'error');
    const between = socket.readyState;
    const { code } = (await once(socket, 'close')) as CloseEvent;
    socket.close();
    return [between, code];
  },
  'the bytes that wait within one task, and after the promises of it': async (Socket, server) => {
    const socket = await opened(new Socket(server));
    socket.send('x'.repeat(1_000));
    const amounts = [socket.bufferedAmount];
    await null;
    amounts.push(socket.bufferedAmount);
    socket.close();
    amounts.push(socket.bufferedAmount);
    await once(socket, 'close');
    socket.send('abc');
    const before = socket.bufferedAmount;
    socket.send('äbc');
    return [amounts, socket.bufferedAmount - before];
  },
  'every kind of bytes, there and back': async (Socket, server) => {
    const socket = await opened(new Socket(server));
    socket.binaryType = 'arraybuffer';
    const source = Uint8Array.from({ length: 32 }, (_, i) => i * 7).buffer;
    const detached = new ArrayBuffer(8);
    structuredClone(detached, { transfer: [detached] });
    const values: unknown[] = [
      ...[Int8Array, Uint16Array, Int32Array, Float32Array, Float64Array, BigInt64Array].map(
        (View) => new View(source, 8, 2),
      ),
      new DataView(source, 3, 5),
      new Uint8ClampedArray(source).subarray(30),
      source.slice(0, 0),
      new File(['file'], 'name'),
      detached,
      { [Symbol.toStringTag]: 'Date' },
    ];
    const answers: unknown[] = [];
    for (const value of values) {
      const refused = outcome(() => socket.send(value as string)); // safe: the point is what it does with any type
      const { data } = refused ? { data: refused } : ((await once(socket, 'message')) as MessageEvent);
      answers.push(typeof data === 'string' ? data : [...new Uint8Array(data)]);
    }
    socket.close();
    return answers;
  },
};

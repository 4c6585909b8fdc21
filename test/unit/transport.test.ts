import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { scriptedSockets } from '../../src/testing/scripted-socket.js';
import { createTransport, type Transport } from '../../src/transport.js';

describe('createTransport', () => {
  // What is held back is held in Chromium.
  beforeEach(() => {
    vi.stubGlobal('navigator', { userAgentData: {} });
  });
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  const dialled = () => {
    const factory = scriptedSockets();
    const inputs: string[] = [];
    const transport = createTransport(
      ({ type }) => inputs.push(type),
      () => undefined,
    );
    transport.dial(factory.WebSocket, 'ws://h/', []);
    let terminated = false;
    Object.assign(factory.last, {
      terminate: () => {
        terminated = true;
      },
      // As the class of a platform says of itself.
      [Symbol.toStringTag]: 'WebSocket',
    });
    factory.last.open();
    return { transport, socket: factory.last, inputs, terminated: () => terminated };
  };

  it.each([true, false])('terminates a socket only if it is dead: %s', (dead) => {
    const { transport, socket, terminated } = dialled();
    transport.abandon({ dead });
    expect(socket.closed).toHaveLength(1);
    expect(terminated()).toBe(dead);
  });

  it('closes a socket once: its goodbye is not followed by another one without code and reason', () => {
    const { transport, socket, terminated } = dialled();
    transport.hangUp({ code: 4000, reason: 'bye' });
    transport.abandon({ dead: true });
    expect(socket.closed).toEqual([{ code: 4000, reason: 'bye' }]);
    expect(terminated()).toBe(true);
  });

  it('closes the next socket as well after a goodbye to the one before', () => {
    const { transport } = dialled();
    transport.hangUp({ code: 1000, reason: '' });
    transport.abandon({ dead: false });
    const next = scriptedSockets();
    transport.dial(next.WebSocket, 'ws://h/', []);
    transport.abandon({ dead: true });
    expect(next.last.closed).toHaveLength(1);
  });

  it('has nothing in a socket that it let go', () => {
    const { transport, socket } = dialled();
    socket.bufferedAmount = 10;
    transport.abandon({ dead: true });
    expect(transport.bufferedAmount()).toBe(0);
  });

  it('closes one that took no goodbye', () => {
    const { transport, socket } = dialled();
    const { close } = socket;
    socket.close = () => {
      throw new SyntaxError('the reason is too long');
    };
    transport.hangUp({ code: 1000, reason: '' });
    socket.close = close;
    transport.abandon({ dead: false });
    expect(socket.closed).toHaveLength(1);
  });

  /** Eight messages that leave at once, and one of 4 bytes that waits for the end of the task. */
  const sendNine = ({ write }: ReturnType<typeof createTransport>): void => {
    for (let n = 0; n < 8; n += 1) write({ data: '"at once"' });
    write({ data: '"é"', bytes: 4 });
  };

  it('counts what waits for the end of the task as bytes in the socket', async () => {
    const { transport, socket } = dialled();
    socket.bufferedAmount = 10;
    sendNine(transport);
    // A control frame, which has none.
    transport.write({ data: '"2"' });
    expect(socket.sent).toHaveLength(8);
    expect(transport.bufferedAmount()).toBe(14);
    await Promise.resolve();
    expect(socket.sent.slice(8)).toEqual(['"é"', '"2"']);
    expect(transport.bufferedAmount()).toBe(10);
  });

  it.each([
    ['hung up', (transport: Transport) => transport.hangUp({ code: 1000, reason: '' })],
    ['let go', (transport: Transport) => transport.abandon({ dead: false })],
  ])('writes what waits before a socket is %s', async (_what, leave) => {
    const { transport, socket } = dialled();
    sendNine(transport);
    expect(socket.sent).toHaveLength(8);
    leave(transport);
    expect(socket.sent.slice(8)).toEqual(['"é"']);
    expect(socket.closed).toHaveLength(1);
    await Promise.resolve();
    expect(socket.violations).toEqual([]);
  });

  it('tells that a socket takes nothing as long as it is the present one', async () => {
    const { transport, socket, inputs } = dialled();
    sendNine(transport);
    socket.send = () => {
      throw new TypeError('the socket takes nothing');
    };
    await Promise.resolve();
    expect(inputs).toEqual(['opened', 'errored']);
    sendNine(transport);
    expect(inputs.slice(2)).toEqual(Array(8).fill('errored'));
    transport.abandon({ dead: true });
    await Promise.resolve();
    expect(inputs).toHaveLength(10);
  });

  it('does not terminate one that told its end', () => {
    const { socket, inputs, terminated } = dialled();
    socket.drop();
    expect(inputs).toEqual(['opened', 'closed']);
    expect(terminated()).toBe(false);
  });
});

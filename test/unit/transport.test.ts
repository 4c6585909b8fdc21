import { describe, expect, it } from 'vitest';
import { scriptedSockets } from '../../src/testing/scripted-socket.js';
import { createTransport } from '../../src/transport.js';

describe('createTransport', () => {
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

  it('does not terminate one that told its end', () => {
    const { socket, inputs, terminated } = dialled();
    socket.drop();
    expect(inputs).toEqual(['opened', 'closed']);
    expect(terminated()).toBe(false);
  });
});

import { describe, expect, it } from 'vitest';
import { startDropIn } from '../../support/scripted-drop-in.js';

describe('reconnect()', () => {
  it('on an open link acts at once, and does not wait for the end of the old one', () => {
    const { socket, net, told, open } = startDropIn();
    const old = open();
    socket.reconnect(4000, 'again');
    expect(old.closed).toEqual([{ code: 4000, reason: 'again' }]);
    expect(net.sockets).toHaveLength(2);
    expect(socket.readyState).toBe(0);
    open();
    old.receive('late');
    old.lateClose();
    expect(told).toEqual(['open', 'close 4000', 'open']);
  });

  it('acts while it waits, connects or closes, and before the start', async () => {
    const waiting = startDropIn();
    waiting.net.last.fail();
    waiting.socket.reconnect();
    expect(waiting.dials).toEqual([0, 0]);
    await waiting.later(1_000);
    expect(waiting.net.sockets).toHaveLength(2);

    const connecting = startDropIn();
    connecting.socket.reconnect();
    expect(connecting.net.sockets).toHaveLength(2);
    expect(connecting.net.sockets[0]?.closed).toHaveLength(1);

    const closing = startDropIn();
    closing.open();
    closing.socket.close();
    closing.socket.reconnect();
    closing.open();
    expect(closing.told).toEqual(['open', 'close 1000', 'open']);

    const idle = startDropIn({ startClosed: true });
    idle.socket.send('x');
    idle.socket.reconnect();
    expect(idle.open().sent).toEqual(['x']);
    expect(idle.told).toEqual(['open']);
  });

  it('revives after close(), with what waited', () => {
    const { socket, net, open } = startDropIn();
    open();
    socket.close();
    net.last.finishClose();
    socket.send('later');
    socket.reconnect();
    expect(open().sent).toEqual(['later']);
  });

  it('judges its arguments as close() does', () => {
    const { socket, open } = startDropIn();
    open();
    expect(() => socket.reconnect(1001)).toThrow(expect.objectContaining({ name: 'InvalidAccessError' }));
    expect(socket.readyState).toBe(1);
  });

  it('called by a listener at every close ends all the same', () => {
    const { socket, net, open } = startDropIn();
    let told = 0;
    socket.onclose = () => {
      told += 1;
      if (told < 1_000) socket.reconnect();
    };
    open();
    socket.reconnect();
    expect([told, net.sockets.length, socket.readyState]).toEqual([1, 2, 0]);
  });

  it('called from a close listener replaces the wait, and close() then ends it', async () => {
    const { socket, net, open, later } = startDropIn();
    socket.addEventListener('close', () => socket.reconnect(), { once: true });
    open().drop();
    expect(net.sockets).toHaveLength(2);
    socket.addEventListener('close', () => {
      socket.reconnect();
      socket.close();
    });
    open().drop();
    await later(60_000);
    expect([net.sockets.length, socket.readyState]).toEqual([2, 3]);
  });
});

describe("closeEvent: 'final'", () => {
  it('shows an open for each connection and only the end', async () => {
    const { socket, net, told, open, later } = startDropIn({ closeEvent: 'final' });
    net.last.fail();
    await later(1_000);
    open().drop();
    expect(socket.readyState).toBe(0);
    await later(1_000);
    await later(1_000);
    open();
    socket.reconnect();
    open();
    expect(told).toEqual(['open', 'open', 'open']);
    socket.close(1000);
    net.last.finishClose();
    expect(told.slice(3)).toEqual(['close 1000']);
  });

  it('shows the last failure when the retries are used up', async () => {
    const { net, told, later } = startDropIn({ closeEvent: 'final', maxRetries: 1 });
    net.last.fail();
    await later(1_000);
    net.last.fail();
    expect(told).toEqual(['error', 'close 1006']);
  });
});

import { describe, expect, it } from 'vitest';
import { type ScriptedSocket, scriptedSockets } from '../../../src/testing/index.js';

function make(protocols?: string | string[]) {
  const factory = scriptedSockets();
  const socket = new factory.WebSocket('ws://localhost/live?a=1', protocols);
  return { socket, log: record(socket) };
}

/** What a client would see, as short texts. */
function record(socket: ScriptedSocket): string[] {
  const log: string[] = [];
  socket.onopen = () => log.push(`open ${socket.readyState}`);
  socket.onmessage = ({ data }) => log.push(`message ${data}`);
  socket.onerror = () => log.push(`error ${socket.readyState}`);
  socket.onclose = ({ code, reason, wasClean }) => log.push(`close ${code} '${reason}' ${wasClean}`);
  return log;
}

describe('scriptedSockets', () => {
  it('keeps the sockets of one factory, and of no other', () => {
    const factory = scriptedSockets();
    const other = scriptedSockets();
    expect(() => factory.last).toThrow(/made no socket.*await settlePromises\(\)/);
    const first = new factory.WebSocket('ws://localhost/1');
    const second = new factory.WebSocket(new URL('ws://localhost/2'));
    expect(factory.sockets).toEqual([first, second]);
    expect(factory.last).toBe(second);
    expect(second.url).toBe('ws://localhost/2');
    expect(other.sockets).toEqual([]);
  });

  it('tells of each new socket, and lets the constructor throw', () => {
    const factory = scriptedSockets((socket) => {
      if (socket.url.includes('forbidden')) throw new SyntaxError('forbidden');
    });
    expect(() => new factory.WebSocket('ws://forbidden/')).toThrow(SyntaxError);
    expect(factory.sockets).toEqual([]);
    expect(new factory.WebSocket('ws://localhost/').readyState).toBe(0);
  });

  it('looks like the standard class', () => {
    const { WebSocket } = scriptedSockets();
    const { socket } = make(['a', 'b']);
    const states = { CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 };
    expect(socket).toMatchObject({ ...states, readyState: 0, protocol: '', bufferedAmount: 0, binaryType: 'blob' });
    const { CONNECTING, OPEN, CLOSING, CLOSED } = WebSocket;
    expect({ CONNECTING, OPEN, CLOSING, CLOSED }).toEqual(states);
    expect(socket.protocols).toEqual(['a', 'b']);
    expect(make('a').socket.protocols).toEqual(['a']);
    expect(make().socket.protocols).toEqual([]);
  });
});

describe('ScriptedSocket', () => {
  it('does nothing of its own accord', async () => {
    const { socket, log } = make();
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect([socket.readyState, log]).toEqual([0, []]);
  });

  it('opens with the chosen subprotocol', () => {
    const { socket, log } = make(['a', 'b']);
    socket.open('b');
    expect(log).toEqual(['open 1']);
    expect(socket.protocol).toBe('b');
  });

  it('receives texts and bytes as they are, and objects as JSON', () => {
    const { socket, log } = make();
    socket.open();
    socket.receive('plain');
    socket.receive({ type: 'chat', seq: 1 });
    socket.receive(new ArrayBuffer(2));
    expect(log.slice(1)).toEqual(['message plain', 'message {"type":"chat","seq":1}', 'message [object ArrayBuffer]']);
  });

  it('fails: error, then close 1006, never open', () => {
    const { socket, log } = make();
    socket.fail();
    expect(log).toEqual(['error 3', "close 1006 '' false"]);
    expect(socket.readyState).toBe(3);
  });

  it('drops with the code that the test wants', () => {
    const { socket, log } = make();
    socket.open();
    socket.drop();
    expect(log.slice(1)).toEqual(["close 1006 '' false"]);
    const clean = make();
    clean.socket.open();
    clean.socket.drop(1012, 'restart', true);
    expect(clean.log.slice(1)).toEqual(["close 1012 'restart' true"]);
  });

  it('can fire an error and never a close', () => {
    const { socket, log } = make();
    socket.open();
    socket.error();
    expect([log.slice(1), socket.readyState]).toEqual([['error 1'], 1]);
    socket.error(3);
    expect([log.slice(2), socket.readyState]).toEqual([['error 3'], 3]);
  });

  it('is half-open until the test finishes the close', () => {
    const { socket, log } = make();
    socket.open();
    socket.close(4000, 'bye');
    expect([socket.readyState, socket.closed]).toEqual([2, [{ code: 4000, reason: 'bye' }]]);
    socket.receive('late');
    expect(log.slice(1)).toEqual(['message late']);
    socket.finishClose();
    expect(log.slice(2)).toEqual(["close 4000 'bye' true"]);
    expect(socket.readyState).toBe(3);
  });

  it('finishes a close without a code as 1005, and one before open as a failure', () => {
    const plain = make();
    plain.socket.open();
    plain.socket.close();
    plain.socket.finishClose();
    expect(plain.log.at(-1)).toBe("close 1005 '' true");
    const early = make();
    early.socket.close();
    early.socket.finishClose();
    expect(early.log).toEqual(['error 3', "close 1006 '' false"]);
  });

  it('closes late in any state, also twice', () => {
    const { socket, log } = make();
    socket.open();
    socket.close();
    socket.lateClose();
    socket.lateClose();
    expect(log.slice(1)).toEqual(['error 3', "close 1006 '' false", 'error 3', "close 1006 '' false"]);
  });

  it('records what is sent and buffers if it is asked to', () => {
    const { socket } = make();
    socket.open();
    socket.send('{"type":"ping","t":1}');
    expect(socket.bufferedAmount).toBe(0);
    socket.buffering = true;
    socket.send('"ä"');
    socket.send(new Uint8Array(5));
    expect(socket.bufferedAmount).toBe(4 + 5);
    socket.drainBuffer(7);
    expect(socket.bufferedAmount).toBe(2);
    socket.drainBuffer();
    expect(socket.bufferedAmount).toBe(0);
    expect(socket.sent).toHaveLength(3);
    expect(socket.frames).toEqual([{ type: 'ping', t: 1 }, 'ä']);
    expect(socket.violations).toEqual([]);
  });

  it('throws for send while connecting, and writes it down', () => {
    const { socket } = make();
    expect(() => socket.send('x')).toThrow(expect.objectContaining({ name: 'InvalidStateError' }));
    expect([socket.sent, socket.violations]).toEqual([[], ['send() while CONNECTING']]);
  });

  it('swallows what is sent after close, counts it, and writes it down', () => {
    const { socket } = make();
    socket.open();
    socket.close();
    socket.send('abc');
    expect([socket.sent, socket.bufferedAmount, socket.violations.length]).toEqual([[], 3, 1]);
  });

  it.each([[999], [1001], [1006], [2999], [5000], [Number.NaN]])('refuses the close code %s', (code) => {
    const { socket } = make();
    socket.open();
    expect(() => socket.close(code)).toThrow(expect.objectContaining({ name: 'InvalidAccessError' }));
    expect([socket.readyState, socket.closed, socket.violations.length]).toEqual([1, [], 1]);
  });

  it.each([[undefined], [1000], [3000], [4999]])('allows the close code %s', (code) => {
    const { socket } = make();
    socket.open();
    socket.close(code);
    expect([socket.readyState, socket.violations]).toEqual([2, []]);
  });

  it('counts the bytes of a reason, not its letters', () => {
    const { socket } = make();
    socket.open();
    expect(() => socket.close(1000, 'ä'.repeat(62))).toThrow(expect.objectContaining({ name: 'SyntaxError' }));
    socket.close(1000, 'ä'.repeat(61));
    expect(socket.violations).toHaveLength(1);
  });

  it('tells listeners too, once each, until they are removed', () => {
    const { socket } = make();
    const heard: string[] = [];
    const listener = ({ data }: { data: unknown }) => heard.push(String(data));
    socket.addEventListener('message', listener);
    socket.addEventListener('message', listener);
    socket.open();
    socket.receive('one');
    socket.removeEventListener('message', listener);
    socket.removeEventListener('close', () => {});
    socket.receive('two');
    expect(heard).toEqual(['one']);
  });

  it('tells the listeners that were there when the event came', () => {
    const { socket } = make();
    let calls = 0;
    socket.addEventListener('open', () => {
      calls += 1;
      socket.addEventListener('open', () => (calls += 100));
    });
    socket.open();
    expect(calls).toBe(1);
  });

  it('hands an error of a handler to the test', () => {
    const { socket } = make();
    socket.onopen = () => {
      throw new Error('thrown');
    };
    expect(() => socket.open()).toThrow('thrown');
  });

  it('refuses steps that no network could take', () => {
    const { socket } = make();
    expect(() => socket.receive('x')).toThrow('receive()');
    expect(() => socket.drop()).toThrow('drop()');
    expect(() => socket.finishClose()).toThrow('finishClose()');
    socket.open();
    expect(() => socket.open()).toThrow('open()');
    expect(() => socket.fail()).toThrow('fail()');
    socket.drop();
    expect(() => socket.receive('x')).toThrow('receive()');
    expect(() => socket.drop()).toThrow('drop()');
  });
});

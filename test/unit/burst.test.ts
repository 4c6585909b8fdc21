import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createBurst } from '../../src/burst.js';

/** A socket that logs, as does the stream below it, if it has one as in `ws`. */
const create = ({ stream, tag }: { readonly stream?: object; readonly tag?: string }) => {
  const log: string[] = [];
  const socket = {
    readyState: 1,
    bufferedAmount: 0,
    binaryType: '',
    onopen: null,
    onmessage: null,
    onerror: null,
    onclose: null,
    send: (data: string) => {
      if (data === 'refused') throw new TypeError('the socket takes nothing');
      log.push(data);
    },
    close() {},
    _socket: stream && { cork: () => log.push('cork'), uncork: () => log.push('uncork'), ...stream },
    [Symbol.toStringTag]: tag,
  };
  let failures = 0;
  const burst = createBurst(socket, () => {
    failures += 1;
  });
  const send = (...names: readonly string[]): void => {
    for (const name of names) burst.send(name, 1);
  };
  return { socket, log, burst, send, failures: () => failures };
};

const PLATFORM = { tag: 'WebSocket' };
/** What Chromium is handed at once. */
const FIRST = ['1', '2', '3', '4', '5', '6', '7', '8'];
const WS = { stream: {} };
describe('createBurst', () => {
  beforeEach(() => {
    vi.stubGlobal('navigator', { userAgentData: {} });
  });
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  it('sends the first eight messages of a task at once, and the others at its end', async () => {
    const { log, burst, send } = create(PLATFORM);
    for (const names of [
      ['b', 'c'],
      ['d', 'e'],
    ]) {
      send(...FIRST, ...names);
      expect(log).toEqual(FIRST);
      expect(burst.bufferedAmount()).toBe(2);
      await Promise.resolve();
      expect(log.splice(0)).toEqual([...FIRST, ...names]);
      expect(burst.bufferedAmount()).toBe(0);
    }
  });

  it('holds the stream of `ws`, which has taken everything and writes it once', async () => {
    const { log, burst, send } = create(WS);
    send('a', 'b', 'c');
    expect(log).toEqual(['a', 'cork', 'b', 'c']);
    expect(burst.bufferedAmount()).toBe(0);
    await Promise.resolve();
    expect(log).toEqual(['a', 'cork', 'b', 'c', 'uncork']);
    send('d');
    await Promise.resolve();
    expect(log.slice(5)).toEqual(['d']);
  });

  it('sends behind the rest what a class makes its caller say in the middle of it, and each once', async () => {
    const { log, socket, burst } = create(PLATFORM);
    const { send } = socket;
    socket.send = (data) => {
      send(data);
      // More than is held at most, too.
      if (data === 'b') for (const name of ['d', 'e']) burst.send(name, 10_000);
    };
    for (const name of [...FIRST, 'a', 'b', 'c']) burst.send(name, 1);
    await Promise.resolve();
    expect(log).toEqual([...FIRST, 'a', 'b', 'c', 'd', 'e']);
    expect(burst.bufferedAmount()).toBe(0);
  });

  it('holds nothing of a task that sends one message', async () => {
    const { log, send } = create(WS);
    for (const name of ['a', 'b']) {
      send(name);
      await Promise.resolve();
    }
    expect(log).toEqual(['a', 'b']);
  });

  it('holds no more than 16 kB in the stream of `ws`', () => {
    const { log, socket, send } = create(WS);
    send('a', 'b');
    socket.bufferedAmount = 16_385;
    send('c', 'd');
    expect(log).toEqual(['a', 'cork', 'b', 'c', 'uncork', 'd']);
  });

  it('holds no more than 16 kB', async () => {
    const { log, burst, send } = create(PLATFORM);
    for (const name of FIRST) burst.send(name, 99_999);
    burst.send('b', 16_384);
    expect(log.splice(0)).toEqual(FIRST);
    send('c');
    expect(log.splice(0)).toEqual(['b', 'c']);
    // The next ones go at once again.
    send(...FIRST, 'd');
    expect(log.splice(0)).toEqual(FIRST);
    await Promise.resolve();
    expect(log).toEqual(['d']);
  });

  it('lets what it holds go when asked', async () => {
    const { log, burst, send } = create(PLATFORM);
    send(...FIRST, 'b');
    burst.end();
    expect(log).toEqual([...FIRST, 'b']);
    await Promise.resolve();
    expect(log).toEqual([...FIRST, 'b']);
  });

  it('hands nothing to a socket that is closing: browsers complain', async () => {
    const { log, socket, send, failures } = create(PLATFORM);
    send(...FIRST, 'b');
    socket.readyState = 2;
    await Promise.resolve();
    send('c');
    expect(log).toEqual(FIRST);
    expect(failures()).toBe(0);
  });

  it('tells that the socket threw, and lets the stream go on', async () => {
    const { log, send, failures } = create(WS);
    send('refused');
    expect(failures()).toBe(1);
    send('refused', 'b');
    await Promise.resolve();
    expect(failures()).toBe(2);
    expect(log).toEqual(['cork', 'b', 'uncork']);
  });

  it('sends to a stream that can hold nothing', async () => {
    const { log, send } = create({ stream: { cork: undefined, uncork: undefined } });
    send('a', 'b', 'c');
    await Promise.resolve();
    expect(log).toEqual(['a', 'b', 'c']);
  });

  it('takes a socket that counts nothing for empty, and one that is closing for full', () => {
    const { socket, burst } = create({});
    Object.assign(socket, { bufferedAmount: undefined });
    expect(burst.bufferedAmount()).toBe(0);
    socket.readyState = 2;
    expect(burst.bufferedAmount()).toBe(Infinity);
  });

  it('holds nothing for a class of somebody else', () => {
    const { log, send } = create({ tag: 'EventTarget' });
    send(...FIRST, 'b', 'c');
    expect(log).toEqual([...FIRST, 'b', 'c']);
  });

  it.each([{ userAgent: 'Node.js/24' }, {}, undefined])('holds nothing where it gains nothing: %o', (navigator) => {
    vi.stubGlobal('navigator', navigator);
    const { log, send } = create(PLATFORM);
    send(...FIRST, 'b', 'c');
    expect(log).toEqual([...FIRST, 'b', 'c']);
  });
});

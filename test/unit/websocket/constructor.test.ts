import { afterEach, describe, expect, it, vi } from 'vitest';
import { scriptedSockets } from '../../../src/testing/index.js';
import { ReconnectingWebSocket } from '../../../src/websocket/index.js';
import { scriptedLifecycle } from '../../support/scripted-client.js';
import { startDropIn } from '../../support/scripted-drop-in.js';

afterEach(() => {
  vi.unstubAllGlobals();
});

const { WebSocket } = scriptedSockets();
const make = (...args: unknown[]): ReconnectingWebSocket => {
  const [url, protocols, options = {}] = args;
  // Safe: the point is what it does with arguments of any type.
  return new ReconnectingWebSocket(url as string, protocols as string, {
    WebSocket,
    startClosed: true,
    ...(options as object),
  });
};
const nameOf = (call: () => unknown): string => {
  try {
    call();
  } catch (error) {
    return error instanceof DOMException ? error.name : String(error);
  }
  return 'nothing thrown';
};

// WHATWG WebSockets, "The new WebSocket(url, protocols) constructor steps".
describe('the url', () => {
  it('is missing: a TypeError', () => {
    // Safe: a call that TypeScript forbids.
    const Loose = ReconnectingWebSocket as unknown as new () => unknown;
    expect(() => new Loose()).toThrow(TypeError);
  });

  it.each([
    ['ws://foo bar.com/'],
    ['ftp://example.test/'],
    ['mailto:a@b.test'],
    ['about:blank'],
    ['/relative'],
    [''],
    ['ws://h/#'],
    ['ws://h/#x'],
    ['http://h/#x'],
    ['ws://h:99999/'],
  ])('"%s" is a SyntaxError at once', (url) => {
    expect(nameOf(() => make(url))).toBe('SyntaxError');
  });

  it.each([
    ['ws://EXAMPLE.test', 'ws://example.test/'],
    ['WSS://h:443/a b', 'wss://h/a%20b'],
    ['http://h/x', 'ws://h/x'],
    ['https://h:8443', 'wss://h:8443/'],
    ['ws://h/a/../b?ÿ', 'ws://h/b?%C3%BF'],
    [new URL('https://h/?q=1'), 'wss://h/?q=1'],
  ])('%s reads as %s at once', (url, serialized) => {
    expect(make(url).url).toBe(serialized);
  });

  it('is relative to the document, or else to the worker', () => {
    vi.stubGlobal('location', { href: 'https://h/worker/w.js' });
    expect(make('../live?a').url).toBe('wss://h/live?a');
    vi.stubGlobal('document', { baseURI: 'http://base/dir/page' });
    expect(make('live').url).toBe('ws://base/dir/live');
    expect(make('').url).toBe('ws://base/dir/page');
  });

  it('is handed to the socket as it is, where the engine has no URL', () => {
    vi.stubGlobal('URL', undefined);
    expect(make('wss://h/x').url).toBe('wss://h/x');
    expect(nameOf(() => make('nonsense'))).toBe('SyntaxError');
  });

  it('does not show its query in the error, which may hold a token', () => {
    expect(() => make('ftp://h/?token=secret')).toThrow(/ftp:\/\/h\/\?\.\.\./);
  });
});

describe('subprotocols', () => {
  it.each([
    [''],
    ['a b'],
    ['a\u0080'],
    ['a\u0000'],
    ['a/b'],
    ['ä'],
    [['a', 'a']],
    [['a', '']],
    [[',']],
    [{}],
    [{ [Symbol.iterator]: null }],
  ])('%j is a SyntaxError at once', (protocols) => {
    expect(nameOf(() => make('ws://h', protocols))).toBe('SyntaxError');
  });

  it.each([
    [undefined, []],
    [[], []],
    ['chat', ['chat']],
    [
      ['a', 'A', 'b.c-1~'],
      ['a', 'A', 'b.c-1~'],
    ],
    [new Set(['x', 'y']), ['x', 'y']],
    [null, ['null']],
    [{ [Symbol.iterator]: undefined, toString: (): string => 'text' }, ['text']],
    // An object that iterates, and so a sequence of its characters.
    [new String('ab'), ['a', 'b']],
  ])('%j is offered as %j', (protocols, offered) => {
    const net = scriptedSockets();
    make('ws://h', protocols, { WebSocket: net.WebSocket, startClosed: false, lifecycle: false }).close();
    expect(net.last.protocols).toEqual(offered);
  });
});

describe('the first attempt', () => {
  it('is made within the constructor, so that what the platform refuses is thrown there', () => {
    expect(startDropIn().net.sockets).toHaveLength(1);
    class Refusing {
      constructor() {
        throw new DOMException('an insecure connection from a secure page', 'SecurityError');
      }
    }
    expect(nameOf(() => make('ws://h', [], { WebSocket: Refusing, startClosed: false }))).toBe('SecurityError');
  });

  it('that throws leaves nobody listening to the page', () => {
    const { lifecycle, ...page } = scriptedLifecycle();
    class Refusing {
      constructor() {
        throw new DOMException('no', 'SecurityError');
      }
    }
    expect(() => make('ws://h', [], { WebSocket: Refusing, startClosed: false, lifecycle })).toThrow(DOMException);
    expect(page.listeners).toBe(0);
  });

  it('says once and at once that there is no WebSocket, and keeps no timer', () => {
    vi.stubGlobal('WebSocket', undefined);
    expect(() => make('ws://h', [], { WebSocket: undefined, startClosed: false })).toThrow(
      expect.objectContaining({ name: 'NotSupportedError' }),
    );
    expect(() => make(() => 'ws://h', [], { WebSocket: undefined, startClosed: false })).toThrow(/pass one/);
    // A page that is rendered on a server may make it, and start it in the browser.
    expect(make('ws://h', [], { WebSocket: undefined }).readyState).toBe(3);
    expect(() => make('ws://h', [], { WebSocket: undefined }).reconnect()).toThrow(/pass one/);
  });

  it('takes the class that the platform had, when this one stands in its place', () => {
    const net = scriptedSockets();
    vi.stubGlobal('WebSocket', ReconnectingWebSocket);
    const make = () => new ReconnectingWebSocket('ws://h', [], { lifecycle: false });
    const original = Reflect.getOwnPropertyDescriptor(globalThis, 'WebSocket');
    expect(original?.value).toBe(ReconnectingWebSocket);
    // Node 20 had none when the module was loaded; later versions had one.
    if (process.versions.node.startsWith('20.')) expect(make).toThrow(/pass one/);
    vi.stubGlobal('WebSocket', net.WebSocket);
    make().close();
    expect(net.sockets).toHaveLength(1);
  });
});

describe('options', () => {
  it.each([
    [{ maxRetries: -1 }, /maxRetries is -1/],
    [{ minReconnectionDelay: Number.NaN }, /minReconnectionDelay is NaN/],
    [{ reconnectionDelayGrowFactor: 0.5 }, /reconnectionDelayGrowFactor is 0.5, wanted a number from 1/],
    [{ connectionTimeout: 0 }, /connectionTimeout is 0/],
    [{ stableAfter: -5 }, /minUptime is -5/],
    [{ closeEvent: 'never' }, /closeEvent is never, wanted one of each final/],
    [{ overflow: 'block' }, /overflow is block/],
    [{ jitter: 'some' }, /jitter is some/],
    [{ shouldReconnect: true }, /shouldReconnect is true, wanted one of function/],
    [{ WebSocket: 123, startClosed: false }, /the WebSocket class is 123, pass one/],
    [{ heartbeat: { ping: 'x' } }, /isPong is undefined/],
    [{ heartbeat: { ping: 'x', isPong: () => true, interval: 0 } }, /interval is 0/],
  ])('%j throws and names itself', (options, text) => {
    expect(() => make('ws://h', [], options)).toThrow(text);
  });

  it('that are undefined are their defaults', () => {
    expect(make('ws://h', [], { maxRetries: undefined, closeEvent: undefined }).readyState).toBe(3);
  });
});

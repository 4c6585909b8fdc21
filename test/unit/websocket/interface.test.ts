import { describe, expect, it } from 'vitest';
import Default, { ReconnectingWebSocket, WebSocket } from '../../../src/websocket/index.js';
import { startDropIn } from '../../support/scripted-drop-in.js';

const { prototype } = ReconnectingWebSocket;
const describeOf = (holder: object, name: string): PropertyDescriptor => {
  const found = Object.getOwnPropertyDescriptor(holder, name);
  if (!found) throw new Error(`no property ${name}`);
  return found;
};
const STATES = { CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 };
const READ_ONLY = ['url', 'readyState', 'bufferedAmount', 'extensions', 'protocol'];
const WRITABLE = ['binaryType', 'onopen', 'onmessage', 'onerror', 'onclose'];

// WebIDL section 3.7 (interfaces) for the IDL of the WHATWG WebSockets standard.
describe('the interface object', () => {
  it('is exported under its three names', () => {
    expect(Default).toBe(ReconnectingWebSocket);
    expect(WebSocket).toBe(ReconnectingWebSocket);
  });

  it('has the name and the length of the standard, and is no function to call', () => {
    expect(ReconnectingWebSocket.name).toBe('WebSocket');
    expect(describeOf(ReconnectingWebSocket, 'name')).toMatchObject({ writable: false, enumerable: false });
    expect(ReconnectingWebSocket.length).toBe(1);
    // Safe: a call that TypeScript forbids, and that must fail.
    expect(() => (ReconnectingWebSocket as unknown as (url: string) => void)('ws://h')).toThrow(TypeError);
    expect(describeOf(ReconnectingWebSocket, 'prototype')).toMatchObject({
      writable: false,
      enumerable: false,
      configurable: false,
    });
  });

  it('inherits from the real EventTarget', () => {
    expect(Object.getPrototypeOf(ReconnectingWebSocket)).toBe(EventTarget);
    expect(Object.getPrototypeOf(prototype)).toBe(EventTarget.prototype);
    expect(startDropIn().socket).toBeInstanceOf(EventTarget);
  });

  it('names itself in texts', () => {
    expect(String(startDropIn().socket)).toBe('[object WebSocket]');
    expect(describeOf(prototype, Symbol.toStringTag as unknown as string)).toEqual({
      value: 'WebSocket',
      writable: false,
      enumerable: false,
      configurable: true,
    });
  });

  it.each(Object.entries(STATES))('has the constant %s = %i on class and prototype, read-only', (name, value) => {
    const expected = { value, writable: false, enumerable: true, configurable: false };
    expect(describeOf(ReconnectingWebSocket, name)).toEqual(expected);
    expect(describeOf(prototype, name)).toEqual(expected);
    const { socket } = startDropIn();
    expect(() => Object.assign(socket, { [name]: 9 })).toThrow(TypeError);
    expect(Reflect.get(socket, name)).toBe(value);
    expect(Reflect.deleteProperty(prototype, name)).toBe(false);
  });
});

describe('attributes', () => {
  it.each([...READ_ONLY, ...WRITABLE])('%s is an accessor of the prototype, enumerable, named and branded', (name) => {
    const { get, set, enumerable, configurable } = describeOf(prototype, name);
    expect({ enumerable, configurable }).toEqual({ enumerable: true, configurable: true });
    expect([get?.name, get?.length]).toEqual([`get ${name}`, 0]);
    if (WRITABLE.includes(name)) expect([set?.name, set?.length]).toEqual([`set ${name}`, 1]);
    else expect(set).toBeUndefined();
    for (const stranger of [prototype, {}, new EventTarget(), undefined]) {
      expect(() => get?.call(stranger)).toThrow(TypeError);
      if (set) expect(() => set.call(stranger, null)).toThrow(TypeError);
    }
  });

  it('are seen by for-in, with methods and constants', () => {
    const names: string[] = [];
    for (const name in startDropIn().socket) names.push(name);
    expect(names).toEqual(
      expect.arrayContaining([...READ_ONLY, ...WRITABLE, ...Object.keys(STATES), 'send', 'close', 'dispatchEvent']),
    );
  });

  it('can be redefined on the prototype, as those of every platform object', () => {
    const before = describeOf(prototype, 'bufferedAmount');
    Object.defineProperty(prototype, 'bufferedAmount', { get: () => 'mine', configurable: true });
    expect(startDropIn().socket.bufferedAmount).toBe('mine');
    Object.defineProperty(prototype, 'bufferedAmount', before);
  });
});

describe('operations', () => {
  it.each([
    ['send', 1],
    ['close', 0],
  ] as const)('%s has length %i, is enumerable, branded and no constructor', (name, length) => {
    expect(describeOf(prototype, name)).toMatchObject({ enumerable: true, writable: true, configurable: true });
    const method = prototype[name] as (...args: unknown[]) => unknown;
    expect([method.name, method.length]).toEqual([name, length]);
    expect('prototype' in method).toBe(false);
    for (const stranger of [prototype, {}, undefined]) {
      expect(() => method.call(stranger, 1000)).toThrow(TypeError);
      expect(() => method.call(stranger)).toThrow(TypeError);
    }
  });

  it('answer undefined, and can be overwritten on an instance', () => {
    const { socket, open } = startDropIn();
    open();
    expect(socket.send('x')).toBeUndefined();
    expect(socket.close()).toBeUndefined();
    Object.assign(socket, { close: 5 });
    expect(socket.close).toBe(5);
  });
});

describe('binaryType', () => {
  it('is blob at first, takes the two words of the standard and ignores all others', () => {
    const { socket } = startDropIn();
    expect(socket.binaryType).toBe('blob');
    for (const value of ['arraybuffer', 'Blob', '', 'nodebuffer', null, undefined, 5]) {
      Object.assign(socket, { binaryType: value });
      expect(socket.binaryType).toBe('arraybuffer');
    }
    socket.binaryType = 'blob';
    expect(socket.binaryType).toBe('blob');
  });

  it('holds for the present socket and for each that follows', async () => {
    const { socket, net, open, later } = startDropIn();
    expect(net.last.binaryType).toBe('blob');
    open();
    socket.binaryType = 'arraybuffer';
    expect(net.last.binaryType).toBe('arraybuffer');
    net.last.drop();
    await later(1_000);
    expect(net.sockets).toHaveLength(2);
    expect(net.last.binaryType).toBe('arraybuffer');
  });
});

describe('protocol and extensions', () => {
  it('are empty until the server chose', () => {
    const { socket, net } = startDropIn({}, { protocols: ['a', 'b'] });
    expect([socket.protocol, socket.extensions]).toEqual(['', '']);
    net.last.open('b');
    expect(socket.protocol).toBe('b');
  });
});

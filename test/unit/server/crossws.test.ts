import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { acceptPair, type CrosswsHooks, type CrosswsPeer, crosswsHooks } from '../../../src/server/crossws/index.js';
import type { Connection, Transport, Upgrade } from '../../../src/server/index.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A peer of which the test says how much waits. */
class FakePeer implements CrosswsPeer {
  readonly id = 'p';
  readonly sent: unknown[] = [];
  readonly ends: unknown[] = [];
  readonly request: Request;
  bufferedAmount = 0;
  result: unknown;

  constructor(protocols?: string) {
    const headers = { cookie: 'a=b', ...(protocols && { 'sec-websocket-protocol': protocols }) };
    this.request = new Request('http://localhost/live?lastSeq=3', { headers });
  }

  send(data: string): unknown {
    this.sent.push(data);
    return this.result;
  }

  close(code?: number, reason?: string): void {
    this.ends.push([code, reason]);
  }

  terminate(): void {
    this.ends.push('terminate');
  }
}

const open = (peer: FakePeer = new FakePeer()) => {
  const heard: unknown[] = [];
  const connection: Connection = {
    message: (text, bytes) => heard.push([text, bytes]),
    closed: () => heard.push('closed'),
  };
  let taken: { transport: Transport; upgrade: Upgrade } | undefined;
  const hooks: CrosswsHooks = crosswsHooks({
    accept(transport, upgrade) {
      taken = { transport, upgrade };
      return connection;
    },
  });
  hooks.open(peer);
  if (taken === undefined) throw new Error('not accepted');
  return { peer, heard, hooks, ...taken };
};

describe('crosswsHooks', () => {
  it('hands over the upgrade, what comes with its size in UTF-8, and the end once', () => {
    const { peer, heard, hooks, upgrade } = open();
    expect([upgrade.url, upgrade.header('cookie'), upgrade.header('origin')]).toEqual([
      '/live?lastSeq=3',
      'a=b',
      undefined,
    ]);
    hooks.message(peer, { rawData: 'grüße' });
    hooks.message(peer, { rawData: new Uint8Array(3) });
    hooks.error(peer);
    hooks.close(peer);
    expect(heard).toEqual([['grüße', 7], [undefined, 0], 'closed']);
  });

  it('selects the first subprotocol that is no token', () => {
    const { hooks } = open();
    expect(hooks.upgrade(new FakePeer('auth.x, reliable-socket').request)).toEqual({ protocol: 'reliable-socket' });
    expect(hooks.upgrade(new FakePeer('auth.x').request)).toBeUndefined();
    expect(hooks.upgrade(new FakePeer().request)).toBeUndefined();
  });

  it('sends each text as one', () => {
    const { peer, transport } = open();
    transport.send('{"é":1}');
    transport.send('{}');
    expect(peer.sent).toEqual(['{"é":1}', '{}']);
  });

  it('says that a write has left when no more waits than was written after it', () => {
    const { peer, transport } = open();
    const left: number[] = [];
    peer.bufferedAmount = 30;
    for (const n of [1, 2, 3]) transport.send('x'.repeat(10), () => left.push(n));
    expect(left).toEqual([]);
    peer.bufferedAmount = 15;
    vi.advanceTimersByTime(20);
    expect(left).toEqual([1]);
    peer.bufferedAmount = 0;
    vi.advanceTimersByTime(20);
    expect(left).toEqual([1, 2, 3]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('asks no more what has left once the connection has ended', () => {
    const { peer, transport, hooks } = open();
    peer.bufferedAmount = 10;
    transport.send('x'.repeat(10), () => expect.unreachable());
    hooks.close(peer);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('ends a connection of which the runtime threw a frame away', () => {
    const { peer, transport, heard } = open();
    peer.result = 0;
    transport.send('nothing waits, so it went out');
    expect(peer.ends).toEqual([]);
    peer.bufferedAmount = 1;
    transport.send('lost');
    transport.send('after a hole');
    expect(peer.ends).toEqual(['terminate']);
    expect(heard).toEqual(['closed']);
    expect(peer.sent).not.toContain('after a hole');
  });

  it('takes 4 MiB more from who should wait, and then ends it', () => {
    const { peer, transport, heard, hooks } = open();
    const mebibyte = { rawData: 'x'.repeat(1_048_576) };
    transport.pause();
    for (let n = 0; n < 4; n += 1) hooks.message(peer, mebibyte);
    transport.resume();
    transport.pause();
    for (let n = 0; n < 4; n += 1) hooks.message(peer, mebibyte);
    expect([heard.length, peer.ends]).toEqual([8, []]);
    hooks.message(peer, { rawData: 'x' });
    hooks.message(peer, { rawData: 'x' });
    expect(peer.ends).toEqual([[1013, 'too fast']]);
    expect(heard.slice(8)).toEqual(['closed']);
  });

  it('sends away a peer that it never saw open', () => {
    const { hooks, peer } = open();
    hooks.close(peer);
    hooks.message(peer, { rawData: '{}' });
    expect(peer.ends).toEqual([[1012, 'restart']]);
  });
});

describe('acceptPair', () => {
  it('answers with the selected subprotocol', () => {
    const connection: Connection = { message() {}, closed() {} };
    const server = { accept: () => connection };
    const socket = { accept() {}, send() {}, close() {}, addEventListener() {} };
    expect(acceptPair(server, socket, new FakePeer('reliable-socket').request)).toEqual({
      'sec-websocket-protocol': 'reliable-socket',
    });
    expect(acceptPair(server, socket, new FakePeer().request)).toEqual({});
  });
});

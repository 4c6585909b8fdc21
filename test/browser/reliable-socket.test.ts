import { afterEach, describe, expect, inject, it } from 'vitest';
import type { AnyMessage, ReliableSocketOptions, SocketEvents, TokenReason } from '../../src/index.js';
import { RemoteNetwork, type RemoteOptions } from '../support/remote-network.js';
import { until } from '../support/until.js';

// Runs in each browser. What is tested is the built package, with the browser's own WebSocket, against a real server.
const { queue, ReliableSocket } = (await import(
  /* @vite-ignore */ `${inject('host')}/package/index.js`
)) as typeof import('../../src/index.js');

type Socket = InstanceType<typeof ReliableSocket>;

const hasty: ReliableSocketOptions<AnyMessage, AnyMessage> = {
  connect: { timeout: 5_000 },
  backoff: { base: 20, max: 200, stableAfter: 300 },
  policies: { order: queue({ ack: 'message' }) },
};

/** A browser that was just started is slow, and so is a machine with much to do. */
const eventually = (condition: () => boolean): Promise<void> => until(condition);

const networks: RemoteNetwork[] = [];
const sockets: Socket[] = [];

afterEach(async () => {
  await Promise.all(sockets.splice(0).map((socket) => socket.close()));
  await Promise.all(networks.splice(0).map((network) => network.close()));
});

const openNetwork = async (options?: RemoteOptions): Promise<RemoteNetwork> => {
  const network = await RemoteNetwork.open(inject('host'), options);
  networks.push(network);
  return network;
};

interface Client {
  readonly socket: Socket;
  /** The `n` of each message, in order. */
  readonly heard: unknown[];
  readonly opens: SocketEvents['open'][];
  readonly losses: SocketEvents['close'][];
  /** Gaps, errors and messages that did not arrive. */
  readonly troubles: unknown[];
}

const connect = (url: string, options: ReliableSocketOptions<AnyMessage, AnyMessage> = {}): Client => {
  const socket = new ReliableSocket(url, { ...hasty, ...options });
  sockets.push(socket);
  const client: Client = { socket, heard: [], opens: [], losses: [], troubles: [] };
  socket.onMessage('news', ({ n }) => client.heard.push(n));
  socket.on('open', (event) => client.opens.push(event));
  socket.on('close', (event) => client.losses.push(event));
  for (const trouble of ['gap', 'error', 'undelivered'] as const) {
    socket.on(trouble, (event: unknown) => client.troubles.push(event));
  }
  return client;
};

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);

describe('the built package in a browser', () => {
  it('connects, hears, is acked, and closes', async () => {
    const network = await openNetwork();
    const { socket, heard, troubles } = connect(network.url, { heartbeat: { interval: 100 } });
    await socket.opened();
    expect(await socket.send({ type: 'order', n: 1 }).settled).toMatchObject({ outcome: 'acked', by: 'ack' });
    await network.publish(1, 10);
    await eventually(() => heard.length === 10);
    expect(heard).toEqual(upTo(10));
    await eventually(() => socket.stats().roundTrip !== undefined);
    await socket.close();
    expect(socket.state).toEqual({ status: 'closed', reason: 'called' });
    expect(await network.see()).toMatchObject({ received: [1] });
    expect(troubles).toEqual([]);
  });

  it.each(['rst', 'fin', 'cut'] as const)('resumes after %s, and repeats or loses nothing', async (kind) => {
    const network = await openNetwork();
    const { socket, heard, opens, losses, troubles } = connect(network.url);
    await socket.opened();
    await network.publish(1, 5);
    await eventually(() => heard.length === 5);
    const receipts = upTo(5).map((n) => socket.send({ type: 'order', n }));
    await network.inject(kind);
    await network.publish(6, 10);
    // A cut waits for the next bytes, in either direction.
    receipts.push(...[6, 7, 8].map((n) => socket.send({ type: 'order', n })));
    await eventually(() => opens.length === 2 && heard.length === 10);
    const outcomes = await Promise.all(receipts.map(({ settled }) => settled));

    expect(heard).toEqual(upTo(10));
    expect(opens).toMatchObject([{ resumed: false }, { resumed: true }]);
    expect(losses).toMatchObject([{ cause: 'peer', code: 1006, wasClean: false }]);
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(upTo(8).map(() => 'acked'));
    const { received, handshakes, hits } = await network.see();
    expect(received).toEqual(upTo(8));
    expect(handshakes[1]).toContain('lastSeq=5');
    expect(hits[kind]).toBe(1);
    expect(troubles).toEqual([]);
  });

  it('leaves a link on which no byte passes any more, and continues on a new one', async () => {
    const network = await openNetwork();
    const { socket, heard, losses, troubles } = connect(network.url, { heartbeat: { interval: 300, timeout: 700 } });
    await socket.opened();
    await network.publish(1, 3);
    await eventually(() => heard.length === 3);
    await network.inject('freeze');
    const receipt = socket.send({ type: 'order', n: 1 });
    await network.publish(4, 6);
    await eventually(() => losses.length === 1);
    expect(losses[0]?.cause).toBe('heartbeat');
    expect(await receipt.settled).toMatchObject({ outcome: 'acked' });
    await eventually(() => heard.length === 6);
    expect(heard).toEqual(upTo(6));
    expect(await network.see()).toMatchObject({ received: [1], connections: 1, hits: { freeze: 1 } });
    expect(troubles).toEqual([]);
  });

  it('tells one gap after a restart in which the server lost its memory', async () => {
    const network = await openNetwork({ epoch: 'e' });
    const { socket, heard, opens, troubles } = connect(network.url);
    await socket.opened();
    await network.publish(1, 3);
    await eventually(() => heard.length === 3);
    await network.restart(false);
    await eventually(() => opens.length === 2);
    await network.publish(4, 5);
    await eventually(() => heard.length === 5);
    expect(heard).toEqual(upTo(5));
    expect(troubles).toEqual([{ channel: undefined, from: 3, to: 0, reason: 'epoch', epoch: 'e-2' }]);
  });

  it.each(['query', 'subprotocol', 'message'] as const)('asks for a new token that goes by %s', async (via) => {
    const network = await openNetwork({ auth: via, tokens: ['first'] });
    const asked: TokenReason[] = [];
    const tokens = ['first', 'stale', 'second'];
    const { socket, opens } = connect(network.url, {
      auth: { via },
      token: ({ reason }) => {
        asked.push(reason);
        return tokens[asked.length - 1] ?? 'none';
      },
    });
    await socket.opened();
    expect(asked).toEqual(['first']);
    // The held token is refused from now on, and so is the next one.
    await network.accept('second');
    await network.inject('rst');
    const receipt = socket.send({ type: 'order', n: 1 });
    expect(await receipt.settled).toMatchObject({ outcome: 'acked' });
    expect(asked).toEqual(['first', 'refused', 'refused']);
    expect(socket.state.status).toBe('open');
    expect(opens.at(-1)?.resumed).toBe(true);
  });

  it('takes 5,000 messages of 100 bytes in one task, and drops none', async () => {
    const network = await openNetwork();
    const { socket, troubles } = connect(network.url);
    await socket.opened();
    const text = 'x'.repeat(100 - JSON.stringify({ type: 'note', n: 1_000, text: '' }).length);
    const receipts = upTo(5_000).map((n) => socket.send({ type: 'note', n, text }));
    // All of it happened in this task: the browser had no time to write anything.
    expect(receipts.filter(({ status }) => status !== 'written' && status !== 'queued')).toEqual([]);
    const outcomes = await Promise.all(receipts.map(({ settled }) => settled));
    expect(outcomes.filter(({ outcome }) => outcome !== 'sent')).toEqual([]);
    // The server reads in order, so that what was sent before is there as well.
    await socket.send({ type: 'order', n: 5_001 }).settled;
    expect((await network.see()).received).toEqual(upTo(5_001));
    expect(troubles).toEqual([]);
  });
});

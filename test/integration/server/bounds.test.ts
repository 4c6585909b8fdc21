import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { type AnyMessage, type Gap, queue } from '../../../src/index.js';
import { memoryLog } from '../../../src/server/index.js';
import { useCompanions } from '../../support/companion.js';
import { freePort } from '../../support/free-port.js';
import { heldBytes } from '../../support/memory.js';
import { collect, upTo, useNetwork } from '../../support/network.js';
import { RawClient } from '../../support/raw-client.js';
import { until } from '../../support/until.js';

const network = useNetwork();
const start = useCompanions();
const connect = async (url: string, query = ''): Promise<RawClient> => {
  const client = new RawClient(`${url}/${query}`);
  await client.frame('welcome');
  return client;
};

describe('a reader that stops reading', () => {
  const TEXT = 'x'.repeat(50_000);
  const MESSAGES = 600;
  const BOUND = 1_048_576;

  it('costs the server at most its bound, is cut off, and misses nothing', async () => {
    const { url, server } = await start({
      log: memoryLog({ maxBytes: 2 * MESSAGES * TEXT.length }),
      limits: { stalled: 2_000, bufferedBytes: BOUND },
    });
    let link: WebSocket | undefined;
    class Watched extends WebSocket {
      constructor(address: string, protocols?: string[]) {
        super(address, protocols);
        link = this;
      }
    }
    const heard: number[] = [];
    const socket = network.socket(url, { WebSocket: Watched, heartbeat: { interval: 20_000, timeout: 20_000 } });
    const gaps = collect<Gap>((listener) => socket.on('gap', listener));
    socket.onMessage('n', ({ n }) => heard.push(Number(n)));
    await until(() => socket.state.status === 'open' && server.stats().written > 0, {
      message: 'the client is welcome',
    });
    const other = await connect(url);

    link?.pause();
    const before = await heldBytes();
    let most = 0;
    for (const n of upTo(MESSAGES)) {
      await server.publish({ type: 'n', n, text: TEXT });
      // One that reads is not held up by the one that does not.
      if (n % 20 === 0) await other.frame('n', n);
      most = Math.max(most, server.stats().buffered);
    }
    other.frames.length = 0;
    // The log holds each message once; what the reader costs is beside it.
    const held = (await heldBytes()) - before - MESSAGES * TEXT.length;
    expect(most).toBeGreaterThan(BOUND / 4);
    expect(most).toBeLessThanOrEqual(BOUND);
    expect(held).toBeLessThan(4 * BOUND);
    await until(() => server.stats().cutOff === 1, { message: 'it is cut off' });
    link?.resume();
    await until(() => heard.length >= MESSAGES, { message: 'it caught up' });
    expect(heard).toEqual(upTo(MESSAGES));
    expect(gaps).toEqual([]);
    expect(socket.stats().opened).toBe(2);
  });

  it('that wants answers which no log holds is cut off at the bound', async () => {
    const { url, server } = await start({ onMessage: () => ({ data: 'y'.repeat(10_000) }) });
    const client = await connect(url, '?client=c&conn=1');
    client.socket.pause();
    let most = 0;
    for (let n = 0; n < 900 && server.stats().cutOff === 0; n += 1) {
      client.send({ type: 'x', messageId: `${n}` });
      if (n % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
      most = Math.max(most, server.stats().buffered);
    }
    await until(() => server.stats().cutOff === 1, { message: 'it is cut off' });
    expect(most).toBeLessThanOrEqual(BOUND);
    client.socket.resume();
    await client.gone();
    expect(client.all('goaway')).toEqual([{ type: 'goaway', retryAfter: 1_000, within: 4_000, reason: 'too-slow' }]);
    expect(client.closed?.code).toBe(1013);
  });
});

describe('a message that is larger than the bound', () => {
  it('reaches who is there and who comes back, and ends nobody', async () => {
    const { url, server } = await start();
    const reader = await connect(url);
    const writer = await connect(url);
    // As large as a frame may be: with its number it is larger than what one client may leave unread.
    const frame = JSON.stringify({ type: 'n', text: '' });
    writer.send(frame.replace('""', `"${'x'.repeat(1_048_576 - frame.length)}"`));
    await reader.frame('n');
    await server.publish({ type: 'n', text: 'y'.repeat(3_000_000) });
    await server.publish({ type: 'n' });
    await reader.frame('n', 3);
    const late = await connect(url, '?lastSeq=0');
    await late.frame('n', 3);
    await late.settled();
    expect([late.closed, reader.closed, writer.closed, server.stats().cutOff]).toEqual([
      undefined,
      undefined,
      undefined,
      0,
    ]);
  });
});

describe('one client', () => {
  it.each([
    ['a frame that is too big', 1009, (client: RawClient) => client.send({ type: 'x', text: 'x'.repeat(2_000) })],
    ['a frame that is none', 1007, (client: RawClient) => client.send('[]')],
    ['a binary frame', 1007, (client: RawClient) => client.socket.send(Buffer.from('{"type":"x"}'))],
    ['a name that is too long', 1007, (client: RawClient) => client.send({ type: 'x', messageId: 'm'.repeat(300) })],
    [
      'too many frames',
      4429,
      (client: RawClient) => {
        for (let n = 0; n < 400; n += 1) client.send({ type: 'ping', t: n });
      },
    ],
  ])('is closed for %s (%i), and the others are not', async (_, code, offend) => {
    const { url } = await start({ limits: { frameBytes: 1_000, messagesPerSecond: 10, channels: 5 } });
    const [bad, good] = [await connect(url), await connect(url)];
    offend(bad);
    await bad.gone();
    expect(bad.closed?.code).toBe(code);
    // `ws` has refused it by itself, before it held it.
    if (code === 1009) expect(bad.closed?.reason).toBe('');
    await good.settled();
  });

  it('may send in one burst what a bad link held back', async () => {
    const { url } = await start({ limits: { messagesPerSecond: 10, channels: 5 } });
    const client = await connect(url);
    for (let n = 0; n < 100; n += 1) client.send({ type: 'x', messageId: `${n}` });
    await client.frame('ack', 100);
  });

  it('is asked when it is silent, and dropped when it stays so', async () => {
    const { url, server } = await start({ heartbeat: 900 });
    const [silent, alive] = [await connect(url), await connect(url)];
    alive.socket.on('message', (data) => {
      if (String(data).includes('"ping"')) alive.send({ type: 'pong' });
    });
    await silent.gone();
    expect(silent.all('ping')).toHaveLength(1);
    expect(silent.closed?.code).toBe(1006);
    await alive.frame('ping', 2);
    expect(server.stats().connections).toBe(1);
  });

  it('waits for the handler, and is not read meanwhile past the bound', async () => {
    let taken = 0;
    let open = (): void => {};
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    const { url } = await start({
      limits: { messagesPerSecond: Infinity },
      async onMessage() {
        taken += 1;
        await opened;
      },
    });
    const client = await connect(url);
    for (let n = 0; n < 3_000; n += 1) client.send({ type: 'x', messageId: `${n}` });
    client.send({ type: 'ping', t: 'after' });
    await until(() => taken === 1);
    // The ping is behind what is not read.
    expect(client.all('pong')).toEqual([]);
    open();
    await client.frame('ack', 3_000);
    expect(client.all('ack').map(({ messageId }) => Number(messageId))).toEqual(
      Array.from({ length: 3_000 }, (_, i) => i),
    );
    await client.frame('pong');
  });
});

describe('a planned restart', () => {
  /** The node that restarts and the next one, which need so many ms for an order, and what they did. */
  const twoNodes = async (ms: number) => {
    const effects: unknown[] = [];
    const onMessage = async ({ n }: AnyMessage): Promise<void> => {
      effects.push(n);
      await new Promise((resolve) => setTimeout(resolve, ms));
    };
    return { effects, old: await start({ onMessage }), next: await start({ onMessage }) };
  };

  it('sends everybody away within the window, finishes what runs, and turns away who comes', async () => {
    let done = 0;
    const { url, server } = await start({
      async onMessage() {
        await new Promise((resolve) => setTimeout(resolve, 300));
        done += 1;
      },
    });
    const polite = await connect(url);
    const stays = await connect(url, '?client=c&conn=1');
    stays.send({ type: 'x', messageId: 'a' });
    await stays.settled();
    polite.socket.on('message', () => polite.socket.close());
    const closing = server.close({ within: 100, reason: 'deploy' });
    expect(await stays.frame('goaway')).toEqual({ type: 'goaway', retryAfter: 50, within: 50, reason: 'deploy' });
    const late = new RawClient(url);
    await late.gone();
    expect(late.closed?.code).toBe(1012);
    await stays.frame('ack');
    await closing;
    expect(stays.closed).toEqual({ code: 1012, reason: 'deploy' });
    expect(polite.closed?.code).toBe(1005);
    expect(done).toBe(1);
    expect(server.stats().connections).toBe(0);
  });

  it('lets a client hear the answer to what runs before it leaves for another node', async () => {
    const { effects, old, next } = await twoNodes(100);
    let { url } = old;
    const socket = network.socket(() => url, {
      policies: { order: queue({ ack: 'message' }) },
      // It draws the earliest time there is.
      environment: { random: () => 0 },
    });
    await socket.opened();
    const receipt = socket.send({ type: 'order', n: 1 });
    await until(() => effects.length === 1, { message: 'the order runs' });
    url = next.url;
    await old.server.close({ within: 2_000 });
    expect(await receipt.settled).toEqual({ outcome: 'acked', by: 'ack' });
    await until(() => next.server.stats().connections === 1, { message: 'it is at the other node' });
    expect(effects).toEqual([1]);
  });

  it('answers what it took of a client that stays to the end, and leaves the rest to another node', async () => {
    const { effects, old, next } = await twoNodes(50);
    let url = `ws://127.0.0.1:${await freePort()}`;
    let pause = 20;
    const socket = network.socket(() => url, {
      policies: { order: queue({ ack: 'message' }) },
      backoff: { jitter: () => pause, stableAfter: 60_000 },
      heartbeat: { interval: 20_000, timeout: 20_000 },
    });
    await until(() => socket.state.status === 'waiting', { message: 'the first attempt failed' });
    url = old.url;
    await socket.opened();
    // After a failed attempt it waits for as long as its backoff says, whatever the goaway says.
    pause = 3_000;
    const outcomes: Promise<unknown>[] = [];
    // Faster than they are handled.
    const clicks = setInterval(() => {
      outcomes.push(socket.send({ type: 'order', n: outcomes.length + 1 }).settled);
    }, 20);
    await until(() => effects.length > 0, { message: 'the first order runs' });
    url = next.url;
    await old.server.close({ within: 100 });
    clearInterval(clicks);
    const before = effects.length;
    for (const outcome of await Promise.all(outcomes)) expect(outcome).toEqual({ outcome: 'acked', by: 'ack' });
    expect(effects).toEqual(upTo(outcomes.length));
    expect(before).toBeLessThan(outcomes.length);
  });

  it('waits no longer for the answers than for one handler, and begins no other then', async () => {
    let begun = 0;
    const { url, server } = await start({
      hookTimeout: 400,
      async onMessage() {
        begun += 1;
        await new Promise((resolve) => setTimeout(resolve, 300));
      },
    });
    const client = await connect(url);
    for (const n of upTo(20)) client.send({ type: 'x', messageId: String(n) });
    await until(() => begun > 0, { message: 'the first one runs' });
    await server.close({ within: 20 });
    await client.gone();
    expect(client.closed?.code).toBe(1012);
    expect(begun).toBeLessThan(20);
    expect(begun - client.all('ack').length).toBeLessThanOrEqual(1);
  });
});

describe('publish', () => {
  it('refuses what can not be sent', async () => {
    const { server } = await start();
    await expect(server.publish({ type: 'ping' })).rejects.toMatchObject({
      code: 'bad-message',
      message: 'publish: type "ping" is reserved for the protocol',
    });
    await expect(server.publish({ type: 'x', seq: 1 })).rejects.toMatchObject({ code: 'bad-message' });
    const [first, second] = [
      await server.publish({ type: 'x' }, { id: 'a' }),
      await server.publish({ type: 'x' }, { id: 'a' }),
    ];
    expect([first.seq, second.answer]).toEqual([1, {}]);
    expect((await server.publish({ type: 'x' })).seq).toBe(2);
  });
});

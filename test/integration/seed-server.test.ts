import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Gap, SocketEvents } from '../../src/index.js';
import type { FaultProxy } from '../../src/testing/fault-proxy.js';
import { type Child, root, runNode } from '../support/child.js';
import { collect, upTo, useNetwork } from '../support/network.js';
import { RawClient } from '../support/raw-client.js';
import { until } from '../support/until.js';

/** The code of the chapter on the seed server, as a reader would copy it. */
function seedServer(): string {
  const [, chapter = ''] = readFileSync(join(root, 'PROTOCOL.md'), 'utf8').split('## 4. A seed server');
  const [, code = ''] = /^```js\n(.*?)^```$/ms.exec(chapter) ?? [];
  return code;
}

const network = useNetwork();
let port: number;
let seed: Child;
let proxy: FaultProxy;

async function start(): Promise<void> {
  // The one word that is not as in the book: the port is a free one.
  const code = seedServer().replace('port: 8080', `port: ${port}, host: '127.0.0.1'`);
  seed = runNode(['--input-type=module', '--eval', `${code}\nwss.on('listening', () => console.log('listening'));`]);
  await until(() => seed.lines.includes('listening'), { message: `it starts: ${seed.errors}` });
}

async function stop(): Promise<void> {
  seed.process.kill('SIGKILL');
  await until(() => seed.ended !== undefined);
}

beforeEach(async () => {
  const free = createServer().listen(0, '127.0.0.1');
  await until(() => free.listening);
  port = (free.address() as AddressInfo).port;
  await new Promise((resolve) => free.close(resolve));
  await start();
  proxy = await network.proxy(port);
});

afterEach(stop);

/** Two people in one chat: one over the bad network, one beside the server. */
async function two() {
  // The server is another process, which may have to wait for its turn: that is no dead link. What a lost link had under
  // way would be lost here, for this server acks nothing.
  const far = network.socket(proxy.url, { heartbeat: { interval: 200, timeout: 2_000 } });
  const near = network.socket(`ws://127.0.0.1:${port}`, { heartbeat: { interval: 200, timeout: 20_000 } });
  const heard = (socket: typeof far) => {
    const texts: unknown[] = [];
    socket.onMessage('chat', ({ text }) => texts.push(text));
    return texts;
  };
  const [farHeard, nearHeard] = [heard(far), heard(near)];
  const gaps = collect<Gap>((listener) => far.on('gap', listener));
  const opens = collect<SocketEvents['open']>((listener) => far.on('open', listener));
  // After `welcome`, a client knows where it stands.
  await until(() => far.stats().received > 0 && near.stats().received > 0);
  return { far, near, farHeard, nearHeard, gaps, opens };
}

describe('the seed server of PROTOCOL.md', () => {
  it('has at most twenty-five lines, and names its port once', () => {
    const lines = seedServer().trim().split('\n');
    expect(lines.length).toBeGreaterThan(10);
    expect(lines.length).toBeLessThanOrEqual(25);
    expect(seedServer().split('8080')).toHaveLength(2);
  });

  it('outlives a ping that can be read and not be echoed', async () => {
    const client = new RawClient(`ws://127.0.0.1:${port}`);
    await client.frame('welcome');
    client.send(`{"type":"ping","t":${'['.repeat(20_000)}${']'.repeat(20_000)}}`);
    await client.gone();
    expect(client.closed?.code).toBe(1007);
    expect(seed.ended).toBeUndefined();
  });

  it('resumes: what was said while a client was away comes once and in order', async () => {
    const { near, farHeard, nearHeard, gaps, opens } = await two();
    let n = 0;
    const say = (count: number): void => {
      for (let i = 0; i < count; i += 1) {
        n += 1;
        near.send({ type: 'chat', text: n });
      }
    };
    say(3);
    await until(() => farHeard.length === 3);
    for (const kind of ['rst', 'fin', 'freeze', 'cut'] as const) {
      const before = opens.length;
      proxy.inject(kind, { direction: 'down' });
      say(5);
      await until(() => opens.length > before && farHeard.length === n, { message: `back after ${kind}` });
    }
    await until(() => nearHeard.length === n);
    expect(farHeard).toEqual(upTo(n));
    expect(nearHeard).toEqual(upTo(n));
    expect(gaps).toEqual([]);
    expect(opens[0]).toMatchObject({ resumed: false });
    expect(opens.slice(1).every(({ resumed }) => resumed)).toBe(true);
  });

  it('resumes also before the first message', async () => {
    const { near, nearHeard, farHeard, gaps } = await two();
    proxy.refuse(true);
    proxy.inject('rst');
    near.send({ type: 'chat', text: 'while you were away' });
    await until(() => nearHeard.length === 1);
    proxy.refuse(false);
    await until(() => farHeard.length === 1);
    expect([farHeard, gaps]).toEqual([['while you were away'], []]);
  });

  it('tells one gap to who comes back too late, and one when it was restarted', async () => {
    const { far, near, nearHeard, farHeard, gaps } = await two();
    near.send({ type: 'chat', text: 'first' });
    await until(() => farHeard.length === 1);
    proxy.refuse(true);
    proxy.inject('rst');
    for (const text of upTo(1_200)) near.send({ type: 'chat', text });
    await until(() => nearHeard.length === 1_201);
    proxy.refuse(false);
    await until(() => farHeard.length === 1_001);
    expect(gaps).toEqual([{ channel: undefined, from: 1, to: 201, reason: 'missed', epoch: expect.any(String) }]);
    expect(farHeard.slice(1)).toEqual(upTo(1_200).slice(-1_000));

    await stop();
    await start();
    await until(() => gaps.length === 2);
    expect(gaps[1]).toMatchObject({ from: 1_201, to: 0, reason: 'epoch' });
    expect(gaps[1]?.epoch).not.toBe(gaps[0]?.epoch);
    far.send({ type: 'chat', text: 'anew' });
    await until(() => farHeard.length === 1_002);
    expect([farHeard.at(-1), gaps.length]).toEqual(['anew', 2]);
  });

  it('answers pings, so that receipt is proved', async () => {
    const { far } = await two();
    await until(() => far.stats().roundTrip !== undefined);
    expect(seed.errors).toEqual([]);
  });
});

import { describe, expect, it } from 'vitest';
import { type CloseInfo, type CloseVerdict, drop } from '../../src/index.js';
import { framesOf, openClient, param, randomFrom, startClient, waitOf } from '../support/scripted-client.js';

const plain = { backoff: { jitter: 'none' } } as const;

describe('a close by the server', () => {
  it.each([1000, 1001, 1002, 1003, 1005, 1006, 1007, 1009, 1010, 1011, 1014, 3000, 3999, 4000, 4400, 4402, 4999])(
    'with %i is no end: the client comes back with backoff',
    async (code) => {
      const client = await openClient(plain);
      client.net.last.drop(code, 'why', code !== 1006);
      expect(client.closes).toEqual([{ code, reason: 'why', wasClean: code !== 1006, cause: 'peer' }]);
      expect(client.socket.state).toMatchObject({ status: 'waiting', attempt: 2 });
      expect(waitOf(client)).toBe(1_000);
      await client.reopen();
      expect(client.socket.state).toMatchObject({ status: 'open' });
      expect(client.errors).toEqual([]);
    },
  );

  it.each([1012, 1013, 4429])('with %i waits two steps longer', async (code) => {
    const client = await openClient(plain);
    client.net.last.drop(code, '', true);
    expect(waitOf(client)).toBe(4_000);
    await client.reopen();
    client.net.last.drop(code, '', true);
    expect(waitOf(client)).toBe(8_000);
  });

  /** How many of 400 messages a client writes within a second of coming back. */
  const paceAfter = async (code: number, flushRate?: number, rate?: number): Promise<number> => {
    const client = await openClient(flushRate === undefined ? {} : { queue: { flushRate } });
    if (rate !== undefined) client.net.last.receive({ type: 'welcome', rate });
    await client.after(1_000);
    client.net.last.drop(code, '', true);
    for (let n = 0; n < 400; n++) client.socket.send({ type: 'chat', n });
    await client.reopen();
    if (rate !== undefined) client.net.last.receive({ type: 'welcome' });
    await client.after(1_000);
    return framesOf(client.net.last, 'chat').length;
  };

  it('with 4429 halves the pace: of the assumed 100 a second, of flushRate or of welcome.rate', async () => {
    expect(await paceAfter(1013)).toBe(400);
    const assumed = await paceAfter(4429);
    expect(assumed).toBeGreaterThan(40);
    expect(assumed).toBeLessThanOrEqual(56);
    const own = await paceAfter(4429, 40);
    expect(own).toBeGreaterThan(15);
    expect(own).toBeLessThanOrEqual(23);
    const told = await paceAfter(4429, undefined, 60);
    expect(told).toBeGreaterThan(25);
    expect(told).toBeLessThanOrEqual(34);
  });

  it('with 4403 ends as unauthorized at once, and keeps what waits for a new login', async () => {
    let asked = 0;
    const client = await openClient({ token: () => `t${++asked}` });
    client.net.last.drop(4403, 'banned', true);
    expect(client.socket.state).toMatchObject({ status: 'closed', reason: 'unauthorized' });
    expect(client.errors.map(({ code }) => code)).toEqual(['unauthorized']);
    const receipt = client.socket.send({ type: 'chat' });
    expect(receipt.status).toBe('queued');
    await client.after(3_600_000);
    expect(client.dials).toHaveLength(1);
    expect(asked).toBe(1);
    client.socket.reconnect();
    expect((await client.reopen()).frames).toEqual([{ type: 'chat' }]);
  });

  it('with 4401 asks for a new token and comes back with it', async () => {
    const asked: string[] = [];
    const client = await openClient({ token: ({ reason }) => `t${asked.push(reason)}` });
    client.net.last.drop(4401, 'expired', true);
    expect(client.socket.state).toMatchObject({ status: 'waiting' });
    const next = await client.reopen();
    expect(asked).toEqual(['first', 'refused']);
    expect(client.net.sockets.map((socket) => param(socket, 'token'))).toEqual(['t1', 't2']);
    expect(next.readyState).toBe(1);
  });

  it('with 4401 ends at once if nobody can bring another token', async () => {
    const client = await openClient();
    client.net.last.drop(4401, '', true);
    expect(client.socket.state).toMatchObject({ status: 'closed', reason: 'unauthorized' });
    await client.after(3_600_000);
    expect(client.dials).toHaveLength(1);
  });

  it('with 4401 asks a url function anew, which may carry the token, three times at most', async () => {
    let asked = 0;
    const client = await startClient({}, { url: () => `wss://example.test/live?ticket=${++asked}` });
    for (let attempt = 0; attempt < 3; attempt++) (await client.reopen()).drop(4401, '', true);
    expect(client.net.sockets.map((socket) => param(socket, 'ticket'))).toEqual(['1', '2', '3']);
    expect(client.socket.state).toMatchObject({ status: 'closed', reason: 'unauthorized' });
  });

  it('with 1008 refreshes the token once, and stops at the second in a row', async () => {
    const asked: string[] = [];
    const client = await openClient({ token: ({ reason }) => `t${asked.push(reason)}` });
    client.net.last.drop(1008, 'policy', true);
    (await client.reopen()).drop(1008, 'policy', true);
    expect(asked).toEqual(['first', 'refused']);
    expect(client.socket.state).toMatchObject({ status: 'closed', reason: 'refused-by-server' });
    expect(client.errors.map(({ code }) => code)).toEqual(['refused-by-server']);
  });

  it('with 1008 refreshes again after a healthy connection', async () => {
    const client = await openClient({ token: () => 't' });
    client.net.last.drop(1008, '', true);
    await client.reopen();
    await client.after(5_000);
    client.net.last.drop(1008, '', true);
    expect(client.socket.state).toMatchObject({ status: 'waiting' });
  });

  it('with 1008 and no token hook stops', async () => {
    const client = await openClient();
    client.net.last.drop(1008, '', true);
    expect(client.socket.state).toMatchObject({ status: 'closed', reason: 'refused-by-server' });
    await client.after(3_600_000);
    expect(client.dials).toHaveLength(1);
  });

  it('is an end only when it answers our own close()', async () => {
    const client = await openClient();
    const closed = client.socket.close({ code: 4000, reason: 'bye' });
    expect(client.net.last.closed).toEqual([{ code: 4000, reason: 'bye' }]);
    client.net.last.finishClose();
    await closed;
    expect(client.socket.state).toEqual({ status: 'closed', reason: 'called' });
  });

  it.each([999, 1001, 1006, 2999, 5000, Number.NaN])('%i can not be sent by a page', async (code) => {
    const client = await openClient();
    await expect(client.socket.close({ code })).rejects.toMatchObject({ code: 'bad-call' });
    expect(client.socket.state).toMatchObject({ status: 'open' });
    expect(client.net.last.closed).toEqual([]);
  });
});

describe('a refused handshake whose status is visible', () => {
  /** As `ws` tells it in Node. */
  const refuse = async (status: number, message = `Unexpected server response: ${status}`) => {
    let asked = 0;
    const client = await startClient({ token: () => `t${++asked}` });
    const { last } = client.net;
    last.onerror?.({ type: 'error', target: last, message } as never);
    last.onclose?.({ type: 'close', target: last, code: 1006, reason: '', wasClean: false });
    return { client, asked: () => asked };
  };

  it('401 asks for a new token', async () => {
    const { client, asked } = await refuse(401);
    expect(client.socket.state).toMatchObject({ status: 'waiting' });
    await client.redial();
    expect(asked()).toBe(2);
  });

  it('403 ends as unauthorized', async () => {
    const { client, asked } = await refuse(403);
    expect(client.socket.state).toMatchObject({ status: 'closed', reason: 'unauthorized' });
    expect(asked()).toBe(1);
  });

  it.each(["Expected HTTP 101 response but was '403 Forbidden'", 'Received bad response code from server: 403.'])(
    '403 is read in the words of other runtimes: %s',
    async (message) => {
      const { client } = await refuse(403, message);
      expect(client.socket.state).toMatchObject({ status: 'closed', reason: 'unauthorized' });
    },
  );

  it.each([
    'getaddrinfo ENOTFOUND shard-403.example.test',
    'getaddrinfo ENOTFOUND 403.example.test',
    'connect ECONNREFUSED 127.0.0.1:403',
    'connect ECONNREFUSED ::1:401',
  ])('the number of a host or a port is none: %s', async (message) => {
    const { client, asked } = await refuse(0, message);
    expect(client.socket.state).toMatchObject({ status: 'waiting', reason: '1006' });
    await client.redial();
    expect(asked()).toBe(1);
  });

  it('any other is an ordinary failure', async () => {
    const { client, asked } = await refuse(502);
    await client.redial();
    expect(client.socket.state).toMatchObject({ status: 'connecting', attempt: 2 });
    expect(asked()).toBe(1);
  });
});

describe('onClose', () => {
  const closeWith = async (verdict: CloseVerdict, code: number) => {
    const told: CloseInfo[] = [];
    let asked = 0;
    const client = await openClient({
      ...plain,
      token: () => `t${++asked}`,
      onClose: (info) => {
        told.push(info);
        return verdict;
      },
    });
    client.net.last.drop(code, 'why', true);
    expect(told).toEqual([{ code, reason: 'why', wasClean: true }]);
    return { client, asked: () => asked };
  };

  it('retry comes back where the code would have stopped', async () => {
    const { client } = await closeWith('retry', 4403);
    expect(waitOf(client)).toBe(1_000);
  });

  it('retryAfter names the time', async () => {
    const { client } = await closeWith({ retryAfter: 12_345 }, 1001);
    expect(waitOf(client)).toBe(12_345);
  });

  it.each([NaN, -1, '5000', null])('retryAfter %o is told, and leaves it to the code', async (retryAfter) => {
    const { client } = await closeWith({ retryAfter: retryAfter as number }, 1013);
    expect(client.errors.map(({ code, cause }) => [code, (cause as Error).message])).toEqual([
      [
        'listener-threw',
        expect.stringMatching(/^onClose: retryAfter is (NaN|-1|"5000"|null), wanted a number of at least 0$/),
      ],
    ]);
    expect(waitOf(client)).toBe(4_000);
  });

  it.each([false, true, 'never', 0])('the answer %o is told, and leaves it to the code', async (verdict) => {
    const { client } = await closeWith(verdict as unknown as 'stop', 1013);
    expect(client.errors.map(({ code, cause }) => [code, (cause as Error).message])).toEqual([
      ['listener-threw', expect.stringMatching(/^onClose is .*, wanted retry or refresh-token or stop or undefined$/)],
    ]);
    expect(waitOf(client)).toBe(4_000);
  });

  it('may call reconnect(), and then there is one attempt and one socket', async () => {
    let calls = 0;
    const client = await openClient({
      ...plain,
      onClose: () => {
        if (++calls === 1) client.socket.reconnect();
      },
    });
    client.net.last.drop(1011, '', true);
    expect(client.socket.state).toEqual({ status: 'connecting', attempt: 1 });
    expect(client.closes).toHaveLength(1);
    client.net.last.open();
    await client.after(10_000);
    expect(client.socket.state.status).toBe('open');
    expect(client.net.sockets).toHaveLength(2);
  });

  it('refresh-token asks for a new one', async () => {
    const { client, asked } = await closeWith('refresh-token', 4001);
    await client.redial();
    expect(asked()).toBe(2);
  });

  it('stop ends as refused-by-server', async () => {
    const { client } = await closeWith('stop', 1001);
    expect(client.socket.state).toMatchObject({ status: 'closed', reason: 'refused-by-server' });
  });

  it('undefined leaves it to the code', async () => {
    const { client } = await closeWith(undefined, 1013);
    expect(waitOf(client)).toBe(4_000);
  });
});

describe('goaway', () => {
  it('draws a time between retryAfter and retryAfter + within, once', async () => {
    const client = await openClient({}, { random: randomFrom(0.25, 0.99) });
    const first = client.net.last;
    first.receive({ type: 'goaway', retryAfter: 2_000, within: 8_000, reason: 'deploy' });
    await client.after(3_999);
    expect(client.dials).toHaveLength(1);
    expect(client.socket.state).toMatchObject({ status: 'open' });
    await client.after(1);
    expect(client.dials).toHaveLength(2);
    expect(first.closed).toHaveLength(1);
    expect(client.closes).toEqual([expect.objectContaining({ cause: 'goaway' })]);
    client.net.last.open();
    expect(client.socket.state).toMatchObject({ status: 'open' });
  });

  it('goes on reading until then', async () => {
    const client = await openClient({}, { random: () => 0 });
    client.net.last.receive({ type: 'goaway', retryAfter: 5_000 });
    await client.after(4_900);
    client.net.last.receive({ type: 'chat', seq: 1 });
    expect(client.messages).toEqual([{ type: 'chat', seq: 1 }]);
    expect(param(await client.reopen(200), 'lastSeq')).toBe('1');
  });

  it('goes on sending, but in the last second new messages wait for the next connection', async () => {
    const client = await openClient({}, { random: () => 0 });
    const first = client.net.last;
    first.receive({ type: 'goaway', retryAfter: 5_000 });
    await client.after(3_000);
    expect(client.socket.send({ type: 'chat', n: 1 }).status).toBe('written');
    await client.after(1_500);
    expect(client.socket.send({ type: 'chat', n: 2 }).status).toBe('queued');
    const next = await client.reopen(1_000);
    expect(framesOf(first, 'chat')).toEqual([{ type: 'chat', n: 1 }]);
    expect(framesOf(next, 'chat')).toEqual([{ type: 'chat', n: 2 }]);
  });

  it.each([{ retryAfter: 86_400_000 }, { retryAfter: 0, within: 1e12 }, { retryAfter: 599_000, within: 86_400_000 }])(
    'is cut to 10 minutes: %o',
    async (frame) => {
      const client = await openClient({ heartbeat: false }, { random: () => 0.9 });
      client.net.last.receive({ type: 'goaway', ...frame });
      await client.after(599_999);
      expect(client.dials).toHaveLength(1);
      await client.after(1);
      expect(client.dials).toHaveLength(2);
    },
  );

  it.each([
    [1_000, 'queued'],
    [1_001, 'written'],
  ])('in %i ms: what is sent in the very task that brings it is %s', async (retryAfter, status) => {
    const client = await openClient({ policies: { typing: drop() } }, { random: () => 0 });
    const first = client.net.last;
    first.receive({ type: 'goaway', retryAfter });
    expect(client.socket.send({ type: 'typing' }).status).toBe(status === 'written' ? status : 'dropped');
    expect(client.socket.send({ type: 'chat' }).status).toBe(status);
    expect(framesOf(first, 'chat')).toHaveLength(status === 'written' ? 1 : 0);
  });

  it('that is near keeps new messages back also when the welcome comes after it', async () => {
    const client = await openClient({}, { random: () => 0 });
    client.net.last.receive({ type: 'welcome' });
    client.net.last.drop();
    const second = await client.reopen(2_000);
    second.receive({ type: 'goaway', retryAfter: 1_500 });
    await client.after(600);
    second.receive({ type: 'welcome' });
    expect(client.socket.send({ type: 'chat', n: 1 }).status).toBe('queued');
    const third = await client.reopen(1_000);
    third.receive({ type: 'welcome' });
    expect(framesOf(second, 'chat')).toEqual([]);
    expect(framesOf(third, 'chat')).toEqual([{ type: 'chat', n: 1 }]);
  });

  it('holds also if the server closes earlier, or the link dies', async () => {
    for (const end of ['close', 'silence'] as const) {
      const client = await openClient({}, { random: () => 0.5 });
      const since = client.clock.now();
      client.net.last.receive({ type: 'goaway', retryAfter: 60_000, within: 20_000 });
      if (end === 'close') client.net.last.drop(1012, '', true);
      else await client.after(40_000);
      expect(client.socket.state).toMatchObject({ status: 'waiting', retryAt: since + 70_000 });
      await client.redial(70_000);
      expect(client.clock.now()).toBe(since + 70_000);
    }
  });

  it('with neither field is ordinary backoff', async () => {
    const client = await openClient({}, { random: () => 0.25 });
    client.net.last.receive({ type: 'goaway' });
    await client.after(499);
    expect(client.dials).toHaveLength(1);
    await client.after(1);
    expect(client.dials).toHaveLength(2);
  });

  it('is overridden by reconnect()', async () => {
    const client = await openClient();
    client.net.last.receive({ type: 'goaway', retryAfter: 5_000 });
    client.socket.reconnect();
    await client.after(0);
    expect(client.dials).toHaveLength(2);
    client.net.last.open();
    await client.after(9_000);
    expect(client.dials).toHaveLength(2);
  });

  it('is overridden by reconnect() also while the client waits', async () => {
    const client = await openClient();
    client.net.last.receive({ type: 'goaway', retryAfter: 60_000 });
    client.net.last.drop(1001, '', true);
    expect(waitOf(client)).toBe(60_000);
    client.socket.reconnect();
    await client.after(0);
    expect(client.dials).toHaveLength(2);
  });
});

import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../src/testing/index.js';
import { answerPings, openClient, startClient, URL_OF_TESTS, waitOf } from '../../support/scripted-client.js';

const never = (): Promise<never> => new Promise(() => {});

describe('a provider that fails', () => {
  it('a rejected url is an ordinary failed attempt, and the next one asks again', async () => {
    let asked = 0;
    const url = async (): Promise<string> => {
      asked++;
      if (asked < 3) throw new Error('offline');
      return URL_OF_TESTS;
    };
    const client = await startClient({}, { url });
    const message = 'connect: the url provider failed';
    expect(client.errors).toMatchObject([{ code: 'url-failed', message, cause: new Error('offline') }]);
    expect(client.socket.state).toMatchObject({ status: 'waiting', attempt: 2 });
    await client.after(Math.ceil(waitOf(client)));
    expect(client.socket.state).toMatchObject({ status: 'waiting', attempt: 3 });
    await client.reopen();
    expect(client.socket.state).toMatchObject({ status: 'open' });
    expect(asked).toBe(3);
  });

  it('a url function that throws at once, or returns no url, is an ordinary failed attempt too', async () => {
    let asked = 0;
    const url = (): string => {
      asked++;
      if (asked === 1) throw new Error('not now');
      return asked === 2 ? 'nonsense' : URL_OF_TESTS;
    };
    const client = await startClient({}, { url });
    await client.after(Math.ceil(waitOf(client)));
    expect(client.errors.map(({ code }) => code)).toEqual(['url-failed', 'bad-url']);
    await client.reopen();
    expect(client.socket.state).toMatchObject({ status: 'open' });
  });

  it('a hanging url ends with the connect timeout, and its late answer is nobody to wait for', async () => {
    const answers: ((url: string) => void)[] = [];
    const url = (): Promise<string> => new Promise((resolve) => answers.push(resolve));
    const client = await startClient({ connect: { timeout: 4_000 } }, { url });
    await client.after(3_999);
    expect(client.socket.state).toMatchObject({ status: 'connecting' });
    await client.after(1);
    expect(client.socket.state).toMatchObject({ status: 'waiting', attempt: 2 });
    answers[0]?.('wss://late.test/');
    await client.after(0);
    expect(client.net.sockets).toHaveLength(0);
    // The second one answers while the third is asked.
    while (answers.length < 3) await client.after(100);
    answers[1]?.('wss://late.test/');
    await client.after(0);
    expect(client.net.sockets).toHaveLength(0);
    answers[2]?.(URL_OF_TESTS);
    await client.after(0);
    expect(client.net.sockets).toHaveLength(1);
    expect(client.net.last.url).toContain(URL_OF_TESTS);
  });

  it('a hanging url does not hold up reconnect()', async () => {
    let asked = 0;
    const client = await startClient({}, { url: () => (++asked === 1 ? never() : URL_OF_TESTS) });
    expect(client.socket.state).toMatchObject({ status: 'connecting' });
    client.socket.reconnect();
    await client.after(0);
    client.net.last.open();
    expect(client.socket.state).toMatchObject({ status: 'open' });
  });

  it('a rejected token does not hold up reconnect()', async () => {
    let asked = 0;
    const client = await startClient({
      token: async () => {
        if (++asked === 1) throw new Error('no session');
        return 't';
      },
    });
    expect(client.errors.map(({ code }) => code)).toEqual(['token-failed']);
    client.socket.reconnect();
    await client.after(0);
    client.net.last.open();
    expect(client.socket.state).toMatchObject({ status: 'open' });
  });

  it('a hanging token does not hold up reconnect()', async () => {
    let asked = 0;
    const client = await startClient({ token: () => (++asked === 1 ? never() : 't') });
    client.socket.reconnect();
    await client.after(0);
    client.net.last.open();
    expect(client.socket.state).toMatchObject({ status: 'open' });
    expect(asked).toBe(2);
  });
});

describe('no lock is left behind', () => {
  it.each(['connect', 'reconnect'] as const)('by a close() before the first open: %s() revives', async (call) => {
    const client = await startClient();
    expect(client.net.last.readyState).toBe(0);
    await client.socket.close();
    expect(client.socket.state).toEqual({ status: 'closed', reason: 'called' });
    client.socket[call]();
    await client.after(0);
    expect(client.net.sockets).toHaveLength(2);
    client.net.last.open();
    expect(client.socket.state).toMatchObject({ status: 'open' });
  });

  it.each(['connect', 'reconnect'] as const)('by a close() in the same task as the constructor: %s()', async (call) => {
    const client = await startClient({ connect: { lazy: true } });
    client.socket.connect();
    const closed = client.socket.close();
    client.socket[call]();
    await closed;
    await client.after(0);
    client.net.last.open();
    expect(client.socket.state).toMatchObject({ status: 'open' });
  });

  it.each(['url', 'token'] as const)('by a close() while the %s is awaited', async (what) => {
    let asked = 0;
    const first = <T>(then: T): T | Promise<never> => (++asked === 1 ? never() : then);
    const client =
      what === 'url'
        ? await startClient({}, { url: () => first(URL_OF_TESTS) })
        : await startClient({ token: () => first('t') });
    expect(asked).toBe(1);
    await client.socket.close();
    expect(client.socket.state).toEqual({ status: 'closed', reason: 'called' });
    client.socket.connect();
    await client.after(0);
    expect(asked).toBe(2);
    client.net.last.open();
    expect(client.socket.state).toMatchObject({ status: 'open' });
  });

  it('by a close() while a live link waits for its next token', async () => {
    let asked = 0;
    const token = (): { token: string; expiresIn: number } | Promise<never> =>
      ++asked === 2 ? never() : { token: `t${asked}`, expiresIn: 100_000 };
    const client = await openClient({ token }, { onCreate: answerPings });
    await client.after(80_000);
    expect(asked).toBe(2);
    void client.socket.close();
    client.socket.connect();
    await client.after(0);
    expect(asked).toBe(3);
    client.net.last.open();
    expect(client.socket.state).toMatchObject({ status: 'open' });
  });

  it('by the last retry: reconnect() has all of them again', async () => {
    const client = await startClient({ backoff: { maxRetries: 2 } });
    for (let attempt = 0; attempt < 3; attempt++) {
      (await client.redial()).fail();
    }
    expect(client.socket.state).toMatchObject({ status: 'closed', reason: 'retries-exhausted' });
    expect(client.errors.map(({ code }) => code)).toEqual(['retries-exhausted']);
    expect(client.dials).toHaveLength(3);
    client.socket.reconnect();
    await client.after(0);
    expect(client.socket.state).toMatchObject({ status: 'connecting', attempt: 1 });
    client.net.last.fail();
    (await client.redial()).fail();
    await client.reopen();
    expect(client.socket.state).toMatchObject({ status: 'open' });
  });

  it('by the last retry: connect() has all of them again too', async () => {
    const client = await startClient({ backoff: { maxRetries: 1 } });
    client.net.last.fail();
    (await client.redial()).fail();
    expect(client.socket.state).toMatchObject({ status: 'closed', reason: 'retries-exhausted' });
    client.socket.connect();
    await client.after(0);
    expect(client.socket.state).toMatchObject({ status: 'connecting', attempt: 1 });
    client.net.last.fail();
    expect(client.socket.state).toMatchObject({ status: 'waiting', attempt: 2 });
  });

  it('by the last retry: what waited is sent after reconnect()', async () => {
    const client = await startClient({ backoff: { maxRetries: 0 } });
    const receipt = client.socket.send({ type: 'chat', text: 'a' });
    client.net.last.fail();
    expect(client.socket.state).toMatchObject({ status: 'closed', reason: 'retries-exhausted' });
    expect(client.socket.outbox.size).toBe(1);
    client.socket.reconnect();
    await client.reopen();
    expect(client.net.last.frames).toEqual([{ type: 'chat', text: 'a' }]);
    expect(await receipt.settled).toEqual({ outcome: 'sent' });
  });
});

describe('a handshake that never ends', () => {
  it('is given up after the connect timeout, and the next attempt follows', async () => {
    const client = await startClient({ connect: { timeout: 5_000 } });
    const stuck = client.net.last;
    await client.after(4_999);
    expect(client.socket.state).toMatchObject({ status: 'connecting', attempt: 1 });
    await client.after(1);
    expect(client.socket.state).toMatchObject({ status: 'waiting', attempt: 2 });
    expect(client.socket.state).toHaveProperty('reason', expect.stringContaining('connect-timeout'));
    expect(stuck.closed).toHaveLength(1);
    await client.reopen();
    expect(client.net.sockets).toHaveLength(2);
    stuck.lateClose();
    expect(client.socket.state).toMatchObject({ status: 'open' });
    expect(client.closes).toEqual([]);
  });

  it('is given up after 10 s by default, and the time for token and url is part of it', async () => {
    let asked = 0;
    const clock = new VirtualClock();
    const token = (): Promise<string> => {
      asked++;
      return new Promise((resolve) => clock.setTimer(() => resolve('t'), 6_000));
    };
    const client = await startClient({ token }, { clock });
    await client.after(6_000);
    expect(client.net.sockets).toHaveLength(1);
    await client.after(3_999);
    expect(client.socket.state).toMatchObject({ status: 'connecting' });
    await client.after(1);
    expect(client.socket.state).toMatchObject({ status: 'waiting' });
    expect(asked).toBe(1);
  });

  it('does not time out a connection that is open', async () => {
    const client = await openClient({ connect: { timeout: 1_000 } }, { onCreate: answerPings });
    await client.after(60_000);
    expect(client.socket.state).toMatchObject({ status: 'open' });
    expect(client.net.sockets).toHaveLength(1);
  });
});

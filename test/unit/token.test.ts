import { inspect } from 'node:util';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Cursor, latest, queue, type TokenRequest, type TokenResult } from '../../src/index.js';
import { type ScriptedSocket, VirtualClock } from '../../src/testing/index.js';
import {
  answerPings,
  type ClientWorld,
  framesOf,
  openClient,
  param,
  serve,
  startClient,
} from '../support/scripted-client.js';

const never = (): Promise<never> => new Promise(() => {});

/** A hook that notes each call, and answers t1, t2, ... or what it is told to. */
const hook = (answer: (call: number) => TokenResult | Promise<TokenResult> = (call) => `t${call}`) => {
  const calls: TokenRequest[] = [];
  return {
    calls,
    reasons: () => calls.map(({ reason }) => reason),
    token: (request: TokenRequest) => answer(calls.push(request)),
  };
};

afterEach(() => {
  vi.restoreAllMocks();
});

describe('the token hook', () => {
  it('is asked once, and its token is used again until it is refused', async () => {
    const { token, reasons } = hook();
    const client = await openClient({ token });
    for (let drop = 0; drop < 5; drop++) {
      client.net.last.drop();
      await client.reopen();
    }
    expect(reasons()).toEqual(['first']);
    expect(client.net.sockets.map((socket) => param(socket, 'token'))).toEqual(Array(6).fill('t1'));
  });

  it('is told the number of the attempt, and a signal', async () => {
    const { token, calls } = hook((call) => (call < 3 ? Promise.reject(new Error('down')) : 't'));
    const client = await startClient({ token });
    await client.redial();
    expect(calls.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
    expect(calls[2]?.signal).toBeInstanceOf(AbortSignal);
    expect(calls[2]?.signal?.aborted).toBe(false);
  });

  it('is asked once for any number of waiting calls', async () => {
    const answers: ((token: string) => void)[] = [];
    const { token, calls } = hook(() => new Promise((resolve) => answers.push(resolve)));
    const client = await startClient({ token });
    for (let n = 0; n < 50; n++) {
      client.socket.connect();
      client.socket.send({ type: 'chat', n });
      client.socket.request({ type: 'order', n }).catch(() => {});
      client.socket.opened().catch(() => {});
    }
    await client.after(1_000);
    expect(calls).toHaveLength(1);
    answers[0]?.('t');
    await client.reopen();
    expect(client.net.last.frames).toHaveLength(100);
    expect(calls).toHaveLength(1);
  });

  it('with an expired token is asked exactly once for any number of waiting calls', async () => {
    const answers: ((token: TokenResult) => void)[] = [];
    const { token, reasons } = hook((call) =>
      call === 1 ? { token: 't1', expiresIn: 20_000 } : new Promise((resolve) => answers.push(resolve)),
    );
    const client = await openClient({ token });
    client.net.last.drop();
    while (client.socket.state.status !== 'waiting') await client.after(0);
    client.clock.jump(60_000);
    for (let n = 0; n < 50; n++) {
      client.socket.connect();
      client.socket.send({ type: 'chat', n });
      client.socket.request({ type: 'order', n }).catch(() => {});
      client.socket.opened().catch(() => {});
    }
    await client.after(0);
    expect(reasons()).toEqual(['first', 'expiring']);
    answers[0]?.({ token: 't2', expiresIn: 1_000_000 });
    await client.reopen();
    await client.after(1_000);
    expect(reasons()).toEqual(['first', 'expiring']);
    expect(param(client.net.last, 'token')).toBe('t2');
    expect(client.net.last.frames.length).toBeGreaterThanOrEqual(100);
  });

  it('is asked at most three times for a token that is always refused, then the end is unauthorized', async () => {
    const { token, reasons } = hook();
    const client = await startClient({ token });
    for (let attempt = 0; attempt < 3; attempt++) {
      expect(client.socket.state.status).not.toBe('closed');
      (await client.reopen()).drop(4401, 'no', true);
    }
    expect(client.socket.state).toMatchObject({
      status: 'closed',
      reason: 'unauthorized',
      error: { code: 'unauthorized' },
    });
    await client.after(24 * 3_600_000);
    expect(reasons()).toEqual(['first', 'refused', 'refused']);
    expect(client.dials).toHaveLength(3);
    expect(client.errors.map(({ code }) => code)).toEqual(['unauthorized']);
  });

  it('begins anew with reconnect() after unauthorized, and what waited is sent', async () => {
    const { token, reasons } = hook();
    const client = await startClient({ token });
    const receipt = client.socket.send({ type: 'chat' });
    for (let attempt = 0; attempt < 3; attempt++) {
      const socket = await client.redial();
      socket.onopen = null;
      socket.open();
      socket.drop(4401, '', true);
    }
    expect(client.socket.state).toMatchObject({ status: 'closed', reason: 'unauthorized' });
    expect(client.socket.outbox.size).toBe(1);
    client.socket.reconnect();
    const next = await client.reopen();
    expect(param(next, 'token')).toBe('t4');
    expect(next.frames).toEqual([{ type: 'chat' }]);
    expect((await receipt.settled).outcome).toBe('sent');
    expect(reasons()).toEqual(['first', 'refused', 'refused', 'refused']);
  });

  it('is asked for another token by reconnect() after one was forbidden', async () => {
    const { token, reasons } = hook();
    const client = await openClient({ token });
    client.net.last.drop(4403, 'banned', true);
    expect(client.socket.state).toMatchObject({ status: 'closed', reason: 'unauthorized' });
    client.socket.reconnect();
    expect(param(await client.reopen(), 'token')).toBe('t2');
    expect(reasons()).toEqual(['first', 'refused']);
  });

  it('is asked anew also after the renewal of a token that was forbidden, whether that has come or is under way', async () => {
    for (const isUnderWay of [false, true]) {
      let answer = (_token: string): void => {};
      const { token, reasons } = hook((call) => {
        if (call === 1) return { token: 't1', expiresIn: 10_000 };
        return isUnderWay && call === 2 ? new Promise<string>((resolve) => (answer = resolve)) : `t${call}`;
      });
      const client = await openClient({ token });
      await client.after(8_000);
      expect(reasons()).toEqual(['first', 'expiring']);
      client.net.last.drop(4403, 'banned', true);
      answer('t2');
      await client.after(0);
      client.socket.reconnect();
      expect(param(await client.reopen(), 'token')).toBe('t3');
      expect(reasons()).toEqual(['first', 'expiring', 'refused']);
    }
  });

  it('has its count of refusals back after a healthy connection', async () => {
    const { token } = hook();
    const client = await openClient({ token });
    for (let day = 0; day < 6; day++) {
      await client.after(5_000);
      client.net.last.drop(4401, '', true);
      await client.reopen();
    }
    expect(client.socket.state).toMatchObject({ status: 'open' });
  });

  it('that throws is an ordinary failed attempt, and asked at each one', async () => {
    const { token, reasons } = hook((call) => {
      if (call < 4) throw new Error('offline');
      return 't';
    });
    const client = await startClient({ token });
    expect(client.socket.state).toMatchObject({ status: 'waiting', attempt: 2 });
    await client.redial();
    expect(reasons()).toEqual(Array(4).fill('first'));
    const told = { code: 'token-failed', message: 'token (first): the hook failed', cause: new Error('offline') };
    expect(client.errors).toMatchObject(Array(3).fill(told));
    client.net.last.open();
    expect(client.socket.state).toMatchObject({ status: 'open' });
  });

  it.each([
    undefined,
    '',
    7,
    null,
    {},
    { token: 5 },
    { token: 't', expiresIn: 0 },
    { token: 't', expiresIn: -1 },
    { token: 't', expiresIn: '3600' },
  ])('that answers %o has failed', async (answer) => {
    const client = await startClient({ token: () => answer as never });
    expect(client.errors.map(({ code }) => code)).toEqual(['token-failed']);
    expect(client.socket.state).toMatchObject({ status: 'waiting' });
    expect(client.dials).toEqual([]);
  });

  it('that hangs is a failed attempt after the connect timeout; it is told by its signal, and asked again', async () => {
    const { token, calls } = hook((call) => (call === 1 ? never() : 't2'));
    const client = await startClient({ token, connect: { timeout: 3_000 } });
    await client.after(2_999);
    expect(client.socket.state).toMatchObject({ status: 'connecting' });
    expect(calls[0]?.signal?.aborted).toBe(false);
    await client.after(1);
    expect(client.socket.state).toMatchObject({ status: 'waiting', attempt: 2 });
    expect(calls[0]?.signal?.aborted).toBe(true);
    await client.reopen();
    expect(param(client.net.last, 'token')).toBe('t2');
    expect(calls).toHaveLength(2);
  });

  it('that answers after it was given up is not believed', async () => {
    const answers: ((token: string) => void)[] = [];
    const { token } = hook(() => new Promise((resolve) => answers.push(resolve)));
    const client = await startClient({ token, connect: { timeout: 1_000 } });
    await client.after(1_000);
    answers[0]?.('late');
    // The second one answers while the third is asked.
    while (answers.length < 3) await client.after(100);
    answers[1]?.('late');
    await client.after(0);
    expect(client.dials).toEqual([]);
    answers[2]?.('new');
    await client.after(0);
    expect(param(client.net.last, 'token')).toBe('new');
  });

  it('is asked anew after close(): who logs in next is not taken for who logged out', async () => {
    const { token, reasons } = hook((call) => ({ token: `t${call}`, subject: call === 1 ? 'ann' : 'bob' }));
    const client = await openClient({ token });
    client.net.last.receive({ type: 'welcome', epoch: 'e', seq: 42 });
    client.socket.close();
    client.socket.connect();
    await client.after(0);
    expect(reasons()).toEqual(['first', 'first']);
    expect(param(client.net.last, 'token')).toBe('t2');
    expect(param(client.net.last, 'lastSeq')).toBeNull();
    expect(client.gaps.map(({ reason }) => reason)).toEqual(['subject']);
  });

  it('is told by its signal that close() was called', async () => {
    const { token, calls } = hook(never);
    const client = await startClient({ token });
    await client.socket.close();
    expect(calls[0]?.signal?.aborted).toBe(true);
  });

  it('that throws for its signal is no failure', async () => {
    const token = ({ signal }: TokenRequest): Promise<never> =>
      new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
    const client = await startClient({ token });
    await client.socket.close();
    await client.after(0);
    expect(client.errors).toEqual([]);
  });

  it('that hangs on a live link is told by its signal when the token is refused meanwhile, and an answered one is not', async () => {
    const { token, calls, reasons } = hook((call) => (call === 2 ? never() : { token: `t${call}`, expiresIn: 10_000 }));
    const client = await openClient({ token });
    await client.after(8_000);
    expect(reasons()).toEqual(['first', 'expiring']);
    client.net.last.drop(4401, '', true);
    await client.reopen();
    expect(reasons()).toEqual(['first', 'expiring', 'refused']);
    expect(calls.map(({ signal }) => signal?.aborted)).toEqual([false, true, false]);
    expect(param(client.net.last, 'token')).toBe('t3');
  });

  it('is asked again at each third handshake in a row that failed, and a long outage never ends the conversation', async () => {
    const { token, reasons } = hook();
    const client = await startClient({ token });
    const tokens: (string | null)[] = [];
    for (let attempt = 0; attempt < 30; attempt++) {
      tokens.push(param(client.net.last, 'token'));
      client.net.last.fail();
      await client.redial();
    }
    expect(reasons()).toEqual(['first', ...Array(10).fill('handshake-failed')]);
    expect(tokens.slice(0, 7)).toEqual(['t1', 't1', 't1', 't2', 't2', 't2', 't3']);
    client.net.last.open();
    expect(client.socket.state).toMatchObject({ status: 'open' });
    expect(client.errors).toEqual([]);
  });

  it('counts an attempt that never ended as a handshake that failed', async () => {
    const { token, reasons } = hook();
    const client = await startClient({ token });
    client.net.last.fail();
    await client.redial();
    await client.after(10_000);
    (await client.redial()).fail();
    await client.redial();
    expect(client.dials).toHaveLength(4);
    expect(reasons()).toEqual(['first', 'handshake-failed']);
  });

  it('begins to count handshakes again after an open', async () => {
    const { token, reasons } = hook();
    const client = await startClient({ token });
    for (let attempt = 0; attempt < 2; attempt++) (await client.redial()).fail();
    (await client.reopen()).drop();
    for (let attempt = 0; attempt < 2; attempt++) (await client.redial()).fail();
    await client.redial();
    expect(reasons()).toEqual(['first']);
    client.net.last.fail();
    await client.redial();
    expect(reasons()).toEqual(['first', 'handshake-failed']);
  });
});

describe('an expiring token', () => {
  it('is replaced before it ends, for the next connection; the live one is left alone', async () => {
    const { token, reasons } = hook((call) => ({ token: `t${call}`, expiresIn: 600_000 }));
    const client = await openClient({ token }, { onCreate: answerPings });
    await client.after(539_000);
    expect(reasons()).toEqual(['first']);
    await client.after(61_000);
    expect(reasons()).toEqual(['first', 'expiring']);
    expect(client.dials).toHaveLength(1);
    expect(framesOf(client.net.last, 'auth')).toEqual([]);
    client.net.last.drop();
    expect(param(await client.reopen(), 'token')).toBe('t2');
    expect(reasons()).toEqual(['first', 'expiring']);
  });

  it('is asked for again with backoff when the hook fails, and the link lives on', async () => {
    const { token, calls } = hook((call) =>
      call === 1 ? { token: 't1', expiresIn: 100_000 } : Promise.reject(new Error('down')),
    );
    const client = await openClient({ token }, { onCreate: answerPings });
    await client.after(79_999);
    expect(calls).toHaveLength(1);
    await client.after(20_000);
    expect(calls.length).toBeGreaterThan(2);
    expect(calls.length).toBeLessThan(60);
    expect(client.socket.state).toMatchObject({ status: 'open' });
    expect(client.closes).toEqual([]);
  });

  it('that the live link asked for is not asked for again by the next attempt', async () => {
    const answers: ((token: string) => void)[] = [];
    const { token, reasons } = hook((call) =>
      call === 1 ? { token: 't1', expiresIn: 100_000 } : new Promise((resolve) => answers.push(resolve)),
    );
    const client = await openClient({ token }, { onCreate: answerPings });
    await client.after(80_000);
    expect(reasons()).toEqual(['first', 'expiring']);
    client.net.last.drop();
    await client.after(5_000);
    expect(client.socket.state).toMatchObject({ status: 'connecting' });
    expect(client.dials).toHaveLength(1);
    answers[0]?.('t2');
    await client.reopen();
    expect(param(client.net.last, 'token')).toBe('t2');
    expect(reasons()).toEqual(['first', 'expiring']);
  });

  it('is asked for before the next attempt when the link is down', async () => {
    const { token, reasons } = hook((call) => ({ token: `t${call}`, expiresIn: 10_000 }));
    const client = await openClient({ token, backoff: { jitter: 'none', base: 30_000 } });
    client.net.last.drop();
    await client.after(29_999);
    expect(reasons()).toEqual(['first']);
    await client.after(1);
    expect(reasons()).toEqual(['first', 'expiring']);
    expect(param(client.net.last, 'token')).toBe('t2');
  });
});

describe('a token that was renewed before the server refused the old one', () => {
  it('is tried, and the hook is not asked again', async () => {
    const { token, reasons } = hook((call) => ({ token: `t${call}`, expiresIn: 100_000 }));
    const client = await openClient({ token }, { onCreate: answerPings });
    await client.after(80_000);
    client.net.last.drop(4401, '', true);
    await client.reopen();
    expect(param(client.net.last, 'token')).toBe('t2');
    expect(reasons()).toEqual(['first', 'expiring']);
  });

  it('is refused in its turn, and the refusals end as unauthorized', async () => {
    const { token, reasons } = hook((call) => ({ token: `t${call}`, expiresIn: 100_000 }));
    const client = await openClient({ token }, { onCreate: answerPings });
    await client.after(80_000);
    client.net.last.drop(4401, '', true);
    for (let refusal = 0; refusal < 3; refusal++) {
      await client.reopen();
      client.net.last.drop(4401, '', true);
    }
    expect(reasons()).toEqual(['first', 'expiring', 'refused', 'refused']);
    expect(client.socket.state).toMatchObject({ status: 'closed', reason: 'unauthorized' });
  });
});

describe('a token of another subject', () => {
  const withSubjects = (...subjects: string[]) =>
    hook((call) => ({ token: `t${call}`, subject: subjects[Math.min(call, subjects.length) - 1] ?? '' }));

  it('drops the outbox and the cursors, and tells both', async () => {
    const { token } = withSubjects('ann', 'bob');
    const client = await openClient({ token, policies: { order: queue({ ack: 'message' }) } });
    client.net.last.receive({ type: 'welcome', epoch: 'e', seq: 42 });
    const written = client.socket.send({ type: 'order' });
    await client.after(0);
    client.net.last.drop(4401, '', true);
    const waiting = client.socket.send({ type: 'chat', text: 'for ann only' });
    const next = await client.reopen();
    expect(param(next, 'token')).toBe('t2');
    expect(param(next, 'lastSeq')).toBeNull();
    expect(param(next, 'epoch')).toBeNull();
    next.receive({ type: 'welcome', epoch: 'e', seq: 90 });
    await client.after(1_000);
    expect(next.sent).toEqual([]);
    expect((await waiting.settled).outcome).toBe('dropped');
    expect((await written.settled).outcome).toBe('unknown');
    expect(client.undelivered.map(({ outcome }) => outcome).sort()).toEqual(['dropped', 'unknown']);
    expect(client.gaps).toEqual([expect.objectContaining({ reason: 'subject', from: 42, to: undefined })]);
  });

  it('is one gap, also where the next user has a numbering of his own', async () => {
    const { token } = withSubjects('ann', 'bob');
    const client = await openClient({ token });
    client.net.last.receive({ type: 'welcome', epoch: 'of ann', seq: 42 });
    client.net.last.drop(4401, '', true);
    const next = await client.reopen();
    next.receive({ type: 'welcome', epoch: 'of bob', seq: 3 });
    expect(client.gaps).toEqual([{ channel: undefined, from: 42, to: undefined, reason: 'subject', epoch: undefined }]);
    expect(client.socket.continuation().cursors).toEqual([{ seq: 3, epoch: 'of bob' }]);
  });

  it('is told also if the app still fills a gap of the one before, whose snapshot is not taken for his', async () => {
    const { token } = withSubjects('ann', 'bob');
    const fill: ((cursor?: Cursor) => void)[] = [];
    const onGap = () => new Promise<Cursor | undefined>((resolve) => fill.push(resolve));
    const client = await openClient({ token, onGap });
    const { messages } = client;
    client.net.last.receive({ type: 'welcome', epoch: 'of ann', seq: 42 });
    client.net.last.receive({ type: 'reset', epoch: 'of ann', seq: 50, reason: 'trimmed' });
    client.net.last.drop(4401, '', true);
    const next = await client.reopen();
    next.receive({ type: 'welcome', epoch: 'of bob', seq: 3 });
    next.receive({ type: 'chat', seq: 4 });
    fill[0]?.({ seq: 60 });
    await client.after(0);
    expect(client.gaps.map(({ reason }) => reason)).toEqual(['trimmed', 'subject']);
    expect(client.socket.continuation().cursors).toEqual([{ seq: 3, epoch: 'of bob' }]);
    fill[1]?.();
    await client.after(0);
    expect(messages.map(({ seq }) => seq)).toEqual([4]);
  });

  it('is told also if that link dies before the gap is filled', async () => {
    const { token } = withSubjects('ann', 'bob');
    const fill: (() => void)[] = [];
    const client = await openClient({ token, onGap: () => new Promise<void>((resolve) => fill.push(resolve)) });
    client.net.last.receive({ type: 'welcome', epoch: 'of ann', seq: 42 });
    client.net.last.receive({ type: 'reset', epoch: 'of ann', seq: 50, reason: 'trimmed' });
    client.net.last.drop(4401, '', true);
    const next = await client.reopen();
    next.drop();
    fill[0]?.();
    await client.after(0);
    expect(client.gaps.map(({ reason }) => reason)).toEqual(['trimmed', 'subject']);
  });

  it('on a live link leaves the connection of the one before', async () => {
    const { token } = hook((call) => ({ token: `t${call}`, expiresIn: 100_000, subject: call === 1 ? 'ann' : 'bob' }));
    const client = await openClient({ token }, { onCreate: answerPings });
    client.net.last.receive({ type: 'chat', seq: 5 });
    await client.after(80_000);
    expect(client.dials).toHaveLength(2);
    expect(param(client.net.last, 'lastSeq')).toBeNull();
    expect(client.closes).toEqual([expect.objectContaining({ cause: 'token' })]);
  });

  it('on a live link takes the last values of the one before with it', async () => {
    const { token } = hook((call) => ({ token: `t${call}`, expiresIn: 20_000, subject: call === 1 ? 'ann' : 'bob' }));
    const client = await openClient({ token, policies: { cursor: latest() } });
    const old = client.net.last;
    client.socket.send({ type: 'cursor', at: 'of ann' });
    await client.after(16_000);
    expect(framesOf(old, 'cursor')).toHaveLength(1);
    const next = client.net.last;
    expect(param(next, 'token')).toBe('t2');
    next.open();
    await client.after(1_000);
    expect(next.sent).toEqual([]);
    expect(client.undelivered).toEqual([expect.objectContaining({ outcome: 'unknown', reason: 'subject-changed' })]);
  });

  it('is no news when it is the same one', async () => {
    const { token } = withSubjects('ann', 'ann');
    const client = await openClient({ token });
    client.net.last.receive({ type: 'welcome', epoch: 'e', seq: 42 });
    client.net.last.drop(4401, '', true);
    client.socket.send({ type: 'chat' });
    const next = await client.reopen();
    expect(param(next, 'lastSeq')).toBe('42');
    next.receive({ type: 'welcome', epoch: 'e', seq: 42 });
    expect(framesOf(next, 'chat')).toHaveLength(1);
    expect(client.gaps).toEqual([]);
  });
});

describe('where the token goes', () => {
  const secret = 'sécret/token+with=signs&more';

  it('by default into the query, under the name of auth.param', async () => {
    const client = await startClient({ token: () => secret });
    expect(param(client.net.last, 'token')).toBe(secret);
    const other = await startClient({ token: () => secret, auth: { param: 'access' } });
    expect(param(other.net.last, 'access')).toBe(secret);
    expect(param(other.net.last, 'token')).toBeNull();
  });

  it('with subprotocol beside reliable-socket as base64url, and never into the url', async () => {
    const client = await startClient({ token: () => secret, auth: { via: 'subprotocol' }, protocols: 'v1.chat' });
    const [own, auth, ...rest] = client.net.last.protocols;
    expect(own).toBe('reliable-socket');
    expect(auth).toMatch(/^auth\.[A-Za-z0-9_-]+$/);
    expect(Buffer.from(auth?.slice(5) ?? '', 'base64url').toString('utf8')).toBe(secret);
    expect(rest).toEqual(['v1.chat']);
    expect(param(client.net.last, 'token')).toBeNull();
    expect(decodeURIComponent(client.net.last.url)).not.toContain(secret);
    client.net.last.open('reliable-socket');
    expect(client.socket.state).toMatchObject({ status: 'open' });
    expect(client.net.last.sent).toEqual([]);
  });

  it('with message into the first frame, and never into the url or the subprotocols', async () => {
    const client = await startClient({ token: () => secret, auth: { via: 'message' } });
    expect(client.net.last.protocols).toEqual([]);
    expect(param(client.net.last, 'token')).toBeNull();
    expect(decodeURIComponent(client.net.last.url)).not.toContain(secret);
    client.net.last.open();
    expect(client.net.last.frames).toEqual([{ type: 'auth', token: secret, messageId: expect.any(String) }]);
  });
});

describe('auth by message', () => {
  const auth = { via: 'message' } as const;

  it('stays connecting until welcome, and nothing but pong goes before it', async () => {
    const client = await startClient({ ...hook(), auth });
    client.socket.channel('room').onMessage(() => {});
    client.socket.send({ type: 'chat' });
    const { last } = client.net;
    last.open();
    last.receive({ type: 'ping', t: 7 });
    await client.after(5_000);
    expect(client.socket.state).toMatchObject({ status: 'connecting', attempt: 1 });
    expect(client.opens).toEqual([]);
    expect(last.frames.map(({ type }) => type)).toEqual(['auth', 'pong']);
    last.receive({ type: 'welcome', epoch: 'e', seq: 1 });
    expect(client.socket.state).toMatchObject({ status: 'open' });
    expect(client.opens).toEqual([{ resumed: false, attempt: 1 }]);
    expect(last.frames.map(({ type }) => type)).toEqual(['auth', 'pong', 'subscribe', 'chat']);
  });

  it('without a welcome is a failed attempt after the connect timeout', async () => {
    const client = await openClient({ ...hook(), auth });
    await client.after(9_999);
    expect(client.socket.state).toMatchObject({ status: 'connecting' });
    await client.after(1);
    expect(client.socket.state).toMatchObject({ status: 'waiting', attempt: 2 });
    expect(client.net.last.closed).toHaveLength(1);
    expect(client.opens).toEqual([]);
    expect(client.closes).toEqual([]);
  });

  const refusals: [string, (socket: ScriptedSocket) => void][] = [
    ['a nack', (socket) => socket.receive({ type: 'nack', messageId: socket.frames[0]?.messageId, code: 'no' })],
    ['4401', (socket) => socket.drop(4401, '', true)],
  ];
  it.each(refusals)(
    '%s in answer to the first frame brings a new token, and ends after three',
    async (_name, refuse) => {
      const { token, reasons } = hook();
      const client = await startClient({ token, auth });
      const tokens: unknown[] = [];
      for (let attempt = 0; attempt < 3; attempt++) {
        const socket = await client.reopen();
        tokens.push(socket.frames[0]?.token);
        refuse(socket);
      }
      expect(tokens).toEqual(['t1', 't2', 't3']);
      expect(reasons()).toEqual(['first', 'refused', 'refused']);
      expect(client.socket.state).toMatchObject({ status: 'closed', reason: 'unauthorized' });
      expect(client.opens).toEqual([]);
    },
  );

  /** A server that takes every first token, and answers later ones as told. */
  const live = async (answer: (reAuth: number) => object | undefined): Promise<[ClientWorld, string[]]> => {
    const reasons: string[] = [];
    const token = ({ reason }: TokenRequest): TokenResult => ({
      token: `t${reasons.push(reason)}`,
      expiresIn: 100_000,
    });
    let reAuths = 0;
    const onCreate = (socket: ScriptedSocket): void => {
      let welcomed = false;
      serve(socket, (frame) => {
        if (frame.type === 'ping') socket.receive({ type: 'pong', t: frame.t });
        if (frame.type !== 'auth') return;
        const reply = welcomed ? answer(++reAuths) : { type: 'welcome', epoch: 'e', seq: 3 };
        welcomed = true;
        if (reply) socket.receive({ messageId: frame.messageId, ...reply });
      });
    };
    const client = await openClient({ token, auth }, { onCreate });
    expect(client.socket.state).toMatchObject({ status: 'open' });
    return [client, reasons];
  };

  it('says the new token on the live link before the old one ends, and all goes on', async () => {
    const [client, reasons] = await live(() => ({ type: 'ack' }));
    await client.after(79_999);
    expect(framesOf(client.net.last, 'auth')).toHaveLength(1);
    await client.after(20_000);
    expect(framesOf(client.net.last, 'auth').map(({ token }) => token)).toEqual(['t1', 't2']);
    expect(framesOf(client.net.last, 'auth').every(({ messageId }) => typeof messageId === 'string')).toBe(true);
    expect(reasons).toEqual(['first', 'expiring']);
    client.net.last.receive({ type: 'chat', seq: 4 });
    expect(client.messages).toHaveLength(1);
    expect(client.opens).toHaveLength(1);
    expect(client.closes).toEqual([]);
    expect(client.undelivered).toEqual([]);
  });

  it('asks for another on the live link after a nack', async () => {
    const [client, reasons] = await live((n) => ({ type: n === 1 ? 'nack' : 'ack' }));
    await client.after(90_000);
    expect(framesOf(client.net.last, 'auth').map(({ token }) => token)).toEqual(['t1', 't2', 't3']);
    expect(reasons).toEqual(['first', 'expiring', 'refused']);
    expect(client.dials).toHaveLength(1);
    expect(client.socket.state).toMatchObject({ status: 'open' });
  });

  it('ends as unauthorized when every new one is refused', async () => {
    const [client, reasons] = await live(() => ({ type: 'nack' }));
    await client.after(3_600_000);
    expect(client.socket.state).toMatchObject({ status: 'closed', reason: 'unauthorized' });
    expect(reasons).toEqual(['first', 'expiring', 'refused', 'refused']);
    expect(client.dials).toHaveLength(1);
  });

  it('counts only refusals in a row: one now and then that the next token mends is no reason to end', async () => {
    const [client] = await live((n) => ({ type: n % 2 ? 'nack' : 'ack' }));
    await client.after(3_600_000);
    expect(framesOf(client.net.last, 'auth').length).toBeGreaterThan(20);
    expect(client.socket.state).toMatchObject({ status: 'open' });
    expect(client.dials).toHaveLength(1);
  });
});

describe('a token', () => {
  it('is never in an error, a state, an event or a log', async () => {
    const secret = 'SECRET-7f3a';
    const printed = (['log', 'info', 'warn', 'error', 'debug', 'trace'] as const).map((name) =>
      vi.spyOn(console, name).mockImplementation(() => {}),
    );
    const told: unknown[] = [];
    const gather = ({ errors, states, closes, opens, gaps, socket }: ClientWorld): void => {
      told.push([...errors], [...states], [...closes], [...opens], [...gaps], socket.state, socket.stats());
    };
    for (const via of ['query', 'subprotocol', 'message'] as const) {
      const client = await startClient({ token: () => secret, auth: { via } });
      for (let attempt = 0; attempt < 3; attempt++) {
        const socket = await client.redial();
        if (attempt === 0) socket.fail();
        else if (attempt === 1) await client.after(10_000);
        else {
          socket.open();
          socket.receive('nonsense');
          socket.drop();
        }
      }
      for (let attempt = 0; attempt < 3; attempt++) (await client.reopen()).drop(4401, '', true);
      expect(client.socket.state).toMatchObject({ status: 'closed', reason: 'unauthorized' });
      gather(client);
    }
    for (const code of [4403, 1008, 4000]) {
      const client = await openClient({ token: () => secret, onClose: () => (code === 4000 ? 'stop' : undefined) });
      client.net.last.drop(code, 'no', true);
      gather(client);
    }
    // A browser's constructor names the url in its error; a url function may carry the token itself.
    const refusing = await startClient(
      { token: () => secret },
      {
        onCreate: (socket) => {
          throw new SyntaxError(`The URL '${socket.url}' is invalid.`);
        },
      },
    );
    const message = 'connect: the WebSocket class threw SyntaxError';
    expect(refusing.errors).toMatchObject([{ code: 'connect-failed', message }]);
    gather(refusing);
    const wrong = await startClient({}, { url: () => `nonsense?token=${secret}` });
    expect(wrong.errors.map(({ code }) => code)).toEqual(['bad-url']);
    gather(wrong);
    const odd = await startClient({ token: () => ({ token: secret, expiresIn: -5 }) });
    expect(odd.errors.map(({ code }) => code)).toEqual(['token-failed']);
    gather(odd);
    expect(told.flat().length).toBeGreaterThan(50);
    expect(inspect(told, { depth: Infinity, maxArrayLength: null, showHidden: true })).not.toContain(secret);
    const encoded = Buffer.from(secret).toString('base64url');
    expect(inspect(told, { depth: Infinity, maxArrayLength: null, showHidden: true })).not.toContain(encoded);
    for (const spy of printed) expect(spy).not.toHaveBeenCalled();
  });

  it('of one client is not that of another on the same page', async () => {
    const clock = new VirtualClock();
    const one = hook();
    const other = hook();
    const first = await openClient({ token: one.token }, { clock });
    await openClient({ token: other.token }, { clock });
    first.net.last.drop(4401, '', true);
    await first.reopen();
    expect([one.reasons(), other.reasons()]).toEqual([['first', 'refused'], ['first']]);
  });
});

import { describe, expect, it } from 'vitest';
import { queue } from '../../../src/index.js';
import { answerPings, framesOf, openClient, param, serve } from '../../support/scripted-client.js';

describe('a link that is dead', () => {
  it('is found within interval and timeout, and the next one opens without waiting for its close', async () => {
    const client = await openClient({ heartbeat: { interval: 20_000, timeout: 6_000 } }, { random: () => 0.5 });
    const frozen = client.net.last;
    const since = client.clock.now();
    await client.after(20_000);
    expect(framesOf(frozen, 'ping')).toHaveLength(1);
    await client.after(5_999);
    expect(client.socket.state).toMatchObject({ status: 'open' });
    await client.after(1);
    expect(client.socket.state).toMatchObject({ status: 'waiting', reason: 'heartbeat', attempt: 2 });
    expect(client.closes).toEqual([expect.objectContaining({ cause: 'heartbeat', code: 1006, wasClean: false })]);
    await client.reopen();
    expect(client.socket.state).toMatchObject({ status: 'open' });
    expect(client.clock.now() - since).toBeLessThanOrEqual(20_000 + 6_000 + 2_000);
    expect(frozen.readyState).toBe(2);
  });

  it('is found with the defaults after 40 s', async () => {
    const client = await openClient();
    await client.after(39_999);
    expect(client.socket.state).toMatchObject({ status: 'open' });
    await client.after(1);
    expect(client.socket.state).toMatchObject({ status: 'waiting' });
  });

  it('has nothing more to say: its late frames, error and close are ignored', async () => {
    const client = await openClient({ policies: { order: queue({ ack: 'message' }) } });
    const frozen = client.net.last;
    frozen.receive({ type: 'chat', seq: 1 });
    const receipt = client.socket.send({ type: 'order' });
    await client.after(40_000);
    const next = await client.reopen();
    expect(next).not.toBe(frozen);
    const told = { states: client.states.length, messages: client.messages.length, closes: client.closes.length };
    frozen.receive({ type: 'chat', seq: 2 });
    frozen.receive({ type: 'ack', messageId: receipt.id });
    frozen.receive({ type: 'goaway', retryAfter: 0 });
    frozen.error();
    frozen.lateClose();
    await client.after(5_000);
    expect(client.socket.state).toMatchObject({ status: 'open' });
    expect({ states: client.states.length, messages: client.messages.length, closes: client.closes.length }).toEqual(
      told,
    );
    expect(client.net.last).toBe(next);
    expect(client.socket.outbox.size).toBe(1);
    expect(param(next, 'lastSeq')).toBe('1');
  });

  it('is let go once, without a second close', async () => {
    const client = await openClient();
    const frozen = client.net.last;
    await client.after(40_000);
    await client.reopen();
    expect(frozen.closed).toHaveLength(1);
    expect(frozen.violations).toEqual([]);
  });
});

describe('a link that is alive', () => {
  it('is not torn down while frames come in, though no ping is answered', async () => {
    const client = await openClient({ heartbeat: { interval: 10_000, timeout: 5_000 } });
    const busy = client.net.last;
    // Something is unproved all the time, so that pings are due.
    client.socket.send({ type: 'chat' });
    for (let second = 0; second < 120; second += 4) {
      await client.after(4_000);
      busy.receive({ type: 'price', bid: second });
    }
    expect(framesOf(busy, 'ping').length).toBeGreaterThan(0);
    expect(client.socket.state).toMatchObject({ status: 'open' });
    expect(client.net.sockets).toHaveLength(1);
  });

  it.each([
    ['a message', { type: 'chat' }],
    ['a ping of the server', { type: 'ping' }],
    ['an ack for somebody else', { type: 'ack', messageId: 'x' }],
    ['a pong that echoes nothing', { type: 'pong' }],
    ['a pong of another ping', { type: 'pong', t: 'other' }],
    ['text that is no frame', 'nonsense'],
    ['a binary frame', new ArrayBuffer(3)],
  ])('takes %s for a sign of life', async (_name, sign) => {
    const client = await openClient();
    await client.after(39_000);
    expect(framesOf(client.net.last, 'ping')).toHaveLength(1);
    client.net.last.receive(sign);
    await client.after(29_000);
    expect(client.socket.state).toMatchObject({ status: 'open' });
    await client.after(11_000);
    expect(client.socket.state).toMatchObject({ status: 'waiting', reason: 'heartbeat' });
  });

  it('stays for hours when pings are answered', async () => {
    const client = await openClient({}, { onCreate: answerPings });
    await client.after(3 * 3_600_000);
    expect(client.net.sockets).toHaveLength(1);
    expect(framesOf(client.net.last, 'ping')).toHaveLength((3 * 3_600_000) / 30_000);
  });

  it('is not pinged, and not judged, with heartbeat: false', async () => {
    const client = await openClient({ heartbeat: false });
    client.socket.send({ type: 'chat' });
    await client.after(3_600_000);
    expect(client.net.sockets).toHaveLength(1);
    expect(framesOf(client.net.last, 'ping')).toEqual([]);
  });
});

describe('an alarm that comes late', () => {
  it('probes with a short deadline, and an answer saves the link', async () => {
    const client = await openClient();
    client.clock.jump(600_000);
    await client.after(0);
    expect(framesOf(client.net.last, 'ping')).toHaveLength(1);
    expect(client.socket.state).toMatchObject({ status: 'open' });
    client.net.last.receive({ type: 'pong', t: 1 });
    await client.after(25_000);
    expect(client.socket.state).toMatchObject({ status: 'open' });
    expect(client.closes).toEqual([]);
  });

  it('does not judge a ping that is out: its pong may be queued behind the alarm', async () => {
    const client = await openClient();
    await client.after(30_000);
    expect(framesOf(client.net.last, 'ping')).toHaveLength(1);
    client.clock.jump(600_000);
    await client.after(0);
    expect(client.socket.state).toMatchObject({ status: 'open' });
    client.net.last.receive({ type: 'pong', t: 1 });
    await client.after(25_000);
    expect(client.socket.state).toMatchObject({ status: 'open' });
    expect(client.closes).toEqual([]);
  });

  it('finds the zombie that a laptop wakes up with long before the ordinary time', async () => {
    const client = await openClient();
    client.clock.jump(8 * 3_600_000);
    await client.after(0);
    expect(client.socket.state).toMatchObject({ status: 'open' });
    await client.after(5_000);
    expect(client.closes).toEqual([expect.objectContaining({ cause: 'heartbeat' })]);
  });

  it('is seen also when the timers stood still during sleep and only the clock went on', async () => {
    const client = await openClient();
    await client.after(20_000);
    client.clock.shift(8 * 3_600_000);
    await client.after(10_000);
    expect(client.socket.state).toMatchObject({ status: 'open' });
    expect(framesOf(client.net.last, 'ping')).toHaveLength(1);
    await client.after(5_000);
    expect(client.closes).toEqual([expect.objectContaining({ cause: 'heartbeat' })]);
  });

  it('once a minute, as in a hidden tab, is no reason to drop a server that answers', async () => {
    const client = await openClient({}, { onCreate: answerPings });
    for (let minute = 0; minute < 60; minute++) {
      client.clock.jump(60_000);
      await client.after(0);
    }
    expect(framesOf(client.net.last, 'ping').length).toBeGreaterThanOrEqual(59);
    expect(client.net.sockets).toHaveLength(1);
    expect(client.closes).toEqual([]);
  });

  it('about once a second, as in a hidden tab, still finds a dead link', async () => {
    const client = await openClient();
    for (let turn = 0; turn < 40 && client.closes.length === 0; turn++) {
      client.clock.jump(1_300);
      await client.after(0);
    }
    expect(client.closes).toEqual([expect.objectContaining({ cause: 'heartbeat' })]);
  });
});

describe('welcome.heartbeat', () => {
  it('makes the client write at least 2.5 times as often as the server needs, also on a busy link', async () => {
    const client = await openClient({}, { onCreate: answerPings });
    client.net.last.receive({ type: 'welcome', heartbeat: 10_000 });
    for (let second = 0; second < 40; second++) {
      await client.after(1_000);
      client.net.last.receive({ type: 'price', bid: second });
    }
    expect(framesOf(client.net.last, 'ping')).toHaveLength(40 / 4);
  });

  it('does not make the interval longer', async () => {
    const client = await openClient({ heartbeat: { interval: 5_000, timeout: 1_000 } }, { onCreate: answerPings });
    client.net.last.receive({ type: 'welcome', heartbeat: 120_000 });
    await client.after(20_000);
    expect(framesOf(client.net.last, 'ping')).toHaveLength(4);
  });

  it('holds for its own connection only', async () => {
    const client = await openClient({}, { onCreate: answerPings });
    client.net.last.receive({ type: 'welcome', heartbeat: 10_000 });
    client.net.last.drop();
    await client.reopen();
    await client.after(29_000);
    expect(framesOf(client.net.last, 'ping')).toEqual([]);
  });
});

describe('heartbeat-unanswered', () => {
  it('is told once after three cuts in which no ping was ever answered, and names the option', async () => {
    const client = await openClient();
    for (let cut = 0; cut < 5; cut++) {
      expect(client.errors).toHaveLength(cut < 3 ? 0 : 1);
      await client.after(40_000);
      expect(client.closes).toHaveLength(cut + 1);
      await client.reopen();
    }
    expect(client.closes.every(({ cause }) => cause === 'heartbeat')).toBe(true);
    expect(client.errors.map(({ code }) => code)).toEqual(['heartbeat-unanswered']);
    expect(client.errors[0]?.message).toContain('heartbeat: false');
  });

  it('is not told of a server that answered once', async () => {
    const client = await openClient();
    serve(client.net.last, (frame) => {
      if (frame.t === 1) client.net.last.receive({ type: 'pong', t: 1 });
    });
    await client.after(30_000);
    for (let cut = 0; cut < 4; cut++) {
      await client.after(40_000);
      expect(client.closes).toHaveLength(cut + 1);
      await client.reopen();
    }
    expect(client.errors).toEqual([]);
  });
});

import { afterEach, describe, expect, it, vi } from 'vitest';
import { type LifecycleSignal, pageLifecycle } from '../../../src/index.js';
import {
  answerPings,
  type ClientWorld,
  framesOf,
  openClient,
  param,
  randomFrom,
  type ScriptedLifecycle,
  scriptedLifecycle,
  startClient,
  waitOf,
} from '../../support/scripted-client.js';

afterEach(() => {
  vi.unstubAllGlobals();
});

/** An open client in a page that the test plays. */
const openPage = async (): Promise<{ page: ScriptedLifecycle; client: ClientWorld }> => {
  const page = scriptedLifecycle();
  return { page, client: await openClient({ lifecycle: page.lifecycle }) };
};

describe('visible', () => {
  it('probes an open link with a short deadline before it judges', async () => {
    const { page, client } = await openPage();
    page.tell('hidden');
    await client.after(10_000);
    expect(framesOf(client.net.last, 'ping')).toEqual([]);
    page.tell('visible');
    expect(framesOf(client.net.last, 'ping')).toHaveLength(1);
    await client.after(1_000);
    expect(client.socket.state).toMatchObject({ status: 'open' });
    await client.after(4_000);
    expect(client.closes).toEqual([expect.objectContaining({ cause: 'heartbeat' })]);
  });

  it('keeps a link whose server answers the probe', async () => {
    const page = scriptedLifecycle();
    const client = await openClient({ lifecycle: page.lifecycle }, { onCreate: answerPings });
    page.tell('hidden');
    client.clock.jump(3_600_000);
    page.tell('visible');
    await client.after(20_000);
    expect(framesOf(client.net.last, 'ping').length).toBeGreaterThan(0);
    expect(client.closes).toEqual([]);
  });

  it('writes no ping with heartbeat: false', async () => {
    const page = scriptedLifecycle();
    const client = await openClient({ lifecycle: page.lifecycle, heartbeat: false });
    for (const signal of ['offline', 'online', 'hidden', 'visible'] as const) page.tell(signal);
    await client.after(60_000);
    expect(client.net.last.sent).toEqual([]);
    expect(client.socket.state).toMatchObject({ status: 'open' });
  });

  it('hidden alone does nothing', async () => {
    const { page, client } = await openPage();
    page.tell('hidden');
    await client.after(29_000);
    expect(client.socket.state).toMatchObject({ status: 'open' });
    expect(client.net.last.sent).toEqual([]);
  });
});

describe('the network hints', () => {
  it('are no gate: the client connects although the browser says that it is offline', async () => {
    vi.stubGlobal('navigator', { onLine: false });
    const page = scriptedLifecycle();
    const client = await startClient({ lifecycle: page.lifecycle });
    page.tell('offline');
    client.net.last.fail();
    page.tell('offline');
    await client.reopen();
    expect(client.socket.state).toMatchObject({ status: 'open' });
    expect(client.dials).toHaveLength(2);
  });

  it('offline probes, and does not kill a link that goes on', async () => {
    const page = scriptedLifecycle();
    const client = await openClient({ lifecycle: page.lifecycle }, { onCreate: answerPings });
    page.tell('offline');
    expect(framesOf(client.net.last, 'ping')).toHaveLength(1);
    await client.after(120_000);
    expect(client.socket.state).toMatchObject({ status: 'open' });
    expect(client.closes).toEqual([]);
  });

  it('a probe that fails while offline only marks; the one at online decides, and soon', async () => {
    const { page, client } = await openPage();
    page.tell('offline');
    await client.after(20_000);
    expect(client.socket.state).toMatchObject({ status: 'open' });
    page.tell('online');
    expect(framesOf(client.net.last, 'ping')).toHaveLength(2);
    await client.after(99);
    expect(client.socket.state).toMatchObject({ status: 'open' });
    await client.after(1);
    expect(client.closes).toEqual([expect.objectContaining({ cause: 'heartbeat' })]);
    expect(waitOf(client)).toBeLessThan(200);
  });

  it.each([
    ['the outage was short', 2_999, false],
    ['the link was heard from meanwhile', 20_000, true],
  ])('the one at online has the patience of any other if %s', async (_, outage, answers) => {
    const { page, client } = await openPage();
    page.tell('offline');
    await client.after(1);
    if (answers) client.net.last.receive({ type: 'pong', t: 1 });
    await client.after(outage - 1);
    page.tell('online');
    await client.after(2_999);
    expect(client.socket.state).toMatchObject({ status: 'open' });
    await client.after(1);
    expect(client.closes).toEqual([expect.objectContaining({ cause: 'heartbeat' })]);
  });

  it('an answer that is queued behind a late alarm keeps the link at online as well', async () => {
    const { page, client } = await openPage();
    page.tell('offline');
    await client.after(20_000);
    page.tell('online');
    client.clock.jump(250);
    await client.after(0);
    expect(client.socket.state).toMatchObject({ status: 'open' });
    client.net.last.receive({ type: 'pong', t: 2 });
    await client.after(25_000);
    expect(client.closes).toEqual([]);
  });

  it('offline leaves the deadline of the ordinary heartbeat as it is', async () => {
    const { page, client } = await openPage();
    await client.after(31_000);
    expect(framesOf(client.net.last, 'ping')).toHaveLength(1);
    page.tell('offline');
    await client.after(8_999);
    expect(client.socket.state).toMatchObject({ status: 'open' });
    await client.after(1);
    expect(client.closes).toEqual([expect.objectContaining({ cause: 'heartbeat' })]);
  });

  it.each<[string, away: LifecycleSignal[], back: LifecycleSignal[]]>([
    // Chromium tells some losses of the network as a change of it first.
    ['that waits when offline comes', ['network', 'offline'], ['online']],
    ['at visible', ['offline', 'visible'], ['online', 'network']],
    ['at network', ['offline', 'network'], ['online', 'network']],
    ['at wake', ['offline', 'wake'], ['online', 'network']],
  ])('a probe %s only marks too while offline', async (_, away, back) => {
    const { page, client } = await openPage();
    for (const signal of away) page.tell(signal);
    await client.after(20_000);
    expect(client.socket.state).toMatchObject({ status: 'open' });
    for (const signal of back) page.tell(signal);
    await client.after(100);
    expect(client.closes).toEqual([expect.objectContaining({ cause: 'heartbeat' })]);
  });

  it('links that were found dead at online do not show that the server answers no pings', async () => {
    const { page, client } = await openPage();
    for (let outage = 0; outage < 5; outage++) {
      page.tell('offline');
      await client.after(20_000);
      page.tell('online');
      await client.after(100);
      await client.reopen();
    }
    expect(client.closes).toHaveLength(5);
    expect(client.errors).toEqual([]);
  });

  it('a link that answers at online is kept', async () => {
    const { page, client } = await openPage();
    page.tell('offline');
    await client.after(20_000);
    page.tell('online');
    client.net.last.receive({ type: 'pong', t: 2 });
    await client.after(25_000);
    expect(client.socket.state).toMatchObject({ status: 'open' });
  });

  it('the ordinary deadline holds while offline', async () => {
    const { page, client } = await openPage();
    await client.after(10_000);
    page.tell('offline');
    await client.after(29_999);
    expect(client.socket.state).toMatchObject({ status: 'open' });
    await client.after(1);
    expect(client.socket.state).toMatchObject({ status: 'waiting', reason: 'heartbeat' });
  });

  it('online shortens the wait, with a little jitter', async () => {
    const page = scriptedLifecycle();
    const client = await startClient({ lifecycle: page.lifecycle }, { random: randomFrom(0.9, 0.25) });
    client.net.last.fail();
    expect(waitOf(client)).toBe(1_800);
    page.tell('online');
    expect(client.socket.state).toMatchObject({ status: 'waiting', attempt: 2, reason: 'online' });
    expect(waitOf(client)).toBe(50);
    await client.after(50);
    expect(client.dials).toHaveLength(2);
  });

  it('online does not lengthen a wait that is nearly over', async () => {
    const page = scriptedLifecycle();
    const client = await startClient({ lifecycle: page.lifecycle }, { random: randomFrom(0.01, 0.9) });
    client.net.last.fail();
    page.tell('online');
    expect(waitOf(client)).toBe(20);
  });
});

describe('a return that a wake of the page caused', () => {
  const wakes = ['online', 'network', 'visible', 'wake', 'resume', 'pageshow'] as const;

  it.each(wakes)('by %s is quick once per 10 s', async (signal) => {
    const page = scriptedLifecycle();
    const client = await startClient({ lifecycle: page.lifecycle, backoff: { jitter: 'none' } });
    client.net.last.fail();
    expect(waitOf(client)).toBe(1_000);
    page.tell(signal);
    expect(waitOf(client)).toBeLessThan(200);
    (await client.redial()).fail();
    expect(waitOf(client)).toBe(2_000);
    page.tell(signal);
    page.tell('online');
    expect(waitOf(client)).toBe(2_000);
    (await client.redial()).fail();
    expect(waitOf(client)).toBe(4_000);
    (await client.redial()).fail();
    await client.after(4_000);
    page.tell(signal);
    expect(waitOf(client)).toBeLessThan(200);
  });

  it.each(wakes)('is quick also if the link is found dead soon after %s', async (signal) => {
    const page = scriptedLifecycle();
    const client = await openClient({ lifecycle: page.lifecycle, backoff: { jitter: 'none' } });
    page.tell(signal);
    // The probe that nobody answers.
    await client.after(3_000);
    expect(client.closes).toEqual([expect.objectContaining({ cause: 'heartbeat' })]);
    expect(waitOf(client)).toBeLessThan(200);
    await client.reopen();
    page.tell(signal);
    client.net.last.drop();
    expect(waitOf(client)).toBe(2_000);
  });

  it('is ordinary for a link that ends later than 5 s after the wake', async () => {
    const page = scriptedLifecycle();
    const client = await openClient(
      { lifecycle: page.lifecycle, backoff: { jitter: 'none' } },
      { onCreate: answerPings },
    );
    page.tell('visible');
    await client.after(5_001);
    client.net.last.drop();
    expect(waitOf(client)).toBe(1_000);
  });

  it.each([
    [1012, 4_000],
    [4429, 4_000],
  ])('is no way round what the server asks for by closing with %i', async (code, wait) => {
    const page = scriptedLifecycle();
    const client = await openClient({ lifecycle: page.lifecycle, backoff: { jitter: 'none' } });
    page.tell('visible');
    client.net.last.drop(code, '', true);
    expect(waitOf(client)).toBe(wait);
  });

  it('never waits longer than the backoff would have', async () => {
    const page = scriptedLifecycle();
    const backoff = { jitter: 'none', base: 10 } as const;
    const client = await openClient({ lifecycle: page.lifecycle, backoff }, { random: () => 0.9 });
    page.tell('visible');
    client.net.last.drop();
    expect(waitOf(client)).toBe(10);
  });

  it('is spread over 200 ms', async () => {
    const waits = await Promise.all(
      [0, 0.5, 0.999].map(async (number) => {
        const page = scriptedLifecycle();
        const client = await openClient({ lifecycle: page.lifecycle }, { random: () => number });
        page.tell('pagehide');
        page.tell('pageshow');
        return waitOf(client);
      }),
    );
    expect(waits.map(Math.round)).toEqual([0, 100, 200]);
    expect(Math.max(...waits)).toBeLessThan(200);
  });

  it('a page that hides and shows all the time comes back with ordinary backoff', async () => {
    const page = scriptedLifecycle();
    const client = await openClient({ lifecycle: page.lifecycle, backoff: { jitter: 'none' } });
    page.tell('pagehide');
    page.tell('pageshow');
    expect(waitOf(client)).toBeLessThan(200);
    await client.reopen();
    page.tell('pagehide');
    expect(client.socket.state).toMatchObject({ status: 'suspended' });
    page.tell('pageshow');
    expect(waitOf(client)).toBeGreaterThanOrEqual(1_000);
  });
});

describe('a page that goes away', () => {
  it('is suspended at pagehide and resumes at pageshow, from its cursor and with what waited', async () => {
    const { page, client } = await openPage();
    const first = client.net.last;
    first.receive({ type: 'welcome', epoch: 'e', seq: 4 });
    first.receive({ type: 'chat', seq: 5 });
    page.tell('pagehide');
    expect(first.closed).not.toEqual([]);
    expect(client.socket.state).toMatchObject({ status: 'suspended' });
    expect(client.closes).toEqual([expect.objectContaining({ cause: 'suspended' })]);
    expect(client.socket.send({ type: 'chat', text: 'later' }).status).toBe('queued');
    await client.after(3_600_000);
    expect(client.dials).toHaveLength(1);
    page.tell('pageshow');
    // The old socket says OPEN for a moment, and dies then.
    first.lateClose();
    const next = await client.reopen(200);
    next.receive({ type: 'welcome', epoch: 'e', seq: 5 });
    expect(param(next, 'lastSeq')).toBe('5');
    expect(param(next, 'epoch')).toBe('e');
    expect(framesOf(next, 'chat')).toEqual([{ type: 'chat', text: 'later' }]);
    expect(client.gaps).toEqual([]);
    expect(client.socket.state).toMatchObject({ status: 'open', resumed: true });
  });

  it.each(['freeze', 'pagehide'] as const)('comes back when it is seen, if nothing else ends its %s', async (rest) => {
    const { page, client } = await openPage();
    page.tell(rest);
    for (const signal of ['hidden', 'online', 'network'] as const) page.tell(signal);
    await client.after(3_600_000);
    expect(client.dials).toHaveLength(1);
    page.tell('visible');
    await client.reopen(200);
    expect(client.socket.state).toMatchObject({ status: 'open' });
    // The other end of the rest, which may come behind it, costs nothing.
    page.tell(rest === 'freeze' ? 'resume' : 'pageshow');
    await client.after(1_000);
    expect(client.dials).toHaveLength(2);
  });

  it('is suspended by freeze while it waits, and no timer of the past dials', async () => {
    const page = scriptedLifecycle();
    const client = await startClient({ lifecycle: page.lifecycle });
    client.net.last.fail();
    page.tell('freeze');
    expect(client.socket.state).toMatchObject({ status: 'suspended' });
    await client.after(60_000);
    expect(client.dials).toHaveLength(1);
    page.tell('online');
    await client.after(60_000);
    expect(client.dials).toHaveLength(1);
    page.tell('resume');
    await client.reopen(200);
    expect(client.socket.state).toMatchObject({ status: 'open' });
  });

  it('gives up an attempt that is under way, and ignores its end', async () => {
    const page = scriptedLifecycle();
    const client = await startClient({ lifecycle: page.lifecycle });
    const first = client.net.last;
    page.tell('freeze');
    first.lateClose();
    await client.after(60_000);
    expect(client.socket.state).toMatchObject({ status: 'suspended' });
    page.tell('resume');
    await client.reopen(200);
    expect(client.dials).toHaveLength(2);
  });

  it('reconnect() acts also while suspended', async () => {
    const { page, client } = await openPage();
    page.tell('freeze');
    client.socket.reconnect();
    await client.reopen(0);
    expect(client.socket.state).toMatchObject({ status: 'open' });
  });

  it('does not come back to life when the application closed it before', async () => {
    const { page, client } = await openPage();
    const closed = client.socket.close();
    client.net.last.finishClose();
    await closed;
    expect(page.listeners).toBe(0);
    for (const signal of ['pagehide', 'pageshow', 'resume', 'online', 'visible'] as const) page.tell(signal);
    await client.after(60_000);
    expect(client.socket.state).toEqual({ status: 'closed', reason: 'called' });
    expect(client.dials).toHaveLength(1);
    client.socket.connect();
    expect(page.listeners).toBe(1);
  });
});

describe('pageLifecycle', () => {
  const stubPage = () => {
    const window = new EventTarget();
    const document = Object.assign(new EventTarget(), { visibilityState: 'visible' });
    vi.stubGlobal('addEventListener', window.addEventListener.bind(window));
    vi.stubGlobal('removeEventListener', window.removeEventListener.bind(window));
    vi.stubGlobal('document', document);
    return {
      window,
      document,
      show: (persisted: boolean) => window.dispatchEvent(Object.assign(new Event('pageshow'), { persisted })),
    };
  };

  it('tells of the network, visibility, freeze and the back-forward cache, until it is stopped', () => {
    const { window, document, show } = stubPage();
    const told: string[] = [];
    const stop = pageLifecycle((signal) => told.push(signal));
    window.dispatchEvent(new Event('offline'));
    window.dispatchEvent(new Event('online'));
    document.visibilityState = 'hidden';
    document.dispatchEvent(new Event('visibilitychange'));
    document.visibilityState = 'visible';
    document.dispatchEvent(new Event('visibilitychange'));
    document.dispatchEvent(new Event('freeze'));
    document.dispatchEvent(new Event('resume'));
    window.dispatchEvent(new Event('pagehide'));
    show(true);
    expect(told).toEqual(['offline', 'online', 'hidden', 'visible', 'freeze', 'resume', 'pagehide', 'pageshow']);
    stop();
    window.dispatchEvent(new Event('online'));
    document.dispatchEvent(new Event('freeze'));
    expect(told).toHaveLength(8);
  });

  it('does not take the pageshow of a first load for a return', () => {
    const { show } = stubPage();
    const told: string[] = [];
    pageLifecycle((signal) => told.push(signal));
    show(false);
    expect(told).toEqual([]);
  });

  it('tells nothing, and throws nothing, where there is no page', () => {
    vi.stubGlobal('addEventListener', undefined);
    vi.stubGlobal('removeEventListener', undefined);
    vi.stubGlobal('document', undefined);
    const told: string[] = [];
    pageLifecycle((signal) => told.push(signal))();
    expect(told).toEqual([]);
  });

  it('takes a real page through the back-forward cache', async () => {
    const { window, show } = stubPage();
    const client = await openClient({ lifecycle: pageLifecycle });
    show(false);
    expect(client.socket.state).toMatchObject({ status: 'open' });
    window.dispatchEvent(Object.assign(new Event('pagehide'), { persisted: true }));
    expect(client.socket.state).toMatchObject({ status: 'suspended' });
    show(true);
    await client.reopen(200);
    expect(client.socket.state).toMatchObject({ status: 'open' });
    expect(client.dials).toHaveLength(2);
  });

  it('is listened to by default, and no longer after close()', async () => {
    const { window } = stubPage();
    const client = await startClient({ lifecycle: undefined as never });
    client.net.last.fail();
    expect(client.socket.state).toMatchObject({ status: 'waiting', reason: '1006' });
    window.dispatchEvent(new Event('online'));
    expect(client.socket.state).toMatchObject({ status: 'waiting', reason: 'online' });
    await client.socket.close();
    window.dispatchEvent(new Event('pagehide'));
    expect(client.socket.state).toEqual({ status: 'closed', reason: 'called' });
  });
});

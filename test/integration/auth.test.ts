import { describe, expect, it } from 'vitest';
import { queue, type SocketState, type TokenRequest, type TokenResult } from '../../src/index.js';
import type { TokenVerdict } from '../../src/testing/reference-server.js';
import { collect, sleep, useNetwork } from '../support/network.js';
import { until } from '../support/until.js';

const network = useNetwork();
const forms = ['query', 'subprotocol', 'message'] as const;
/** ms for which a token lives that is to expire on a live link: most of it is time to open the link. */
const BRIEF = 1_500;

/** A hook that answers t1, t2, ... and writes down why it was asked. */
function tokens(
  more: (n: number) => Partial<Exclude<TokenResult, string>> & { wait?: Promise<void> | undefined } = () => ({}),
) {
  const asked: TokenRequest['reason'][] = [];
  return {
    asked,
    token: async ({ reason }: TokenRequest): Promise<TokenResult> => {
      asked.push(reason);
      const n = asked.length;
      const { wait, ...rest } = more(n);
      await wait;
      return { token: `t${n}`, ...rest };
    },
  };
}

/** A server that takes the tokens in `good`, and refuses all others in its way. */
async function strictServer(via: (typeof forms)[number], verdict: TokenVerdict = 'refused') {
  const good = new Set<string>();
  const seen: (string | undefined)[] = [];
  const server = await network.server({
    auth: via,
    tokens: (token) => {
      seen.push(token);
      return token !== undefined && good.has(token) ? 'ok' : verdict;
    },
  });
  return { server, good, seen };
}

const last = (states: SocketState[]) => states.at(-1);

describe.each(forms)('a token that goes by %s', (via) => {
  it('is refreshed when it is refused at connect', async () => {
    const { server, good, seen } = await strictServer(via);
    good.add('t2');
    const { asked, token } = tokens();
    const socket = network.socket(server.url, { token, auth: { via }, policies: { note: queue({ ack: 'message' }) } });
    const outcome = await socket.send({ type: 'note' }).settled;
    expect(outcome.outcome).toBe('acked');
    expect(asked).toEqual(['first', 'refused']);
    expect(seen).toEqual(['t1', 't2']);
    expect(server.connections[0]?.token).toBe('t2');
  });

  it('is refreshed when the server closes with 4401 in mid-life, and nothing is lost', async () => {
    const { server, good } = await strictServer(via);
    good.add('t1');
    const { asked, token } = tokens();
    const socket = network.socket(server.url, {
      token,
      auth: { via },
      policies: { note: queue({ ack: 'message' }) },
      resume: { from: { seq: 0 } },
    });
    const heard: unknown[] = [];
    socket.onMessage('news', ({ n }) => heard.push(n));
    await socket.opened();
    server.publish({ type: 'news', n: 1 });
    await until(() => heard.length === 1);
    good.clear();
    good.add('t2');
    server.closeAll(4401, 'expired');
    server.publish({ type: 'news', n: 2 });
    expect(await socket.send({ type: 'note' }).settled).toMatchObject({ outcome: 'acked' });
    await until(() => heard.length === 2);
    expect(heard).toEqual([1, 2]);
    expect(asked).toEqual(['first', 'refused']);
  });

  it('ends as unauthorized after three calls of the hook if each one is refused, and a new login sends what waits', async () => {
    const { server, good } = await strictServer(via);
    const { asked, token } = tokens();
    const socket = network.socket(server.url, { token, auth: { via }, policies: { note: queue({ ack: 'message' }) } });
    const states = collect<SocketState>((listener) => socket.on('state', listener));
    const receipt = socket.send({ type: 'note' });
    await until(() => socket.state.status === 'closed');
    expect(last(states)).toMatchObject({ status: 'closed', reason: 'unauthorized' });
    expect(asked).toEqual(['first', 'refused', 'refused']);
    // It stays so.
    await sleep(300);
    expect([asked.length, socket.state.status, socket.outbox.size]).toEqual([3, 'closed', 1]);
    good.add('t4');
    socket.reconnect();
    expect(await receipt.settled).toMatchObject({ outcome: 'acked' });
    expect(asked).toHaveLength(4);
  });

  it('is asked for once, however many senders wait for it', async () => {
    const { server, good } = await strictServer(via);
    for (const one of ['t1', 't2']) good.add(one);
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { asked, token } = tokens((n) => ({ wait: n === 2 ? held : undefined, expiresIn: n === 1 ? BRIEF : 60_000 }));
    const socket = network.socket(server.url, { token, auth: { via }, policies: { note: queue({ ack: 'message' }) } });
    await socket.opened();
    await until(() => asked.length === 2);
    // The first one is about to expire; the link is lost, and everybody wants to go on.
    server.closeAll(1001);
    await until(() => socket.state.status !== 'open');
    const receipts = Array.from({ length: 500 }, () => socket.send({ type: 'note' }));
    const opened = Array.from({ length: 10 }, () => socket.opened());
    socket.connect();
    // Longer than any delay of the backoff here.
    await sleep(100);
    release();
    await Promise.all(opened);
    const outcomes = await Promise.all(receipts.map(({ settled }) => settled));
    expect(outcomes.every(({ outcome }) => outcome === 'acked')).toBe(true);
    expect(asked).toEqual(['first', 'expiring']);
    expect(server.connections[0]?.token).toBe('t2');
  });

  it(`is ${via === 'query' ? '' : 'not '}found in the url of the handshake`, async () => {
    const { server, good } = await strictServer(via);
    const secret = 'sécret+/=1';
    good.add(secret);
    const socket = network.socket(`${server.url}/live?room=7`, { token: () => secret, auth: { via } });
    await socket.opened();
    server.closeAll(1001);
    await until(() => server.handshakes.length === 2 && socket.state.status === 'open');
    for (const url of server.handshakes) {
      const query = new URL(url, 'ws://localhost').searchParams;
      expect(query.get('room')).toBe('7');
      expect(query.get('token')).toBe(via === 'query' ? secret : null);
      expect(url.includes('cret')).toBe(via === 'query');
    }
    expect(server.connections[0]?.token).toBe(secret);
  });

  it('that is forbidden ends at once as unauthorized, without a second try', async () => {
    const { server } = await strictServer(via, 'forbidden');
    const { asked, token } = tokens();
    const socket = network.socket(server.url, { token, auth: { via } });
    await until(() => socket.state.status === 'closed');
    expect(socket.state).toMatchObject({ status: 'closed', reason: 'unauthorized', error: { code: 'unauthorized' } });
    expect([asked, server.handshakes.length]).toEqual([['first'], 1]);
  });
});

describe('a status of the handshake that can be seen', () => {
  it.each(['query', 'subprotocol'] as const)(
    '401 is a refusal (%s): a new token is asked for, thrice at most',
    async (via) => {
      const { server, good, seen } = await strictServer(via, 401);
      const { asked, token } = tokens();
      const socket = network.socket(server.url, { token, auth: { via } });
      await until(() => socket.state.status === 'closed');
      expect(socket.state).toMatchObject({ reason: 'unauthorized' });
      expect(asked).toEqual(['first', 'refused', 'refused']);
      expect([seen, server.handshakes]).toEqual([['t1', 't2', 't3'], []]);
      good.add('t5');
      socket.reconnect();
      await socket.opened();
      expect(asked).toHaveLength(5);
    },
  );

  it('403 ends at once', async () => {
    const { server, seen } = await strictServer('query', 403);
    const { asked, token } = tokens();
    const socket = network.socket(server.url, { token });
    await until(() => socket.state.status === 'closed');
    expect(socket.state).toMatchObject({ reason: 'unauthorized' });
    expect([asked, seen]).toEqual([['first'], ['t1']]);
  });

  it('an ordinary failure is none of these: it is retried with the same token', async () => {
    const { server, good } = await strictServer('query');
    good.add('t1');
    const { asked, token } = tokens();
    const proxy = await network.proxy(server.port);
    proxy.refuse(true);
    const socket = network.socket(proxy.url, { token });
    const states = collect<SocketState>((listener) => socket.on('state', listener));
    await until(() => states.filter(({ status }) => status === 'waiting').length === 2);
    proxy.refuse(false);
    await socket.opened();
    expect(asked).toEqual(['first']);
  });
});

describe('a token that is about to expire on a live link', () => {
  it('is replaced on the link where it goes by message', async () => {
    const { server, good } = await strictServer('message');
    for (const one of ['t1', 't2']) good.add(one);
    const { asked, token } = tokens((n) => ({ expiresIn: n === 1 ? BRIEF : 60_000 }));
    const socket = network.socket(server.url, { token, auth: { via: 'message' } });
    await socket.opened();
    expect(server.connections[0]?.token).toBe('t1');
    await until(() => server.connections[0]?.token === 't2');
    expect(asked).toEqual(['first', 'expiring']);
    expect([server.handshakes.length, socket.state.status]).toEqual([1, 'open']);
  });

  it('serves the next connection where it does not', async () => {
    const { server, good } = await strictServer('query');
    for (const one of ['t1', 't2']) good.add(one);
    const { asked, token } = tokens((n) => ({ expiresIn: n === 1 ? BRIEF : 60_000 }));
    const socket = network.socket(server.url, { token });
    await socket.opened();
    await until(() => asked.length === 2);
    expect([server.handshakes.length, server.connections[0]?.token, socket.state.status]).toEqual([1, 't1', 'open']);
    server.closeAll(1001);
    await until(() => server.connections[0]?.token === 't2');
    expect(asked).toEqual(['first', 'expiring']);
  });
});

import { describe, expect, it } from 'vitest';
import { type AnyMessage, json, latest, queue, type Receipt } from '../../src/index.js';
import { openClient, outcome, outcomes, rejection, ScriptedClient } from '../support/harness.js';

const policies = { m: queue({ ack: 'message' }), l: latest(), p: queue({ ack: 'pong' }) };

/** The server closes: a real close frame on a link that had spoken. */
function crash(client: ScriptedClient, code = 1011): void {
  client.receive({ type: 'hello' });
  client.ws.drop(code, 'crash', true);
}

/** The link dies before anything was heard on it. */
function lose(client: ScriptedClient): void {
  client.ws.drop();
}

function comeBack(client: ScriptedClient): void {
  client.retry();
  client.open();
}

/** The link stands and every ping is answered, until this message is written. */
function liveUntil(client: ScriptedClient, n: number): void {
  for (let passed = 0; passed < 10_000 && !client.numbers.includes(n); passed += 250) {
    if (client.pings.length > 0) client.pong();
    client.clock.advance(250);
  }
  expect(client.numbers).toContain(n);
}

async function sent(...numbers: number[]): Promise<{ client: ScriptedClient; receipts: Receipt[] }> {
  const client = await openClient({ policies });
  const receipts = numbers.map((n) => client.socket.send({ type: 'm', n }));
  expect(client.numbers).toEqual(numbers);
  return { client, receipts };
}

/** Three deaths with the messages unproved, and the link after them. */
async function suspected(...numbers: number[]): Promise<{ client: ScriptedClient; receipts: Receipt[] }> {
  const { client, receipts } = await sent(...numbers);
  for (let deaths = 1; deaths <= 3; deaths++) {
    expect(client.numbers).toEqual(numbers);
    crash(client);
    comeBack(client);
  }
  return { client, receipts };
}

describe('a message that kills links', () => {
  it('is left out of the link after three closes with it unproved', async () => {
    const { client, receipts } = await suspected(1, 2);
    expect(client.numbers).toEqual([2]);
    expect(await outcomes(receipts)).toEqual(['pending', 'pending']);
    expect([...client.socket.outbox]).toHaveLength(2);
  });

  it('is sent alone once the link lives without it', async () => {
    const { client, receipts } = await suspected(1, 2);
    client.ack(receipts[1] as Receipt);
    liveUntil(client, 1);
    expect(client.numbers).toEqual([2, 1]);
    client.socket.send({ type: 'm', n: 3 });
    client.socket.send({ type: 'chat', n: 4 });
    expect(client.numbers).toEqual([2, 1]);
  });

  it('stays alone when the server says welcome once more on that link', async () => {
    const { client, receipts } = await suspected(1, 2);
    client.receive({ type: 'welcome' });
    client.ack(receipts[1] as Receipt);
    liveUntil(client, 1);
    client.receive({ type: 'welcome' });
    client.socket.send({ type: 'm', n: 3 });
    client.clock.advance(0);
    expect(client.numbers).toEqual([2, 1]);
  });

  it('settles unknown, as poisoned, when it died alone and the link lived without it, twice', async () => {
    const { client, receipts } = await suspected(1, 2);
    client.ack(receipts[1] as Receipt);
    liveUntil(client, 1);
    expect(client.numbers).toEqual([2, 1]);
    crash(client);
    expect(await outcome(receipts[0] as Receipt)).toBe('pending');
    client.socket.send({ type: 'm', n: 3 });
    comeBack(client);
    expect(client.numbers).toEqual([3]);
    client.ack([...client.socket.outbox].find(({ message }) => (message as AnyMessage).n === 3)?.id ?? '');
    liveUntil(client, 1);
    expect(client.numbers).toEqual([3, 1]);
    crash(client);
    const { outcome: name, error } = await (receipts[0] as Receipt).settled;
    expect([name, error?.code, error?.id]).toEqual(['unknown', 'poisoned', receipts[0]?.id]);
    expect(client.undelivered.map(({ outcome, reason }) => [outcome, reason])).toEqual([['unknown', 'poisoned']]);
    comeBack(client);
    client.socket.send({ type: 'm', n: 5 });
    expect(client.numbers).toEqual([5]);
  });

  it('goes on at once when it turns out to be innocent', async () => {
    const { client, receipts } = await suspected(1, 2);
    client.ack(receipts[1] as Receipt);
    liveUntil(client, 1);
    client.socket.send({ type: 'm', n: 3 });
    expect(client.numbers).toEqual([2, 1]);
    client.ack(receipts[0] as Receipt);
    client.clock.advance(0);
    expect(await outcome(receipts[0] as Receipt)).toBe('acked');
    expect(client.numbers).toEqual([2, 1, 3]);
  });

  it('goes on as well when the suspect is taken back', async () => {
    const { client, receipts } = await suspected(1);
    receipts[0]?.cancel();
    client.socket.send({ type: 'm', n: 2 });
    client.clock.advance(0);
    expect(await outcome(receipts[0] as Receipt)).toBe('unknown');
    expect(client.numbers).toEqual([2]);
  });

  it('takes suspects one by one, oldest first', async () => {
    const { client } = await suspected(1, 2, 3);
    expect(client.numbers).toEqual([2, 3]);
  });

  it('takes the largest first after 1009', async () => {
    const client = await openClient({ policies });
    for (const [n, size] of [10, 1_000, 100].entries()) client.socket.send({ type: 'm', n, pad: 'x'.repeat(size) });
    for (let deaths = 1; deaths <= 3; deaths++) {
      crash(client, 1009);
      comeBack(client);
    }
    expect(client.numbers).toEqual([0, 2]);
  });

  it('needs three deaths, not two', async () => {
    const { client } = await sent(1);
    for (let deaths = 1; deaths <= 2; deaths++) {
      crash(client);
      comeBack(client);
    }
    expect(client.numbers).toEqual([1]);
  });

  it('needs six deaths where no close frame came, for the network breaks links as well', async () => {
    const client = await openClient({ policies: { m: queue({ ack: 'message', ackTimeout: 1e9 }) } });
    client.socket.send({ type: 'm', n: 1 });
    for (let deaths = 1; deaths <= 6; deaths++) {
      expect(client.numbers).toEqual([1]);
      client.receive({ type: 'hello' });
      client.ws.drop();
      comeBack(client);
    }
    expect(client.numbers).toEqual([]);
  });

  it.each([1000, 1001, 1012, 1013, 4429])(
    'does not count %i, which names a reason of the server’s own',
    async (code) => {
      const client = await openClient({ policies: { m: queue({ ack: 'message', ackTimeout: 1e9 }) } });
      client.socket.send({ type: 'm', n: 1 });
      for (let deaths = 1; deaths <= 8; deaths++) {
        client.clock.advance(1_000);
        expect(client.numbers).toEqual([1]);
        crash(client, code);
        comeBack(client);
      }
    },
  );

  it('a close frame is a sign of the peer, also before any other frame', async () => {
    const { client } = await sent(1);
    for (let deaths = 1; deaths <= 3; deaths++) {
      client.ws.drop(1011, '', true);
      comeBack(client);
    }
    expect(client.numbers).toEqual([]);
  });

  it.each<[string, (client: ScriptedClient) => void]>([
    ['links that died before anything was heard', lose],
    [
      'links that the heartbeat gave up',
      (client) => {
        client.receive({ type: 'hello' });
        client.clock.advance(40_000);
      },
    ],
    [
      'attempts that never opened',
      (client) => {
        lose(client);
        client.retry();
        client.ws.fail();
      },
    ],
  ])('does not count %s', async (_, end) => {
    const client = await openClient({ policies: { m: queue({ ack: 'message', ackTimeout: 1e9 }) } });
    client.socket.send({ type: 'm', n: 1 });
    for (let deaths = 1; deaths <= 8; deaths++) {
      expect(client.numbers).toEqual([1]);
      end(client);
      comeBack(client);
    }
    expect(client.undelivered).toEqual([]);
  });

  it('does not count links that the application left', async () => {
    const { client } = await sent(1);
    for (let deaths = 1; deaths <= 8; deaths++) {
      client.receive({ type: 'hello' });
      client.socket.reconnect();
      client.open();
      expect(client.numbers).toEqual([1]);
    }
  });

  it('does not count a link on which a pong proved that the message had arrived', async () => {
    const client = await openClient({ policies: { m: queue({ ack: 'message', ackTimeout: 1e9 }) } });
    client.socket.send({ type: 'm', n: 1 });
    for (let deaths = 1; deaths <= 8; deaths++) {
      client.clock.advance(30_000);
      client.pong();
      crash(client);
      comeBack(client);
      expect(client.numbers).toEqual([1]);
    }
  });

  it('a close of the link without the suspect speaks for it', async () => {
    const { client, receipts } = await suspected(1);
    liveUntil(client, 1);
    expect(client.numbers).toEqual([1]);
    crash(client);
    comeBack(client);
    expect(client.numbers).toEqual([]);
    crash(client); // died without it: somebody else kills here, so it takes one round more
    for (let round = 1; round <= 3; round++) {
      expect(await outcome(receipts[0] as Receipt)).toBe('pending');
      comeBack(client);
      liveUntil(client, 1);
      expect(client.numbers).toEqual([1]);
      crash(client);
    }
    expect(await outcome(receipts[0] as Receipt)).toBe('unknown');
  });

  it('rejects a request with the id of the poisoned message', async () => {
    const client = await openClient({ heartbeat: false });
    const failed = rejection(client.socket.request({ type: 'm' }, { id: 'k', timeout: 1e9 }));
    for (let deaths = 1; deaths <= 3; deaths++) {
      crash(client);
      comeBack(client);
    }
    for (let round = 1; round <= 2; round++) {
      client.clock.advance(5_000);
      expect(client.written('m')).toHaveLength(1);
      crash(client);
      if (round < 2) comeBack(client);
    }
    const { code, id } = await failed;
    expect([code, id]).toEqual(['poisoned', 'k']);
  });

  /** A server that crashes on some messages and does its work otherwise. Tells which links carried what. */
  async function serve(
    client: ScriptedClient,
    kills: (frame: Record<string, unknown>) => boolean,
  ): Promise<unknown[][]> {
    const links: unknown[][] = [];
    await client.settle();
    for (let link = 0; link < 100; link++) {
      client.open({ type: 'welcome' });
      let read = 0;
      let alive = true;
      for (let step = 0; alive && step < 40; step++) {
        while (alive && read < client.ws.sent.length) {
          const frame = client.ws.frames[read++] ?? {};
          if (kills(frame)) alive = false;
          else if (frame.type === 'ping') client.receive({ type: 'pong', t: frame.t });
          else if (frame.messageId) client.receive({ type: 'ack', messageId: frame.messageId });
        }
        if (alive) client.clock.advance(250);
      }
      links.push(client.numbers);
      if (alive && client.socket.outbox.size === 0) return links;
      client.ws.drop(1011, 'crash', true);
      client.retry();
    }
    throw new Error('the queue did not empty in 100 links');
  }

  it('two of them among many are found, and all the others arrive', async () => {
    const client = new ScriptedClient({ policies });
    const receipts = Array.from({ length: 12 }, (_, n) => client.socket.send({ type: 'm', n }));
    const links = await serve(client, ({ n }) => n === 0 || n === 7);
    const expected = receipts.map((_, n) => (n === 0 || n === 7 ? 'unknown' : 'acked'));
    expect(await outcomes(receipts)).toEqual(expected);
    expect(client.undelivered.map(({ reason }) => reason)).toEqual(['poisoned', 'poisoned']);
    expect(links.slice(0, 3)).toEqual(Array(3).fill(receipts.map((_, n) => n)));
  });

  it('one that asks for a pong is found too', async () => {
    const client = new ScriptedClient({ policies });
    const receipts = Array.from({ length: 5 }, (_, n) => client.socket.send({ type: 'p', n }));
    await serve(client, ({ n }) => n === 2);
    expect(await outcomes(receipts)).toEqual(['acked', 'acked', 'unknown', 'acked', 'acked']);
  });

  it.each([{ heartbeat: false } as const, { protocol: json({ literalPing: true }) }])(
    'a last value that nothing can prove holds nothing up, with %o',
    async (options) => {
      const client = await openClient({ ...options, policies: { l: latest() } });
      client.socket.send({ type: 'l', n: 1 });
      for (let deaths = 0; deaths < 12; deaths++) {
        crash(client);
        comeBack(client);
      }
      client.clock.advance(5_000);
      client.socket.send({ type: 'chat', n: 2 });
      expect(client.ws.sent.filter((text) => String(text).includes('"n"'))).toHaveLength(2);
    },
  );

  it('a suspect that a newer value has superseded holds nothing up', async () => {
    const client = await openClient({ policies });
    client.socket.send({ type: 'l', n: 1 });
    for (let deaths = 0; client.numbers.includes(1); deaths++) {
      expect(deaths).toBeLessThan(10);
      crash(client);
      comeBack(client);
    }
    client.clock.advance(5_000);
    expect(client.numbers).toEqual([1]);
    client.socket.send({ type: 'l', n: 2 });
    crash(client);
    comeBack(client);
    expect(client.numbers).toEqual([2]);
    client.clock.advance(5_000);
    client.socket.send({ type: 'chat', n: 3 });
    expect(client.numbers).toEqual([2, 3]);
  });

  it('a last value that is put back each time is found too', async () => {
    const client = new ScriptedClient({ policies });
    const value = client.socket.send({ type: 'l', n: 0 });
    const order = client.socket.send({ type: 'm', n: 1 });
    await serve(client, ({ n }) => n === 0);
    expect(await outcome(order)).toBe('acked');
    expect(client.undelivered.map(({ id, outcome, reason }) => [id, outcome, reason])).toEqual([
      [value.id, 'unknown', 'poisoned'],
    ]);
  });
});

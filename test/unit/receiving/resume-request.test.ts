import { describe, expect, it } from 'vitest';
import { openClient, ScriptedClient } from '../../support/harness.js';
import { m, plain42, welcome } from '../../support/numbered.js';

const noPings = { heartbeat: false } as const;

describe('what goes into the url', () => {
  it('asks for nothing on the first connection, and says who it is', async () => {
    const client = await openClient();
    expect([...client.query]).toEqual([
      ['client', 'client-1'],
      ['conn', '1'],
    ]);
  });

  it('asks for what is newer than the cursor, and counts the attempts', async () => {
    const client = await openClient({}, welcome(40, 'e1'), m(41));
    client.ws.drop();
    client.retry();
    client.ws.fail();
    client.retry();
    expect(Object.fromEntries(client.query)).toEqual({ lastSeq: '41', epoch: 'e1', client: 'client-1', conn: '3' });
  });

  it('leaves the epoch out where the server named none', async () => {
    const client = await plain42();
    expect(client.query.get('lastSeq')).toBe('42');
    expect(client.query.has('epoch')).toBe(false);
  });

  it('keeps the parameters that the url has, and drops its fragment', async () => {
    const client = new ScriptedClient({}, 'wss://test.invalid/live?room=a%20b#top');
    await client.settle();
    expect(client.ws.url).toBe('wss://test.invalid/live?room=a%20b&client=client-1&conn=1');
  });

  it('takes another name for lastSeq, and leaves out the identity where asked to', async () => {
    const client = await openClient({ resume: { param: 'since', identity: false } }, welcome(7));
    client.bounce();
    expect([...client.query]).toEqual([['since', '7']]);
  });

  it('resume false sends nothing, and delivers everything', async () => {
    const client = await openClient({ resume: false }, welcome(40, 'e1'), m(41), m(41), m(3));
    client.bounce(welcome(90, 'e2'), m(1));
    expect([...client.query]).toEqual([]);
    expect(client.heard).toEqual([41, 41, 3, 1]);
    expect(client.gaps).toEqual([]);
    expect(client.opens.map(({ resumed }) => resumed)).toEqual([false, false]);
  });

  it('continues from a cursor of an earlier life', async () => {
    const client = new ScriptedClient({ resume: { from: { seq: 42, epoch: 'e1' } } });
    await client.settle();
    expect([client.query.get('lastSeq'), client.query.get('epoch')]).toEqual(['42', 'e1']);
    client.open(welcome(42, 'e1'), m(42), m(43));
    expect(client.heard).toEqual([43]);
    expect(client.opens).toEqual([{ resumed: true, attempt: 1 }]);
  });

  it('asks for all there is with the cursor 0', async () => {
    const client = new ScriptedClient({ resume: { from: { seq: 0 } } });
    await client.settle();
    expect(client.query.get('lastSeq')).toBe('0');
    client.open(m(1), m(2));
    client.pong();
    expect(client.heard).toEqual([1, 2]);
    expect(client.gaps).toEqual([]);
  });

  it('reads lastSeq at the moment when the socket is made', async () => {
    let give: (url: string) => void = () => {};
    const client = new ScriptedClient({}, () => new Promise((resolve) => (give = resolve)));
    await client.settle();
    give('ws://test.invalid/a');
    await client.settle();
    client.open(welcome(1, 'e1'), m(2));
    client.socket.reconnect();
    const old = client.ws;
    expect(old.readyState).toBe(2);
    old.receive(m(3));
    give('ws://test.invalid/b');
    await client.settle();
    expect(client.sockets).toHaveLength(2);
    expect(client.query.get('lastSeq')).toBe('2');
    old.receive(m(3));
    expect(client.heard).toEqual([2]);
  });
});

describe('resume by message', () => {
  const resume = { via: 'message' } as const;

  it('leaves the url alone and asks in a subscribe without channel', async () => {
    const client = await openClient({ resume });
    expect(client.ws.url).toBe('ws://test.invalid/live');
    expect(client.written()).toEqual([{ type: 'subscribe', ref: 0, client: 'client-1', conn: 1 }]);
    client.receive({ type: 'subscribed', ref: 1, epoch: 'e1', seq: 42 }, m(43));
    client.bounce();
    expect(client.written()).toEqual([
      { type: 'subscribe', ref: 0, lastSeq: 43, epoch: 'e1', client: 'client-1', conn: 2 },
    ]);
    expect(client.heard).toEqual([43]);
  });

  it('lets frames wait for subscribed', async () => {
    const client = await openClient({ resume });
    client.receive({ type: 'subscribed', ref: 1, epoch: 'e1', seq: 42 });
    client.bounce(m(43), m(44));
    expect(client.heard).toEqual([]);
    client.receive({ type: 'subscribed', ref: 2, epoch: 'e1', seq: 42 });
    expect(client.heard).toEqual([43, 44]);
    expect(client.gaps).toEqual([]);
  });

  it('does not take the seq of welcome for that of the stream', async () => {
    const client = await openClient({ resume });
    client.receive({ type: 'subscribed', ref: 1, epoch: 'e1', seq: 42 });
    client.bounce(welcome(90, 'e2'));
    expect(client.gaps).toEqual([]);
  });

  it('leaves the identity out where asked to', async () => {
    const client = await openClient({ resume: { via: 'message', identity: false } });
    expect(client.written()).toEqual([{ type: 'subscribe', ref: 0 }]);
  });

  it('does not wait for ever for subscribed', async () => {
    const client = await openClient({ resume, ...noPings });
    client.receive(m(1));
    client.clock.advance(10_000);
    expect(client.heard).toEqual([1]);
  });
});

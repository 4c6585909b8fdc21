import { describe, expect, it } from 'vitest';
import type { AnyMessage, Channel, ChannelState, Gap } from '../../src/index.js';
import { openClient, rejection, ScriptedClient, thrown } from '../support/harness.js';

type Room = Channel<AnyMessage, AnyMessage>;

const m = (seq: number, channel: string) => ({ type: 'm', seq, channel });
const subscribed = (channel: string, ref: number, more: object = {}) => ({ type: 'subscribed', channel, ref, ...more });

/** A handle with a listener, and everything that it told. */
function listen(client: ScriptedClient, name: string) {
  const room: Room = client.socket.channel(name);
  const heard: unknown[] = [];
  const gaps: Gap[] = [];
  const states: ChannelState[] = [];
  room.on('gap', (gap) => gaps.push(gap));
  room.on('state', (state) => states.push(state));
  room.onMessage(({ seq, type }) => heard.push(seq ?? type));
  return { room, heard, gaps, states };
}

describe('subscriptions', () => {
  it('are made at the first listener, and not before', async () => {
    const client = await openClient();
    const room: Room = client.socket.channel('room');
    room.on('state', () => {});
    room.send({ type: 'chat' });
    expect(client.written('subscribe')).toEqual([]);
    expect(room.state).toEqual({ status: 'idle' });
    room.onMessage(() => {});
    expect(client.written('subscribe')).toEqual([{ type: 'subscribe', channel: 'room', ref: 1 }]);
    expect(room.state).toEqual({ status: 'subscribing' });
    room.onMessage('other', () => {});
    expect(client.written('subscribe')).toHaveLength(1);
  });

  it('are made by an iterator as well', async () => {
    const client = await openClient();
    const room: Room = client.socket.channel('room');
    const next = room.messages('m').next();
    client.receive(subscribed('room', 1), m(1, 'room'));
    expect((await next).value).toEqual(m(1, 'room'));
  });

  it('wait for the connection, and all go out in one go after open', async () => {
    const client = new ScriptedClient();
    for (const name of ['a', 'b', 'c']) listen(client, name);
    await client.settle();
    client.open();
    expect(client.written('subscribe').map(({ channel, ref }) => [channel, ref])).toEqual([
      ['a', 1],
      ['b', 2],
      ['c', 3],
    ]);
  });

  it('tell their state', async () => {
    const client = await openClient();
    const { room, states } = listen(client, 'room');
    // From the first change on: who shows `room.state` and hears of no change would go on to show `idle`.
    expect(states).toEqual([{ status: 'subscribing' }]);
    client.receive(subscribed('room', 1));
    expect(states).toEqual([{ status: 'subscribing' }, { status: 'subscribed' }]);
    expect(room.state).toBe(states[1]);
    expect(states.every(Object.isFrozen)).toBe(true);
    client.ws.drop();
    expect(room.state).toEqual({ status: 'subscribing' });
    client.retry();
    client.open();
    client.receive(subscribed('room', 2));
    const told = states.map(({ status }) => status);
    expect(told).toEqual(['subscribing', 'subscribed', 'subscribing', 'subscribed']);
  });

  it('tell their state while there is no connection, too', async () => {
    const client = await openClient();
    client.ws.drop();
    const { room, states } = listen(client, 'room');
    expect(room.state).toEqual({ status: 'subscribing' });
    expect(states).toEqual([room.state]);
  });

  it('deliver to their own listeners only, and those of the default stream stay there', async () => {
    const client = await openClient();
    const a = listen(client, 'a');
    const b = listen(client, 'b');
    client.receive(subscribed('a', 1), subscribed('b', 2), m(1, 'a'), m(7, 'b'), { type: 'm', seq: 3 });
    expect([a.heard, b.heard, client.heard]).toEqual([[1], [7], [3]]);
  });

  it('put the channel on what the handle sends', async () => {
    const client = await openClient();
    const room: Room = client.socket.channel('room');
    const answer = room.request({ type: 'ask' }, { id: 'q' });
    room.send({ type: 'chat' });
    expect(client.written()).toEqual([
      { type: 'ask', channel: 'room', messageId: 'q' },
      { type: 'chat', channel: 'room' },
    ]);
    client.ack('q', 42);
    expect(await answer).toBe(42);
    client.ws.drop();
    expect(client.undelivered.map(({ channel }) => channel)).toEqual(['room']);
  });

  it('want a name', async () => {
    const client = await openClient();
    expect(thrown(() => client.socket.channel('')).code).toBe('bad-call');
    expect(thrown(() => client.socket.channel(7 as unknown as string)).code).toBe('bad-call');
  });
});

describe('after a reconnect', () => {
  it('one ping asks for all that come back without an epoch, and for one that comes later another', async () => {
    const client = await openClient();
    const rooms = ['a', 'b', 'c', 'd'].map((name) => listen(client, name));
    for (const [i, name] of ['a', 'b', 'c', 'd'].entries()) client.receive(subscribed(name, i + 1, { seq: 5 }));
    client.bounce();
    client.receive(subscribed('a', 5, { seq: 5 }), subscribed('b', 6, { seq: 5 }), subscribed('c', 7, { seq: 5 }));
    client.receive(m(1, 'b'), m(6, 'c'));
    expect(client.pings).toHaveLength(1);
    client.pong();
    client.receive(subscribed('d', 8, { seq: 5 }), m(2, 'd'));
    expect(client.pings).toHaveLength(2);
    client.pong();
    expect(rooms.map(({ heard }) => heard)).toEqual([[], [1], [6], [2]]);
    expect(rooms.map(({ gaps }) => gaps.map(({ reason }) => reason))).toEqual([[], ['renumbered'], [], ['renumbered']]);
  });

  it('each channel is subscribed again with its own cursor', async () => {
    const client = await openClient();
    const a = listen(client, 'a');
    const b = listen(client, 'b');
    client.receive(subscribed('a', 1, { epoch: 'e', seq: 10 }), subscribed('b', 2), m(11, 'a'), m(7, 'b'));
    client.bounce();
    expect(client.written('subscribe')).toEqual([
      { type: 'subscribe', channel: 'a', ref: 3, lastSeq: 11, epoch: 'e' },
      { type: 'subscribe', channel: 'b', ref: 4, lastSeq: 7 },
    ]);
    client.receive(subscribed('a', 3, { epoch: 'e', seq: 11 }), m(11, 'a'), m(12, 'a'));
    expect(a.heard).toEqual([11, 12]);
    expect(a.gaps).toEqual([]);
    expect(b.heard).toEqual([7]);
  });

  it('the gap of a channel is told to its handles and to the socket', async () => {
    const client = await openClient();
    const a = listen(client, 'a');
    const b = listen(client, 'b');
    client.receive(subscribed('a', 1, { epoch: 'e', seq: 10 }), subscribed('b', 2, { epoch: 'x', seq: 1 }));
    client.bounce();
    client.receive(subscribed('a', 3, { epoch: 'e', seq: 20 }), subscribed('b', 4, { epoch: 'y', seq: 5 }));
    const missed = { channel: 'a', from: 10, to: 20, reason: 'missed', epoch: 'e' };
    const epoch = { channel: 'b', from: 1, to: 5, reason: 'epoch', epoch: 'y' };
    expect(a.gaps).toEqual([missed]);
    expect(b.gaps).toEqual([epoch]);
    expect(client.gaps).toEqual([missed, epoch]);
  });

  it('a reset of a channel concerns no other stream', async () => {
    const client = await openClient({}, { type: 'welcome', epoch: 'd', seq: 5 });
    const a = listen(client, 'a');
    client.receive(subscribed('a', 1, { epoch: 'e', seq: 10 }));
    client.receive({ type: 'reset', channel: 'a', epoch: 'e', seq: 30, reason: 'trimmed' });
    expect(a.gaps).toMatchObject([{ channel: 'a', from: 10, to: 30, reason: 'trimmed' }]);
    expect(client.gaps).toHaveLength(1);
    client.bounce();
    expect(client.query.get('lastSeq')).toBe('5');
  });

  it('holes in contiguous numbers of a channel are told', async () => {
    const client = await openClient();
    const a = listen(client, 'a');
    client.receive(subscribed('a', 1, { epoch: 'e', seq: 10, contiguous: true }), m(11, 'a'), m(13, 'a'));
    expect(a.gaps).toMatchObject([{ from: 11, to: 12, reason: 'missed' }]);
  });

  it('with resume false no channel asks to continue', async () => {
    const client = await openClient({ resume: false });
    const a = listen(client, 'a');
    client.receive(subscribed('a', 1, { epoch: 'e', seq: 10 }), m(11, 'a'));
    client.bounce();
    expect(client.written('subscribe')).toEqual([{ type: 'subscribe', channel: 'a', ref: 2 }]);
    client.receive(m(12, 'a'), subscribed('a', 2, { epoch: 'f', seq: 10 }));
    expect(a.heard).toEqual([11, 12]);
    expect(a.gaps).toEqual([]);
  });
});

describe('subscribed', () => {
  it('frames of a channel that come before it wait', async () => {
    const client = await openClient();
    const { heard } = listen(client, 'room');
    client.receive(m(5, 'room'), { type: 'note', channel: 'room' });
    expect(heard).toEqual([]);
    client.receive(subscribed('room', 1, { epoch: 'e', seq: 4 }), m(6, 'room'));
    expect(heard).toEqual([5, 'note', 6]);
    expect(client.messages).toEqual([]);
  });

  it('they wait neither for ever nor without a bound', async () => {
    const client = await openClient({ heartbeat: false, queue: { maxMessages: 3 } });
    const slow = listen(client, 'slow');
    client.receive(m(1, 'slow'));
    client.clock.advance(10_000);
    expect(slow.heard).toEqual([1]);
    const flooded = listen(client, 'flooded');
    client.receive(m(1, 'flooded'), m(2, 'flooded'), m(3, 'flooded'));
    expect(flooded.heard).toEqual([]);
    client.receive(m(4, 'flooded'));
    expect(flooded.heard).toEqual([1, 2, 3, 4]);
    expect(client.gaps).toEqual([]);
  });

  it('they wait no longer because others come to wait as well', async () => {
    const client = await openClient();
    const rooms = ['a', 'b', 'c', 'd'].map((name) => {
      const room = listen(client, name);
      client.receive(m(1, name));
      client.clock.advance(4_000);
      client.receive({ type: 'pong' });
      return room;
    });
    // Nobody has answered for 16 s, and a link has ten for its answer.
    expect(rooms.map(({ heard }) => heard)).toEqual([[1], [1], [], []]);
    client.clock.advance(5_000);
    client.receive({ type: 'pong' });
    expect(rooms.map(({ heard }) => heard)).toEqual([[1], [1], [1], []]);
    client.clock.advance(1_000);
    expect(rooms.map(({ heard }) => heard)).toEqual([[1], [1], [1], [1]]);
  });

  it('an answer to an older question is ignored', async () => {
    const client = await openClient();
    const first = listen(client, 'room');
    first.room.close();
    const second = listen(client, 'room');
    expect(client.written().map(({ type, ref }) => [type, ref])).toEqual([
      ['subscribe', 1],
      ['unsubscribe', undefined],
      ['subscribe', 2],
    ]);
    client.receive(subscribed('room', 1, { epoch: 'old', seq: 1 }), m(2, 'room'));
    expect(second.room.state.status).toBe('subscribing');
    expect(second.heard).toEqual([]);
    client.receive({ type: 'unsubscribed', channel: 'room', ref: 1, code: 'no', message: '' });
    expect(second.room.state.status).toBe('subscribing');
    client.receive(subscribed('room', 2, { epoch: 'new', seq: 1 }));
    expect(second.room.state.status).toBe('subscribed');
    expect(second.heard).toEqual([2]);
    expect(second.gaps).toEqual([]);
  });

  it('a refusal of an older question that comes after the newer answer is ignored', async () => {
    const client = await openClient();
    listen(client, 'room').room.close();
    const { room } = listen(client, 'room');
    const refused = { type: 'unsubscribed', channel: 'room', code: 'no', message: '' };
    client.receive(subscribed('room', 2), { ...refused, ref: 1 });
    expect(room.state.status).toBe('subscribed');
    client.receive({ ...refused, ref: 2 });
    expect(room.state).toMatchObject({ status: 'refused', code: 'no' });
  });

  it('an answer without ref is taken for the newest question', async () => {
    const client = await openClient();
    const { room } = listen(client, 'room');
    client.receive({ type: 'subscribed', channel: 'room' });
    expect(room.state.status).toBe('subscribed');
  });

  it('one that nobody asked for is ignored', async () => {
    const client = await openClient();
    client.receive(subscribed('other', 1, { seq: 5 }), {
      type: 'unsubscribed',
      channel: 'other',
      code: 'x',
      message: '',
    });
    expect(client.errors).toEqual([]);
    expect(client.gaps).toEqual([]);
  });

  it('brings nothing more of what waited to a handle that its listener has closed', async () => {
    const client = await openClient();
    const room: Room = client.socket.channel('room');
    const heard: unknown[] = [];
    room.onMessage((message) => {
      heard.push(message.seq);
      room.close();
    });
    client.receive(m(1, 'room'), m(2, 'room'), subscribed('room', 1));
    await client.settle();
    expect(heard).toEqual([1]);
    expect(client.errors).toEqual([]);
  });
});

describe('refusal', () => {
  const no = (channel: string, more: object = {}) => ({
    type: 'unsubscribed',
    channel,
    code: 'forbidden',
    message: 'not a member',
    ...more,
  });

  it('ends the channel, is told with its reason, and is not asked again', async () => {
    const client = await openClient();
    const { room, states } = listen(client, 'room');
    const other = listen(client, 'other');
    client.receive(no('room', { ref: 1 }));
    const refused = { status: 'refused', code: 'forbidden', message: 'not a member' };
    expect(states).toEqual([{ status: 'subscribing' }, refused]);
    client.clock.advance(25_000);
    expect(client.written('subscribe')).toHaveLength(2);
    client.bounce();
    expect(client.written('subscribe').map(({ channel }) => channel)).toEqual(['other']);
    expect(room.state.status).toBe('refused');
    client.receive(subscribed('other', 3), m(1, 'other'));
    expect(other.heard).toEqual([1]);
  });

  it('ends an iterator that is made afterwards too, on this handle and on another', async () => {
    const client = await openClient();
    const { room } = listen(client, 'room');
    client.receive(no('room', { ref: 1 }));
    const other: Room = client.socket.channel('room');
    for (const handle of [room, other]) {
      const { code, serverCode, serverMessage } = await rejection(handle.messages().next());
      expect([code, serverCode, serverMessage]).toEqual(['channel-refused', 'forbidden', 'not a member']);
    }
  });

  it('also ends a channel that was subscribed, and drops what is still under way', async () => {
    const client = await openClient();
    const { room, heard } = listen(client, 'room');
    client.receive(subscribed('room', 1), m(1, 'room'), no('room'), m(2, 'room'));
    expect(room.state.status).toBe('refused');
    expect(heard).toEqual([1]);
    expect(client.messages).toEqual([]);
  });

  it('ends the iterators of the channel with channel-refused', async () => {
    const client = await openClient();
    const room: Room = client.socket.channel('room');
    const next = rejection(room.messages().next());
    client.receive(no('room', { ref: 1 }));
    const error = await Promise.race([next, client.settle()]);
    const message = 'channel "room": refused with forbidden not a member';
    expect(error).toMatchObject({ code: 'channel-refused', message });
  });

  it('with retry is asked for again, later and not all at once', async () => {
    const client = await openClient({ heartbeat: false });
    const { room } = listen(client, 'room');
    const next = room.messages().next();
    client.receive(no('room', { ref: 1, retry: true }));
    client.clock.advance(0);
    expect(client.written('subscribe')).toHaveLength(1);
    client.clock.advance(30_000);
    expect(client.written('subscribe').at(-1)).toEqual({ type: 'subscribe', channel: 'room', ref: 2 });
    client.receive(subscribed('room', 2), m(1, 'room'));
    expect(room.state.status).toBe('subscribed');
    expect((await next).value).toEqual(m(1, 'room'));
  });

  it('with retry is asked for again by each channel in its own time', async () => {
    const client = await openClient({ heartbeat: false });
    for (const name of ['later', 'sooner']) listen(client, name);
    client.receive(no('later', { ref: 1, retry: 5_000 }), no('sooner', { ref: 2, retry: 500 }));
    client.clock.advance(5_000);
    expect(client.written('subscribe').map(({ channel }) => channel)).toEqual(['later', 'sooner', 'sooner', 'later']);
  });

  it('with retry after no time at all is asked for again like any other', async () => {
    const client = await openClient({ heartbeat: false });
    const { room } = listen(client, 'room');
    client.receive(no('room', { ref: 1, retry: 0 }));
    client.clock.advance(30_000);
    expect(client.written('subscribe').at(-1)).toEqual({ type: 'subscribe', channel: 'room', ref: 2 });
    client.receive(no('room', { ref: 2, retry: false }));
    client.clock.advance(30_000);
    expect(client.written('subscribe')).toHaveLength(2);
    expect(room.state.status).toBe('refused');
  });

  it('with retry again and again is asked for ever more rarely', async () => {
    const client = await openClient({ heartbeat: false });
    listen(client, 'room');
    const times: number[] = [];
    for (let ref = 1; ref <= 6; ref++) {
      client.receive(no('room', { ref, retry: true }));
      const before = client.clock.now();
      while (client.written('subscribe').length === ref && client.clock.now() < before + 60_000)
        client.clock.advance(100);
      times.push(client.clock.now() - before);
    }
    expect(times[1]).toBeGreaterThan(times[0] ?? 0);
    expect(times[2]).toBeGreaterThan(times[1] ?? 0);
    expect(Math.max(...times)).toBeLessThanOrEqual(30_000);
  });

  it('with retry is asked for again at once by the next connection, with its cursor', async () => {
    const client = await openClient();
    const { room } = listen(client, 'room');
    client.receive(subscribed('room', 1, { epoch: 'e', seq: 4 }), no('room', { retry: true }));
    client.bounce();
    expect(client.written('subscribe')).toEqual([
      { type: 'subscribe', channel: 'room', ref: 2, lastSeq: 4, epoch: 'e' },
    ]);
    expect(room.state.status).toBe('subscribing');
  });

  it('is over for a new handle after the last one was closed', async () => {
    const client = await openClient();
    const { room } = listen(client, 'room');
    client.receive(no('room', { ref: 1 }));
    room.close();
    expect(client.written('unsubscribe')).toEqual([]);
    listen(client, 'room');
    expect(client.written('subscribe').map(({ ref }) => ref)).toEqual([1, 2]);
  });
});

describe('handles', () => {
  it('two on one name share the subscription, and both hear', async () => {
    const client = await openClient();
    const a = listen(client, 'room');
    const b = listen(client, 'room');
    expect(a.room).not.toBe(b.room);
    expect(client.written('subscribe')).toHaveLength(1);
    client.receive(subscribed('room', 1), m(1, 'room'));
    expect([a.heard, b.heard]).toEqual([[1], [1]]);
    expect(b.room.state.status).toBe('subscribed');
  });

  it('close() ends its own handle, and the last one unsubscribes', async () => {
    const client = await openClient();
    const a = listen(client, 'room');
    const b = listen(client, 'room');
    client.receive(subscribed('room', 1));
    a.room.close();
    a.room.close();
    expect(client.written('unsubscribe')).toEqual([]);
    client.receive(m(1, 'room'));
    expect([a.heard, b.heard]).toEqual([[], [1]]);
    b.room.close();
    expect(client.written('unsubscribe')).toEqual([{ type: 'unsubscribe', channel: 'room' }]);
    expect(b.room.state).toEqual({ status: 'idle' });
  });

  it('a closed one takes no listener any more, and its iterators end', async () => {
    const client = await openClient();
    const { room } = listen(client, 'room');
    const next = room.messages().next();
    room.close();
    expect((await next).done).toBe(true);
    expect(thrown(() => room.onMessage(() => {})).code).toBe('bad-call');
  });

  it('one without a listener closes without a word to the server', async () => {
    const client = await openClient();
    client.socket.channel('room').close();
    expect(client.written()).toEqual([]);
  });

  it('frames of a channel that was left on this connection are dropped, on the next one they are the app’s own', async () => {
    const client = await openClient();
    const { room, heard } = listen(client, 'room');
    client.receive(subscribed('room', 1));
    room.close();
    client.receive(m(9, 'room'));
    expect(heard).toEqual([]);
    expect(client.messages).toEqual([]);
    client.bounce();
    expect(client.written('subscribe')).toEqual([]);
    expect(client.query.has('lastSeq')).toBe(false);
    client.receive(m(9, 'room'));
    expect(client.heard).toEqual([9]);
  });

  it('a channel that was left and joined again starts from now on', async () => {
    const client = await openClient();
    const first = listen(client, 'room');
    client.receive(subscribed('room', 1, { epoch: 'e', seq: 4 }), m(5, 'room'));
    first.room.close();
    listen(client, 'room');
    expect(client.written('subscribe').at(-1)).toEqual({ type: 'subscribe', channel: 'room', ref: 2 });
  });

  it('brings nothing of the old subscription that was still under way when it was joined again', async () => {
    const client = await openClient();
    const first = listen(client, 'room');
    client.receive(subscribed('room', 1, { epoch: 'e', seq: 4 }), m(5, 'room'));
    first.room.close();
    const second = listen(client, 'room');
    client.receive(m(6, 'room'), { type: 'note', channel: 'room' }, m(7, 'room'));
    client.receive(subscribed('room', 2, { epoch: 'e', seq: 7 }), m(8, 'room'));
    expect(second.heard).toEqual(['note', 8]);
    expect([...second.gaps, ...client.gaps]).toEqual([]);
  });

  it('iterators of a channel end when the conversation is closed', async () => {
    const client = await openClient();
    const room: Room = client.socket.channel('room');
    let ended = false;
    room
      .messages()
      .next()
      .then(({ done }) => {
        ended = done === true;
      });
    client.socket.close();
    client.ws.finishClose();
    await client.settle();
    expect(ended).toBe(true);
  });

  it('a listener of a channel that throws is told', async () => {
    const client = await openClient();
    const room: Room = client.socket.channel('room');
    room.onMessage(() => {
      throw new Error('oops');
    });
    client.receive(subscribed('room', 1), m(1, 'room'));
    expect(client.errors.map(({ code }) => code)).toEqual(['listener-threw']);
  });
});

describe('a channel field of the application', () => {
  it('is an ordinary field where no such channel is subscribed', async () => {
    const client = await openClient();
    listen(client, 'room');
    client.receive(m(1, 'television'), m(2, 'radio'));
    expect(client.messages).toEqual([m(1, 'television'), m(2, 'radio')]);
    client.bounce();
    expect(client.query.get('lastSeq')).toBe('2');
  });

  it('is an ordinary field where it is no text', async () => {
    const client = await openClient();
    client.receive({ type: 'm', channel: 7 }, { type: 'm', channel: { a: 1 } });
    expect(client.messages).toHaveLength(2);
  });
});

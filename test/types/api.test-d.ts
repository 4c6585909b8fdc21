import { describe, expectTypeOf, it } from 'vitest';
import {
  type AnyMessage,
  type Channel,
  type ChannelState,
  defaults,
  drop,
  type FieldName,
  type Gap,
  type InboundFrame,
  latest,
  type Message,
  type MessageOf,
  type OutboundFrame,
  type Outcome,
  type Outgoing,
  queue,
  type Receipt,
  ReliableSocket,
  type ReliableSocketError,
  type ReliableSocketOptions,
  reject,
  type SocketState,
  type StandardSchema,
  type TokenReason,
} from '../../src/index.js';

type In = { type: 'chat'; text: string } | { type: 'price'; symbol: string; bid: number };
type Out = { type: 'chat'; text: string } | { type: 'cursor'; x: number; y: number } | { type: 'order'; sku: string };

interface Chat {
  type: 'chat';
  text: string;
}
interface Move {
  type: 'up' | 'down';
  by: number;
}
interface Note {
  readonly type: 'note';
  readonly body?: string;
}
interface Hello {
  type: 'hello';
}
interface Box<T> {
  type: 'box';
  value: T;
}
enum Kind {
  A = 'a',
  B = 'b',
}
type Named = { type: Kind.A; n: number } | { type: Kind.B; text: string };

declare const typed: ReliableSocket<In, Out>;
declare const interfaces: ReliableSocket<Chat | Move | Note, Chat | Move | Note>;
declare const untyped: ReliableSocket;

describe('listening', () => {
  it('narrows a message by its type', () => {
    typed.onMessage('price', (message) => {
      expectTypeOf(message.bid).toEqualTypeOf<number>();
      expectTypeOf(message.type).toEqualTypeOf<'price'>();
      // @ts-expect-error a price has no text
      message.text;
    });
    typed.onMessage((message) => {
      expectTypeOf(message).toEqualTypeOf<In>();
      if (message.type === 'chat') expectTypeOf(message.text).toEqualTypeOf<string>();
    });
    // @ts-expect-error no such type
    typed.onMessage('prise', () => {});
    expectTypeOf(typed.onMessage('chat', () => {})).toEqualTypeOf<() => void>();
  });

  it('takes interfaces, and types that are unions themselves', () => {
    interfaces.onMessage('chat', (message) => expectTypeOf(message.text).toEqualTypeOf<string>());
    interfaces.onMessage('up', (message) => {
      expectTypeOf(message.by).toEqualTypeOf<number>();
      expectTypeOf(message.type).toEqualTypeOf<'up'>();
    });
    interfaces.onMessage('note', (message) => expectTypeOf(message.body).toEqualTypeOf<string | undefined>());
    // @ts-expect-error no such type
    interfaces.onMessage('left', () => {});
  });

  it('works without any types', () => {
    untyped.onMessage('anything', (message) => {
      expectTypeOf(message.type).toEqualTypeOf<'anything'>();
      expectTypeOf(message.field).toEqualTypeOf<unknown>();
    });
    untyped.onMessage((message) => expectTypeOf(message).toEqualTypeOf<AnyMessage>());
    untyped.send({ type: 'anything', n: 1 });
    untyped.send({ type: 'anything', n: 1 } as AnyMessage);
    // @ts-expect-error a message has a type
    untyped.send({ n: 1 });
  });

  it('iterates with the same types', async () => {
    for await (const message of typed.messages('price')) expectTypeOf(message.bid).toEqualTypeOf<number>();
    for await (const message of typed.messages()) expectTypeOf(message.type).toEqualTypeOf<'chat' | 'price'>();
    for await (const message of interfaces.messages('down', { limit: 5 })) {
      expectTypeOf(message.type).toEqualTypeOf<'down'>();
    }
    // @ts-expect-error no such type
    typed.messages('prise');
  });

  it('keeps the events of the conversation apart from messages', () => {
    typed.on('state', (state) => expectTypeOf(state).toEqualTypeOf<SocketState>());
    typed.on('gap', (gap) => expectTypeOf(gap).toEqualTypeOf<Gap>());
    typed.on('error', (error) => expectTypeOf(error).toEqualTypeOf<ReliableSocketError>());
    typed.on('open', ({ resumed, attempt }) => {
      expectTypeOf(resumed).toEqualTypeOf<boolean>();
      expectTypeOf(attempt).toEqualTypeOf<number>();
    });
    typed.on('undelivered', ({ id, outcome }) => {
      expectTypeOf(id).toEqualTypeOf<string>();
      expectTypeOf(outcome).toEqualTypeOf<Outcome['outcome']>();
    });
    // @ts-expect-error a message is no event
    typed.on('chat', () => {});
    // @ts-expect-error an event is no message
    typed.onMessage('state', () => {});
  });
});

describe('sending', () => {
  it('takes what Out says, and nothing else', () => {
    expectTypeOf(typed.send({ type: 'chat', text: 'hi' })).toEqualTypeOf<Receipt>();
    typed.send({ type: 'order', sku: 'A1' }, { id: 'k', ttl: 5, signal: new AbortController().signal });
    interfaces.send({ type: 'down', by: 3 });
    const move: Move = { type: 'up', by: 1 };
    interfaces.send(move);
    const any: Out = { type: 'chat', text: 'hi' } as Out;
    typed.send(any);
    // @ts-expect-error no such type
    typed.send({ type: 'price', symbol: 'X', bid: 1 });
    // @ts-expect-error sku is missing
    typed.send({ type: 'order' });
    // @ts-expect-error sku is a text
    typed.send({ type: 'order', sku: 7 });
    expectTypeOf(typed.request({ type: 'order', sku: 'A1' }, { timeout: 5 })).toEqualTypeOf<Promise<unknown>>();
    // @ts-expect-error no such type
    typed.request({ type: 'price' });
  });

  it('refuses fields of the envelope', () => {
    type Wrong =
      | { type: 'a'; seq: number }
      | { type: 'b'; channel: string }
      | { type: 'c'; messageId?: string }
      | { type: 'fine'; sequence: number };
    const socket = null as unknown as ReliableSocket<In, Wrong>;
    socket.send({ type: 'fine', sequence: 1 });
    // @ts-expect-error seq is the server's
    socket.send({ type: 'a', seq: 1 });
    // @ts-expect-error channel is the handle's
    socket.send({ type: 'b', channel: 'x' });
    // @ts-expect-error messageId is the library's
    socket.send({ type: 'c', messageId: 'k' });
    // @ts-expect-error and so for requests
    socket.request({ type: 'a', seq: 1 });
    // @ts-expect-error and on channels
    socket.channel('x').send({ type: 'a', seq: 1 });
  });

  it('refuses control types', () => {
    type Wrong = { type: 'ping'; n: number } | { type: 'ack' } | { type: 'fine' };
    const socket = null as unknown as ReliableSocket<In, Wrong>;
    socket.send({ type: 'fine' });
    // @ts-expect-error ping belongs to the protocol
    socket.send({ type: 'ping', n: 1 });
    // @ts-expect-error ack belongs to the protocol
    socket.send({ type: 'ack' });
  });

  it('says of what is refused why', () => {
    expectTypeOf<Outgoing<{ type: 'chat'; text: string }>>().toEqualTypeOf<{ type: 'chat'; text: string }>();
    expectTypeOf<Outgoing<{ type: 'ping' }>>().toEqualTypeOf<'type "ping" is reserved for the protocol'>();
    expectTypeOf<Outgoing<{ type: 'a'; seq: 1 }>>().toEqualTypeOf<'field "seq" is reserved for the envelope'>();
    // @ts-expect-error a field of the envelope, also where Out does not know it
    typed.send({ type: 'chat', text: 'hi', seq: 1 });
  });

  it('refuses a field that the type does not know, as a misspelt optional one', () => {
    // @ts-expect-error body is meant
    interfaces.send({ type: 'note', bodi: 'hi' });
    // @ts-expect-error and in requests
    interfaces.request({ type: 'note', bodi: 'hi' });
    const longer = { type: 'note', body: 'hi', draft: true } as const;
    interfaces.send(longer);
    const loose = null as unknown as ReliableSocket<Message, Message>;
    loose.send({ type: 'note', whatever: 1 });
    const kind = 'up' as 'up' | 'down';
    interfaces.send({ type: kind, by: 1 });
    const whole = null as unknown as Chat | Move | Note;
    interfaces.send(whole);
  });

  it('answers a request with what the caller says that it is, and else with something unknown', () => {
    expectTypeOf(typed.request({ type: 'order', sku: 'A1' })).toEqualTypeOf<Promise<unknown>>();
    const named = typed.channel('x').request<{ order: number }>({ type: 'order', sku: 'A1' });
    expectTypeOf(named).toEqualTypeOf<Promise<{ order: number }>>();
  });

  it('answers with a receipt that is not thenable', async () => {
    const receipt = typed.send({ type: 'chat', text: 'hi' });
    expectTypeOf(receipt).not.toExtend<PromiseLike<unknown>>();
    expectTypeOf<'then'>().not.toExtend<keyof Receipt>();
    expectTypeOf(await receipt.settled).toEqualTypeOf<Outcome>();
    expectTypeOf(receipt.durable).toEqualTypeOf<Promise<boolean>>();
    expectTypeOf(receipt.status).toEqualTypeOf<'written' | 'queued' | 'replaced' | 'dropped' | 'rejected'>();
  });
});

describe('messages of other shapes', () => {
  it('have no field but their type, or a parameter', () => {
    const socket = new ReliableSocket<Hello | Box<number>, Hello | Box<string[]>>('wss://x', {
      policies: { hello: drop(), box: latest({ key: ({ value }) => expectTypeOf(value).toEqualTypeOf<string[]>() }) },
    });
    socket.send({ type: 'hello' });
    socket.send({ type: 'box', value: ['a'] });
    // @ts-expect-error a text is no list
    socket.send({ type: 'box', value: 'a' });
    socket.onMessage('box', ({ value }) => expectTypeOf(value).toEqualTypeOf<number>());
  });

  it('have the member of an enum as type', () => {
    const socket = new ReliableSocket<Named, Named>('wss://x', {
      policies: { [Kind.A]: queue(), [Kind.B]: latest({ key: ({ text }) => text }) },
    });
    socket.send({ type: Kind.B, text: 'hi' });
    socket.onMessage(Kind.A, ({ n }) => expectTypeOf(n).toEqualTypeOf<number>());
  });

  it('are what a schema says', () => {
    const schema = null as unknown as StandardSchema<In>;
    new ReliableSocket('wss://x', { schema }).onMessage('price', ({ bid }) =>
      expectTypeOf(bid).toEqualTypeOf<number>(),
    );
    // @ts-expect-error the schema is for other messages
    new ReliableSocket<Hello, Out>('wss://x', { schema });
  });

  it('go through functions of the application', () => {
    const say = (socket: ReliableSocket<In, Out>, message: Out): Receipt => socket.send(message);
    const watch = <I extends Message, O extends Message>(socket: ReliableSocket<I, O>): SocketState => socket.state;
    say(typed, { type: 'order', sku: 'A1' });
    expectTypeOf(watch(typed)).toEqualTypeOf<SocketState>();
    const options: ReliableSocketOptions<In, Out> = { policies: { chat: queue() } };
    expectTypeOf(new ReliableSocket('wss://x', options)).toEqualTypeOf<ReliableSocket<In, Out>>();
  });
});

describe('options', () => {
  it('restricts the keys of policies to the types of Out', () => {
    new ReliableSocket<In, Out>('wss://x', {
      policies: { chat: queue({ ttl: 5 }), cursor: latest(), order: reject() },
      defaultPolicy: drop(),
    });
    // @ts-expect-error price is not sent
    new ReliableSocket<In, Out>('wss://x', { policies: { price: queue() } });
    new ReliableSocket<In, Move>('wss://x', { policies: { up: queue(), down: drop() } });
    // @ts-expect-error no such type
    new ReliableSocket<In, Move>('wss://x', { policies: { left: queue() } });
    new ReliableSocket('wss://x', { policies: { whatever: queue() } });
    // @ts-expect-error no such policy
    new ReliableSocket<In, Out>('wss://x', { policies: { chat: 'queue' } });
    // @ts-expect-error no such word
    queue({ ack: 'maybe' });
    // @ts-expect-error drop has no options
    drop({ ttl: 5 });
  });

  it('gives the key of latest the message of its own type', () => {
    new ReliableSocket<In, Out>('wss://x', {
      policies: {
        cursor: latest({
          key: (message) => {
            expectTypeOf(message).toEqualTypeOf<{ type: 'cursor'; x: number; y: number }>();
            return message.x;
          },
        }),
      },
    });
    new ReliableSocket<In, Move>('wss://x', {
      policies: { up: latest({ key: ({ by }) => expectTypeOf(by).toEqualTypeOf<number>() }) },
    });
    new ReliableSocket<In, Out>('wss://x', {
      // @ts-expect-error an order has no x
      policies: { order: latest({ key: ({ x }) => x }) },
    });
  });

  it('types the hooks', () => {
    new ReliableSocket<In, Out>(async () => new URL('wss://x'), {
      token: async ({ reason, attempt, signal }) => {
        expectTypeOf(reason).toEqualTypeOf<TokenReason>();
        expectTypeOf(attempt).toEqualTypeOf<number>();
        expectTypeOf(signal).toEqualTypeOf<AbortSignal | undefined>();
        return { token: 't', expiresIn: 5, subject: 'me' };
      },
      onGap: ({ from, to }) => {
        expectTypeOf(from).toEqualTypeOf<number | undefined>();
        return { seq: to ?? 0 };
      },
      onClose: ({ code }) => (code === 4000 ? { retryAfter: 5 } : undefined),
    });
    new ReliableSocket('wss://x', { token: () => 'secret', onGap: () => {}, onClose: () => {} });
    new ReliableSocket('wss://x', { heartbeat: false, resume: false, lifecycle: false });
    // @ts-expect-error no such verdict
    new ReliableSocket('wss://x', { onClose: () => 'perhaps' });
    // @ts-expect-error the url is missing
    new ReliableSocket();
    // @ts-expect-error no such option
    new ReliableSocket('wss://x', { retries: 5 });
  });
});

describe('state', () => {
  it('is a union with the data of each status', () => {
    const { state } = typed;
    expectTypeOf(state.status).toEqualTypeOf<
      'idle' | 'connecting' | 'open' | 'waiting' | 'suspended' | 'closing' | 'closed'
    >();
    if (state.status === 'waiting') {
      expectTypeOf(state.retryAt).toEqualTypeOf<number>();
      expectTypeOf(state.attempt).toEqualTypeOf<number>();
    }
    if (state.status === 'open') expectTypeOf(state.resumed).toEqualTypeOf<boolean>();
    if (state.status === 'suspended') expectTypeOf(state.why).toEqualTypeOf<string>();
    if (state.status === 'closed') {
      expectTypeOf(state.reason).toEqualTypeOf<
        'called' | 'unauthorized' | 'retries-exhausted' | 'refused-by-server' | 'no-websocket'
      >();
      expectTypeOf(state.error).toEqualTypeOf<ReliableSocketError | undefined>();
    }
    // @ts-expect-error snapshots are immutable
    state.status = 'open';
    // @ts-expect-error and so is the property
    typed.state = state;
    // @ts-expect-error only a waiting state has it
    state.retryAt;
  });
});

describe('channels', () => {
  it('have the types of the socket, or their own', () => {
    expectTypeOf(typed.channel('x')).toEqualTypeOf<Channel<In, Out>>();
    const room = typed.channel<Chat, Move>('room');
    expectTypeOf(room).toEqualTypeOf<Channel<Chat, Move>>();
    room.onMessage('chat', (message) => expectTypeOf(message.text).toEqualTypeOf<string>());
    room.send({ type: 'up', by: 1 });
    expectTypeOf(room.state).toEqualTypeOf<ChannelState>();
    room.on('gap', (gap) => expectTypeOf(gap).toEqualTypeOf<Gap>());
    room.on('state', (state) => expectTypeOf(state).toEqualTypeOf<ChannelState>());
    // @ts-expect-error no price here
    room.onMessage('price', () => {});
    // @ts-expect-error chat is not sent here
    room.send({ type: 'chat', text: 'hi' });
    // @ts-expect-error a channel has two events only
    room.on('open', () => {});
  });
});

describe('what an editor shows', () => {
  it('is the message as it was written, without an intersection', () => {
    typed.onMessage('price', (message) =>
      expectTypeOf(message).toEqualTypeOf<{ type: 'price'; symbol: string; bid: number }>(),
    );
    expectTypeOf<MessageOf<In, 'price'>>().toEqualTypeOf<{ type: 'price'; symbol: string; bid: number }>();
    expectTypeOf<MessageOf<In, 'chat' | 'price'>>().toEqualTypeOf<In>();
  });
});

describe('undefined', () => {
  it('is the same as leaving an option out', () => {
    const signal = undefined as AbortSignal | undefined;
    const timeout = undefined as number | undefined;
    const id = undefined as string | undefined;
    typed.send({ type: 'chat', text: '' }, { id, ttl: timeout, signal, since: timeout });
    void typed.request({ type: 'chat', text: '' }, { id, timeout, signal, since: timeout });
    typed.messages('chat', { limit: timeout, signal });
    void typed.close({ code: timeout, reason: id, drain: timeout });
    new ReliableSocket<In, Out>('wss://example.com', {
      WebSocket: undefined,
      protocols: undefined,
      connect: { timeout, lazy: undefined },
      backoff: {
        base: timeout,
        factor: timeout,
        max: timeout,
        jitter: undefined,
        maxRetries: timeout,
        stableAfter: timeout,
      },
      heartbeat: { interval: timeout, timeout },
      resume: { via: undefined, param: id, from: undefined, contiguous: undefined, identity: undefined },
      queue: {
        maxMessages: timeout,
        maxBytes: timeout,
        overflow: undefined,
        highWaterMark: timeout,
        flushRate: timeout,
      },
      policies: {
        chat: undefined,
        order: queue({
          ttl: timeout,
          ack: undefined,
          ackTimeout: timeout,
          overflow: undefined,
          inFlight: timeout,
          durable: undefined,
        }),
        cursor: latest({ key: undefined, ttl: timeout }),
      },
      defaultPolicy: undefined,
      request: { timeout },
      token: undefined,
      auth: { via: undefined, param: id },
      onGap: ({ epoch, to }) => ({ seq: to ?? 0, epoch }),
      onClose: undefined,
      lifecycle: undefined,
      store: undefined,
      protocol: undefined,
      schema: undefined,
      environment: undefined,
    });
    new ReliableSocket<In, Out>('wss://example.com', { token: () => ({ token: '', expiresIn: timeout, subject: id }) });
    expectTypeOf(defaults.connect).toEqualTypeOf<{ readonly timeout: number; readonly lazy: boolean }>();
    expectTypeOf(defaults.resume.via).toEqualTypeOf<'url' | 'message'>();
  });
});

describe('json()', () => {
  type FieldOf<F> = F extends unknown ? Exclude<keyof F, 'kind'> : never;

  it('takes another name for each field of each frame', () => {
    // Of a message there is only the envelope: the rest is the application's, and `type` stays.
    expectTypeOf<FieldName>().toEqualTypeOf<FieldOf<InboundFrame> | FieldOf<OutboundFrame>>();
  });
});

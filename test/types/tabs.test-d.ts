import { describe, expectTypeOf, it } from 'vitest';
import { type Receipt, ReliableSocket } from '../../src/index.js';
import { type SharedSocket, shareAcrossTabs } from '../../src/tabs/index.js';

type Incoming = { type: 'chat'; text: string } | { type: 'price'; bid: number };
type Outgoing = { type: 'order'; sku: string };

const share = (): SharedSocket<Incoming, Outgoing> =>
  shareAcrossTabs(() => new ReliableSocket<Incoming, Outgoing>('ws://h'), { name: 'n' });

describe('a shared socket', () => {
  it('has the types of the socket that the function makes', () => {
    const socket = shareAcrossTabs(() => new ReliableSocket<Incoming, Outgoing>('ws://h'), { name: 'n' });
    expectTypeOf(socket).toEqualTypeOf<SharedSocket<Incoming, Outgoing>>();
    socket.onMessage('price', (message) => expectTypeOf(message.bid).toEqualTypeOf<number>());
    expectTypeOf(socket.send({ type: 'order', sku: 'A1' })).toEqualTypeOf<Receipt>();
    // @ts-expect-error there is no such message
    socket.send({ type: 'oder', sku: 'A1' });
    // @ts-expect-error it needs a name
    shareAcrossTabs(() => new ReliableSocket('ws://h'), {});
  });

  it('has channels of their own types, and the events of a socket', () => {
    const channel = share().channel<{ type: 'a'; n: number }, { type: 'b' }>('c');
    channel.onMessage('a', ({ n }) => expectTypeOf(n).toEqualTypeOf<number>());
    share().on('gap', ({ from }) => expectTypeOf(from).toEqualTypeOf<number | undefined>());
    for (const { id } of share().outbox) expectTypeOf(id).toEqualTypeOf<string>();
  });

  it('does not claim what only a socket of its own has', () => {
    // @ts-expect-error the leader alone knows
    share().ready;
    // @ts-expect-error the leader alone knows
    share().outbox.bytes;
  });
});

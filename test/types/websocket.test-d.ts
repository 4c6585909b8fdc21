import { describe, expectTypeOf, it } from 'vitest';
import Default, { ReconnectingWebSocket, WebSocket as Renamed } from '../../src/websocket/index.js';

describe('the drop-in class', () => {
  it('can be passed wherever the class WebSocket or one of its sockets is wanted', () => {
    expectTypeOf<ReconnectingWebSocket>().toExtend<WebSocket>();
    expectTypeOf<typeof ReconnectingWebSocket>().toExtend<typeof WebSocket>();
    // What TypeScript 6 wants of a WebSocket, where earlier ones are content with a number.
    expectTypeOf<ReconnectingWebSocket['readyState']>().toEqualTypeOf<0 | 1 | 2 | 3>();
    expectTypeOf(Default).toEqualTypeOf(ReconnectingWebSocket);
    expectTypeOf(Renamed).toEqualTypeOf(ReconnectingWebSocket);
  });

  it('takes functions for url and subprotocols, sync or async', () => {
    expectTypeOf<() => Promise<string | URL>>().toExtend<ConstructorParameters<typeof ReconnectingWebSocket>[0]>();
    expectTypeOf<() => null>().toExtend<ConstructorParameters<typeof ReconnectingWebSocket>[1]>();
    // @ts-expect-error there is no such option
    new ReconnectingWebSocket('ws://h', [], { maxRetrys: 1 });
  });

  it('types its events as those of a WebSocket', () => {
    const socket = new ReconnectingWebSocket('ws://h');
    socket.addEventListener('close', (event) => expectTypeOf(event).toEqualTypeOf<CloseEvent>());
    socket.onmessage = (event) => expectTypeOf(event).toEqualTypeOf<MessageEvent>();
  });
});

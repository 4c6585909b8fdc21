import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { type ReconnectingWebSocketOptions, untilOpen } from '../../../src/websocket/index.js';
import { RESTARTS } from '../../support/consumers/report.js';
import { consumers } from '../../support/consumers/servers.js';
import { dropIn } from '../../support/consumers/sockets.js';

/** As Node's own class: a link that broke is told as `error` before `close`. That of `ws` tells `close` alone. */
class Outspoken extends WebSocket {
  constructor(...args: ConstructorParameters<typeof WebSocket>) {
    super(...args);
    this.prependListener('close', (code) => {
      if (code === 1006 && this.listenerCount('error') > 0) this.emit('error', new Error('the link broke'));
    });
  }
}

// The options are those that docs/WEBSOCKET.md names for each of them.
describe.concurrent('a package whose server is killed and started again in the midst of its work', () => {
  it.each<[consumer: keyof typeof consumers, options: ReconnectingWebSocketOptions]>([
    ['graphql-ws', { closeEvent: 'final', shouldReconnect: untilOpen }],
    ['graphql-ws', { closeEvent: 'final', shouldReconnect: untilOpen, WebSocket: Outspoken }],
    ['y-websocket', { closeEvent: 'each' }],
    ['MQTT.js', { closeEvent: 'each' }],
    ['json-rpc-2.0', { closeEvent: 'each' }],
  ])('%s keeps what it promises, with one connection left', async (consumer, options) => {
    expect(await consumers[consumer](dropIn(options))).toEqual({ restarts: RESTARTS, broken: [], connections: 1 });
  });
});

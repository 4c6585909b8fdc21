import { throughGraphql } from './graphql.js';
import { startGraphqlServer } from './graphql-server.js';
import { startJsonRpcServer, throughJsonRpc } from './json-rpc.js';
import { startMqttBroker, throughMqtt } from './mqtt.js';
import type { Report, SocketClass, Victim } from './report.js';
import type { RestartingServer } from './restarting-server.js';
import { throughYjs } from './yjs.js';
import { startYjsServer } from './yjs-server.js';

const between =
  <S extends RestartingServer>(
    start: () => Promise<S>,
    through: (socket: SocketClass, server: S & Victim) => Promise<Report>,
  ) =>
  async (socket: SocketClass): Promise<Report> => {
    const server = await start();
    try {
      return await through(socket, server);
    } finally {
      await server.stop();
    }
  };

/** Each package with its own server, which lives as long as the run. */
export const consumers: Readonly<
  Record<'graphql-ws' | 'y-websocket' | 'MQTT.js' | 'json-rpc-2.0', (socket: SocketClass) => Promise<Report>>
> = {
  'graphql-ws': between(startGraphqlServer, throughGraphql),
  'y-websocket': between(startYjsServer, throughYjs),
  'MQTT.js': between(startMqttBroker, throughMqtt),
  'json-rpc-2.0': between(startJsonRpcServer, throughJsonRpc),
};

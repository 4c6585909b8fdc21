import { Aedes } from 'aedes';
import { connectAsync } from 'mqtt';
import { createWebSocketStream, WebSocketServer } from 'ws';
import { until } from '../until.js';
import { AWAY, countConnections, noting, RESTARTS, type Report, type SocketClass, type Victim } from './report.js';
import { type RestartingServer, startRestartingServer } from './restarting-server.js';

/** What arrived at any life of the broker, and the broker. */
export const startMqttBroker = async (): Promise<RestartingServer & { readonly arrived: ReadonlySet<string> }> => {
  const arrived = new Set<string>();
  const server = await startRestartingServer((http) => {
    const wss = new WebSocketServer({ server: http, handleProtocols: () => 'mqtt' });
    const brokering = Aedes.createBroker().then((broker) => {
      broker.on('publish', ({ topic, payload }) => {
        if (topic === 'orders') arrived.add(payload.toString());
      });
      return broker;
    });
    wss.on('connection', (socket, request) => {
      const stream = createWebSocketStream(socket);
      stream.on('error', () => {});
      brokering.then((broker) => broker.handle(stream, request));
    });
  });
  return { ...server, arrived };
};

/** Messages of QoS 1, published before, while and after the broker is away: each must arrive at the broker. */
export const throughMqtt = async (
  WebSocketClass: SocketClass,
  server: Victim & { readonly arrived: ReadonlySet<string> },
): Promise<Report> => {
  let restarts = 0;
  const broken: string[] = [];
  const note = noting(broken);
  const client = await connectAsync(server.url, {
    reconnectPeriod: 30,
    connectTimeout: 1_000,
    clientId: 'orders',
    forceNativeWebSocket: true,
    createWebsocket(url, protocols) {
      const socket = new WebSocketClass(url, [...protocols]);
      socket.binaryType = 'arraybuffer';
      return socket;
    },
  });
  client.on('error', () => {});
  const acked: Promise<unknown>[] = [];
  const sent: string[] = [];
  const publish = (what: string): void => {
    sent.push(what);
    acked.push(client.publishAsync('orders', what, { qos: 1 }));
  };
  for (let i = 0; i < RESTARTS && broken.length === 0; i += 1) {
    publish(`before ${i}`);
    const restarted = server.restart(AWAY);
    publish(`while away ${i}`);
    await restarted;
    restarts += 1;
    publish(`after ${i}`);
    await note(`acks of round ${i}`, Promise.all(acked));
  }
  for (const what of sent) if (!server.arrived.has(what)) broken.push(`"${what}" never arrived`);
  await until(() => client.connected);
  const connections = await countConnections(server);
  await client.endAsync(true);
  return { restarts, broken, connections };
};

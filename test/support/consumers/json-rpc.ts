import { JSONRPCClient, JSONRPCServer } from 'json-rpc-2.0';
import { WebSocketServer } from 'ws';
import { until } from '../until.js';
import {
  AWAY,
  countConnections,
  noting,
  RESTARTS,
  type Report,
  type SocketClass,
  sleep,
  type Victim,
} from './report.js';
import { type RestartingServer, startRestartingServer } from './restarting-server.js';

export const startJsonRpcServer = (): Promise<RestartingServer> =>
  startRestartingServer((http, life) => {
    const rpc = new JSONRPCServer();
    rpc.addMethod('life', async () => {
      await sleep(20);
      return life;
    });
    new WebSocketServer({ server: http }).on('connection', (socket) => {
      socket.on('error', () => {});
      socket.on('message', async (data) => {
        const answer = await rpc.receiveJSON(String(data));
        if (answer) socket.send(JSON.stringify(answer));
      });
    });
  });

/** Requests are answered, or rejected when the connection is lost; none is left without an end. */
export const throughJsonRpc = async (WebSocketClass: SocketClass, server: Victim): Promise<Report> => {
  let restarts = 0;
  const broken: string[] = [];
  const note = noting(broken);
  const socket = new WebSocketClass(server.url);
  const client = new JSONRPCClient((request) => socket.send(JSON.stringify(request)));
  socket.onmessage = ({ data }) => client.receive(JSON.parse(data));
  socket.onclose = () => client.rejectAllPendingRequests('connection lost');
  const ask = (): Promise<number> => Promise.resolve(client.request('life', undefined));
  await note('first', ask());
  for (let i = 0; i < RESTARTS && broken.length === 0; i += 1) {
    const underWay = ask().then(
      () => undefined,
      () => undefined,
    );
    const life = await server.restart(AWAY);
    restarts += 1;
    await note(`request under way ${i}`, underWay);
    await until(() => socket.readyState === 1).catch(() => broken.push(`round ${i}: it did not come back`));
    await note(
      `request after ${i}`,
      ask().then((by) => {
        if (by !== life) throw new Error(`answered by life ${by}`);
      }),
    );
  }
  const connections = await countConnections(server);
  socket.close();
  return { restarts, broken, connections };
};

import { WebsocketProvider } from 'y-websocket';
import * as Y from 'yjs';
import { until } from '../until.js';
import { AWAY, countConnections, noting, RESTARTS, type Report, type SocketClass, type Victim } from './report.js';

/** Two documents that both write while the server dies, and must be equal in the end. */
export const throughYjs = async (WebSocketPolyfill: SocketClass, server: Victim): Promise<Report> => {
  let restarts = 0;
  const broken: string[] = [];
  const note = noting(broken);
  const sides = ['left', 'right'].map((name) => {
    const doc = new Y.Doc();
    const provider = new WebsocketProvider(server.url, 'room', doc, {
      // Safe: the class has the static members as well; the type of the test's parameter does not say so.
      WebSocketPolyfill: WebSocketPolyfill as typeof WebSocket,
      disableBc: true,
      maxBackoffTime: 100,
    });
    return { name, doc, provider, list: doc.getArray<string>('list') };
  });
  const written: string[] = [];
  const write = (what: string): void => {
    for (const { name, list } of sides) {
      list.push([`${name} ${what}`]);
      written.push(`${name} ${what}`);
    }
  };
  const all = (list: Y.Array<string>): string => [...list.toArray()].sort().join();
  const agree = (): boolean => sides.every(({ list }) => all(list) === [...written].sort().join());
  await until(() => sides.every(({ provider }) => provider.wsconnected));
  for (let i = 0; i < RESTARTS && broken.length === 0; i += 1) {
    write(`before ${i}`);
    const restarted = server.restart(AWAY);
    write(`while away ${i}`);
    await restarted;
    restarts += 1;
    write(`after ${i}`);
    await note(`round ${i}`, until(agree, { message: 'the documents agree' }));
  }
  const [left, right] = sides;
  if (left?.list.toArray().join() !== right?.list.toArray().join()) broken.push('the documents differ in order');
  const connections = (await countConnections(server)) / sides.length;
  for (const { provider } of sides) provider.destroy();
  return { restarts, broken, connections };
};

import { createClient } from 'graphql-ws';
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

/** A subscription that goes on, and queries that are under way when the server dies. */
export const throughGraphql = async (webSocketImpl: SocketClass, server: Victim): Promise<Report> => {
  const broken: string[] = [];
  const note = noting(broken);
  const client = createClient({
    url: server.url,
    webSocketImpl,
    retryAttempts: Number.POSITIVE_INFINITY,
    retryWait: () => sleep(30),
    shouldRetry: () => true,
  });
  let restarts = 0;
  let heard = 0;
  const stop = client.subscribe<{ lives: number }>(
    { query: 'subscription { lives }' },
    {
      next: ({ data }) => {
        heard = data?.lives ?? 0;
      },
      error: (error) => broken.push(`subscription: ${String(error)}`),
      complete: () => {},
    },
  );
  const query = (): Promise<unknown> =>
    new Promise((resolve, reject) =>
      client.subscribe({ query: '{ life }' }, { next: resolve, error: reject, complete() {} }),
    );
  await until(() => heard === 1);
  for (let i = 0; i < RESTARTS && broken.length === 0; i += 1) {
    const answered = query();
    const life = await server.restart(AWAY);
    restarts += 1;
    await note(`query ${i}`, answered);
    await note(
      `subscription ${i}`,
      until(() => heard === life),
    );
  }
  const connections = await countConnections(server);
  stop();
  await client.dispose();
  return { restarts, broken, connections };
};

import { createClient } from 'redis';
import { WebSocketServer } from 'ws';
import { createServer } from '../../../src/server/index.js';
import { redisLog } from '../../../src/server/redis/index.js';
import type { FromNode, ToNode } from './node.js';

// One node of the cluster: node child-node.ts <redis port> <port>

const [redisPort, port] = process.argv.slice(2).map(Number);
const client = createClient({ url: `redis://127.0.0.1:${redisPort}`, socket: { reconnectStrategy: 50 } });
client.on('error', () => {});
await client.connect();
const tell = (message: FromNode): void => void process.send?.(message);

const server = createServer({
  log: redisLog(client, { maxMessages: 1_000_000, patience: 20_000, deadAfter: 3_000 }),
  // What is published happens once in any case; for what is done elsewhere the handler looks itself.
  abandoned: 'again',
  async onMessage(message, { again }) {
    if (message.type === 'order') return { publish: message, channel: 'orders' };
    // Nobody knows whether the node that died had done it.
    if (again) return { nack: { code: 'unknown', message: 'begun by a node that died' } };
    await client.rPush('effects', String(message.id));
    return undefined;
  },
  onError: ({ message, cause }) => tell({ error: `${message}: ${String(cause)}` }),
});
server.attach(new WebSocketServer({ host: '127.0.0.1', port: port ?? 0 }));
process.on('message', ({ id, channel }: ToNode) => {
  server.publish({ type: 'n', id }, { channel, id }).then(
    () => tell({ published: id }),
    () => tell({ failed: id }),
  );
});
// The parent may be killed.
process.on('disconnect', () => process.exit());
tell({ ready: true });

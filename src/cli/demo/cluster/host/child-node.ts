import { createClient } from 'redis';
import { WebSocketServer } from 'ws';
import { createServer } from '../../../../server/index.js';
import { redisLog } from '../../../../server/redis/index.js';
import type { FromNode, ToNode } from './node.js';

// One node of the demo's cluster: child-node.ts <port of Redis>

const client = createClient({
  url: `redis://127.0.0.1:${process.argv[2]}`,
  socket: { reconnectStrategy: 50 },
});
client.on('error', () => {}); // it comes back by itself
await client.connect();

const server = createServer({
  // Messages that a killed node had begun wait for this long.
  log: redisLog(client, { deadAfter: 2_000 }),
  // The handler does nothing but to publish, and that happens once in any case.
  abandoned: 'again',
  onMessage: ({ type, from, n }) => {
    return type === 'say' ? { publish: { type: 'said', from, n } } : { nack: { code: 'bad-message', message: 'say' } };
  },
});
const sockets = new WebSocketServer({ host: '127.0.0.1', port: 0 });
server.attach(sockets);
sockets.on('listening', () => {
  const address = sockets.address();
  if (address === null || typeof address === 'string') throw new Error('a node listens on no port');
  const ready: FromNode = { port: address.port };
  process.send?.(ready);
});
process.on('message', (message: ToNode) => {
  if (message === 'leave') void server.close({ within: 1_000 }).then(() => process.exit());
});
// The host may be killed.
process.on('disconnect', () => process.exit());

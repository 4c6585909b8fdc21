import { parseArgs } from 'node:util';
import { proveCluster } from './prove-cluster.js';

// Two nodes and one Redis in a storm: npm run cluster -- --seed 1 [--clients 200] [--messages 50000] [--orders 50]

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    clients: { type: 'string', default: '200' },
    messages: { type: 'string', default: '50000' },
    orders: { type: 'string', default: '50' },
    kills: { type: 'string', default: '10' },
  },
});
const [seed, clients, messages, orders, kills] = [
  values.seed,
  values.clients,
  values.messages,
  values.orders,
  values.kills,
].map(Number);
const options = {
  seed: seed ?? 1,
  clients: clients ?? 0,
  messages: messages ?? 0,
  orders: orders ?? 0,
  kills: kills ?? 0,
};
const found = await proveCluster(options, console.log);
for (const complaint of found) console.error(`! ${complaint}`);
process.exitCode = found.length === 0 ? 0 : 1;

// Sends argv[2] messages while no link is there, with the default bounds, and prints what became of them and of the heap.
import { ReliableSocket } from '../../src/index.js';
import { scriptedSockets } from '../../src/testing/scripted-socket.js';

const count = Number(process.argv[2]);
/** How often each number was told as undelivered. */
const told = new Uint8Array(count + 1);
let toldOtherwise = 0;

const collectGarbage = globalThis.gc ?? (() => {});
const heap = (): number => {
  collectGarbage();
  return process.memoryUsage().heapUsed;
};

// Its sockets never open.
const socket = new ReliableSocket('ws://localhost', { WebSocket: scriptedSockets().WebSocket });
socket.on('undelivered', ({ message, outcome, reason }) => {
  const n = Number((message as { readonly n?: unknown }).n);
  told[n] = (told[n] ?? 0) + 1;
  if (outcome !== 'dropped' || reason !== 'queue-full') toldOtherwise += 1;
});

const before = heap();
let highest = 0;
for (let n = 1; n <= count; n += 1) {
  socket.send({ type: 'action', n, text: 'something that a user did' });
  if (n % 20_000 === 0) await new Promise((resolve) => setImmediate(resolve));
  if (n % 200_000 === 0) highest = Math.max(highest, heap());
}
const waiting = [...socket.outbox].map(({ message }) => Number((message as { readonly n?: unknown }).n));
console.log(
  JSON.stringify({
    waiting: waiting.length,
    oldestWaiting: waiting[0],
    newestWaiting: waiting.at(-1),
    toldDropped: told.reduce((sum, times) => sum + Math.min(times, 1), 0),
    toldTwice: told.filter((times) => times > 1).length,
    toldOfWaiting: waiting.filter((n) => told[n] !== 0).length,
    toldOtherwise,
    heapGrowth: Math.max(highest, heap()) - before,
  }),
);
socket.outbox.clear();
await socket.close();

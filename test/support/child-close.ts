// Connects to argv[2], says 'open', and closes when it gets SIGUSR2. Nothing here ends the process by force.
import { WebSocket } from 'ws';
import { queue, ReliableSocket } from '../../src/index.js';

const socket = new ReliableSocket(process.argv[2] ?? '', { WebSocket, policies: { order: queue({ ack: 'message' }) } });

process.once('SIGUSR2', async () => {
  const receipt = socket.send({ type: 'order' });
  const began = performance.now();
  await socket.close();
  const took = performance.now() - began;
  const { outcome } = await receipt.settled;
  console.log(JSON.stringify({ took, status: socket.state.status, outcome }));
});

await socket.opened();
console.log('open');

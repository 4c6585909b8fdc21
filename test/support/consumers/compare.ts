/** Prints how each consumer comes through with this class and with partysocket: `npm run compare:consumers`. */
import { untilOpen } from '../../../src/websocket/index.js';
import type { SocketClass } from './report.js';
import { consumers } from './servers.js';
import { dropIn, partySocket } from './sockets.js';

const classes: Record<string, SocketClass> = {
  "'each'": dropIn({}),
  "'final'": dropIn({ closeEvent: 'final' }),
  "'final', untilOpen": dropIn({ closeEvent: 'final', shouldReconnect: untilOpen }),
  partysocket: partySocket,
};
const [only] = process.argv.slice(2);
for (const [consumer, through] of Object.entries(consumers)) {
  if (only && only !== consumer) continue;
  for (const [name, socket] of Object.entries(classes)) {
    const { restarts, broken, connections } = await through(socket);
    console.log(`${consumer} | ${name} | ${restarts} restarts | ${connections} connections | ${broken[0] ?? 'kept'}`);
  }
}
process.exit(0);

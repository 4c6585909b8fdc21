import { WebSocket } from 'ws';
import type { Kind } from './contestants.js';

// Many bare clients: node child-clients.ts <kind> <port>

export type ToClients =
  /** Come, or come back as those who have missed everything since. */
  | { readonly connect: number; readonly behind?: boolean }
  | { readonly disconnect: true }
  /** Say when each has had so many messages since it came. */
  | { readonly expect: number };

interface Known {
  pid: string;
  offset: string;
}

const [kind, port] = [process.argv[2] as Kind, process.argv[3]];
const isSocketIo = kind === 'socket.io';
/** What each client asks for, as its library would. */
const addressOf = (n: number, behind: boolean): string => {
  if (isSocketIo) return 'socket.io/?EIO=4&transport=websocket';
  return kind === 'bare ws' ? '' : `?client=${process.pid}-${n}&conn=${behind ? '2&lastSeq=1' : '1'}`;
};
const sockets: WebSocket[] = [];
const known: Known[] = [];
let received = 0;
let wanted = Number.POSITIVE_INFINITY;

const count = (): void => {
  received += 1;
  if (received !== wanted) return;
  wanted = Number.POSITIVE_INFINITY;
  process.send?.({ received });
};
/** What a client of socket.io says and keeps, as far as it matters here. */
const hearSocketIo = (socket: WebSocket, own: Known, text: string, there: () => void): void => {
  if (text.startsWith('0')) {
    socket.send(own.offset === '' ? '40' : `40${JSON.stringify({ pid: own.pid, offset: own.offset })}`);
  } else if (text.startsWith('40')) {
    own.pid = JSON.parse(text.slice(2)).pid;
    there();
  } else if (text === '2') {
    socket.send('3');
  } else if (text.startsWith('42')) {
    own.offset = JSON.parse(text.slice(2)).at(-1);
    count();
  }
};
const connect = (n: number, behind: boolean): Promise<void> =>
  new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/${addressOf(n, behind)}`);
    sockets.push(socket);
    known[n] ??= { pid: '', offset: '' };
    const own = known[n];
    socket.on('error', reject);
    if (kind === 'bare ws') socket.on('open', resolve);
    socket.on('message', (data: Buffer) => {
      if (isSocketIo) hearSocketIo(socket, own, data.toString(), resolve);
      // Looked at as bytes: what clients do with it is not measured.
      else if (data[9] === 0x77) resolve();
      else count();
    });
  });

process.on('message', async (message: ToClients) => {
  if ('expect' in message) {
    wanted = message.expect * sockets.length;
    if (received >= wanted) process.send?.({ received });
  } else if ('disconnect' in message) {
    await Promise.all(sockets.splice(0).map((socket) => new Promise((gone) => socket.on('close', gone).terminate())));
    received = 0;
    process.send?.({ gone: true });
  } else {
    // A few at a time, as the listen queue takes them.
    for (let n = 0; n < message.connect; n += 100) {
      await Promise.all(
        Array.from({ length: Math.min(100, message.connect - n) }, (_, i) => connect(n + i, message.behind ?? false)),
      );
    }
    process.send?.({ connected: message.connect });
  }
});
process.on('disconnect', () => process.exit());

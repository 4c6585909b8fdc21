import { queue, ReliableSocket } from '../../src/index.js';
import { expose } from './expose.js';
import type { Chat } from './subject.js';

// The same, but each outcome is asked for: a promise for each message.
expose(() => {
  let socket: ReliableSocket<Chat, Chat>;
  let unacked = 0;
  const settled = (): void => {
    unacked -= 1;
  };
  return {
    async open(url, heard) {
      socket = new ReliableSocket<Chat, Chat>(url, { policies: { chat: queue({ ack: 'message' }) } });
      socket.onMessage('chat', heard);
      await socket.opened();
    },
    send(message) {
      unacked += 1;
      void socket.send(message).settled.then(settled);
    },
    unacked: () => unacked,
  };
});

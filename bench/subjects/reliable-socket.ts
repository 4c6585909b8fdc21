import { queue, ReliableSocket } from '../../src/index.js';
import { expose } from './expose.js';
import type { Chat } from './subject.js';

expose(() => {
  let socket: ReliableSocket<Chat, Chat>;
  return {
    async open(url, heard, acks) {
      socket = new ReliableSocket<Chat, Chat>(url, { policies: { chat: acks ? queue({ ack: 'message' }) : queue() } });
      socket.onMessage('chat', heard);
      await socket.opened();
    },
    send: (message) => void socket.send(message),
    unacked: () => socket.outbox.size,
  };
});

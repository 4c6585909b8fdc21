import { ReliableSocket } from '../../src/index.js';
import { expose } from './expose.js';
import type { Chat } from './subject.js';

// The same, but with room for whatever is sent offline, as the others have.
expose(() => {
  let socket: ReliableSocket<Chat, Chat>;
  return {
    async open(url, heard) {
      socket = new ReliableSocket<Chat, Chat>(url, { queue: { maxMessages: 10_000_000, maxBytes: 10_000_000_000 } });
      socket.onMessage('chat', heard);
      await socket.opened();
    },
    send: (message) => void socket.send(message),
    unacked: () => socket.outbox.size,
  };
});

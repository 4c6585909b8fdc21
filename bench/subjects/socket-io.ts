import { io, type Socket } from 'socket.io-client';
import { expose } from './expose.js';

expose(() => {
  let socket: Socket;
  let wantsAcks = false;
  let unacked = 0;
  const acked = (): void => {
    unacked -= 1;
  };
  return {
    open(url, heard, acks) {
      wantsAcks = acks;
      // Without `forceNew` all clients of one process would share a connection.
      socket = io(new URL(url).origin.replace('ws:', 'http:'), { transports: ['websocket'], forceNew: true });
      socket.on('chat', heard);
      return new Promise((resolve) => {
        socket.on('connect', resolve);
      });
    },
    send(message) {
      if (wantsAcks) {
        unacked += 1;
        socket.emit('chat', message, acked);
      } else {
        socket.emit('chat', message);
      }
    },
    unacked: () => unacked,
  };
});

import { io, type Socket } from 'socket.io-client';
import { expose } from './expose.js';

let socket: Socket;
let wantsAcks = false;
let unacked = 0;
const acked = (): void => {
  unacked -= 1;
};

expose({
  open(url, heard, acks) {
    wantsAcks = acks;
    socket = io(new URL(url).origin.replace('ws:', 'http:'), { transports: ['websocket'] });
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
});

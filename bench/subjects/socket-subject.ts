import type { Subject } from './subject.js';

/** As much of a WebSocket as a subject needs. */
interface Socket {
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  send(data: string): void;
}

/** JSON over a WebSocket, or over a class that takes its place: what an application does that needs no more than that. */
export const socketSubject = (connect: (url: string) => Socket): Subject => {
  let socket: Socket;
  let wantsAcks = false;
  let id = 0;
  let acked = 0;
  return {
    open(url, heard, acks) {
      wantsAcks = acks;
      socket = connect(url);
      socket.onmessage = ({ data }: { readonly data: string }) => {
        const frame = JSON.parse(data);
        if (frame.type === 'chat') heard(frame);
        else if (frame.type === 'ack') acked += 1;
      };
      return new Promise((resolve) => {
        socket.onopen = () => resolve();
      });
    },
    send(message) {
      if (wantsAcks) {
        id += 1;
        socket.send(JSON.stringify({ ...message, messageId: `1qkbe2xk4z0-${id}` }));
      } else {
        socket.send(JSON.stringify(message));
      }
    },
    unacked: () => id - acked,
  };
};

import { type ServerOptions, type WebSocket, WebSocketServer } from 'ws';
import { type Frame, parseFrame } from '../frame.js';

/** A stream per room, each with numbers and a log of its own. */
export interface RoomServer {
  readonly sockets: WebSocketServer;
  publish(room: string, message: object): void;
}

interface Room {
  readonly log: string[];
  readonly followers: Set<WebSocket>;
}

/** @param mayEnter Whether a room is for everybody. A real server asks who the user is. */
export function startRoomServer(options: ServerOptions, mayEnter: (room: string) => boolean): RoomServer {
  const epoch = crypto.randomUUID();
  const rooms = new Map<string, Room>();
  const roomOf = (name: string): Room => {
    const room = rooms.get(name) ?? { log: [], followers: new Set() };
    rooms.set(name, room);
    return room;
  };

  function subscribe(ws: WebSocket, { channel, ref, lastSeq, epoch: theirs = epoch }: Frame): void {
    if (typeof channel !== 'string') return ws.close(1007);
    if (!mayEnter(channel)) {
      const refusal = { code: 'forbidden', message: `${channel} is not for you` };
      return ws.send(JSON.stringify({ type: 'unsubscribed', channel, ref, ...refusal }));
    }
    const { log, followers } = roomOf(channel);
    // Without a number the client wants what comes from now on; a number of another epoch says nothing about this one.
    const last = typeof lastSeq === 'number' && theirs === epoch && lastSeq <= log.length ? lastSeq : 0;
    const from = lastSeq === undefined ? log.length : last;
    ws.send(JSON.stringify({ type: 'subscribed', channel, ref, epoch, seq: from }));
    for (const frame of log.slice(from)) ws.send(frame);
    followers.add(ws);
  }

  const sockets = new WebSocketServer(options).on('connection', (ws) => {
    ws.on('error', () => ws.terminate());
    ws.on('close', () => {
      for (const { followers } of rooms.values()) followers.delete(ws);
    });
    ws.on('message', (data) => {
      const frame = parseFrame(data);
      if (frame === undefined) return ws.close(1007);
      if (frame.type === 'ping') ws.send(JSON.stringify({ type: 'pong', t: frame.t }));
      if (frame.type === 'subscribe') subscribe(ws, frame);
      if (frame.type === 'unsubscribe') rooms.get(String(frame.channel))?.followers.delete(ws);
    });
  });

  return {
    sockets,
    publish(name, message) {
      const { log, followers } = roomOf(name);
      log.push(JSON.stringify({ ...message, channel: name, seq: log.length + 1 }));
      for (const ws of followers) ws.send(log.at(-1) ?? '');
    },
  };
}

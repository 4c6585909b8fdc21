import { type ServerOptions, WebSocketServer } from 'ws';
import { parseFrame } from './frame.js';

/** The seed server of PROTOCOL.md with acks: it remembers ids, so that a message which comes again takes effect once. */
export function startPlainServer(options: ServerOptions): WebSocketServer {
  const wss = new WebSocketServer(options);
  const [log, ids] = [[] as string[], new Set<unknown>()]; // the last 1,000 frames; what has taken effect
  let [epoch, seq] = [crypto.randomUUID(), 0]; // names the numbering, which begins anew with each process; its head
  const publish = (message: object): void => {
    if (log.push(JSON.stringify({ ...message, seq: ++seq })) > 1000) log.shift();
    for (const ws of wss.clients) ws.send(log.at(-1) ?? '');
  };
  return wss.on('connection', (ws, req) => {
    // Who says nothing wants what comes from now on; who comes from another life, or too late, gets all there is.
    const query = Object.fromEntries(new URLSearchParams(req.url?.split('?')[1]));
    const last = Number(query.lastSeq ?? seq);
    if (query.epoch === epoch && last > seq) epoch = crypto.randomUUID(); // numbers that were never given
    const known = (query.epoch ?? epoch) === epoch && Number.isInteger(last) && last <= seq;
    const start = Math.max(known ? last : 0, seq - log.length);
    const welcome = JSON.stringify({ type: 'welcome', epoch, seq: start });
    for (const frame of [welcome, ...log.slice(start - seq + log.length)]) ws.send(frame);
    ws.on('error', () => ws.terminate()).on('message', (data) => {
      const frame = parseFrame(data);
      if (frame === undefined) return ws.close(1007);
      const { type, t, from, text, messageId } = frame;
      if (type === 'ping') ws.send(JSON.stringify({ type: 'pong', t }));
      if (type === 'chat' && !ids.has(messageId)) publish({ type, from, text });
      if (messageId && ids.add(messageId)) ws.send(JSON.stringify({ type: 'ack', messageId }));
    });
  });
}

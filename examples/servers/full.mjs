// All guarantees of PROTOCOL.md with nothing but ws, in memory: `node full.mjs 8080`. The application is in app.mjs.
// It lacks bounds on what a client may send or leave unread, and a deadline for silent clients.
import { WebSocketServer } from 'ws';
import { authenticate, handle, refusal } from './app.mjs';

const [streams, links, answers] = [new Map(), new Map(), new Map()];
const wrongWay = ['pong', 'welcome', 'subscribed', 'unsubscribed', 'reset', 'ack', 'nack', 'goaway'];

const stream = (name) => {
  if (!streams.has(name)) streams.set(name, { epoch: crypto.randomUUID(), head: 0, log: [], followers: new Set() });
  return streams.get(name);
};
const publish = (message) => {
  const to = stream(message.channel);
  if (to.log.push({ ...message, seq: ++to.head }) > 1000) to.log.shift();
  for (const send of to.followers) send(to.log.at(-1));
  return to.head;
};
/** Says from where a client continues, replays, and goes on live: in one turn, so that nothing comes in between. */
const follow = (send, { channel, lastSeq, epoch }, hello) => {
  const from = stream(channel);
  const last = /^\d{1,15}$/.test(lastSeq) ? Number(lastSeq) : undefined;
  if (epoch === from.epoch && last > from.head) from.epoch = crypto.randomUUID(); // our numbers went back
  const isKnown = (epoch ?? from.epoch) === from.epoch && last <= from.head;
  const seq = last === undefined ? from.head : Math.max(isKnown ? last : 0, from.head - from.log.length);
  send({ ...hello, channel, epoch: from.epoch, seq, recovered: last === undefined ? undefined : from.head - seq });
  for (const message of from.log.slice(from.log.length - (from.head - seq))) send(message);
  from.followers.add(send);
};
/** The one answer of an id, also while it is still being found. A nack with retry is forgotten. */
const answer = (who, { messageId, ...message }, actions) => {
  const key = JSON.stringify([who, messageId ?? crypto.randomUUID()]);
  if (!answers.has(key)) {
    const failed = (error) => ({ type: 'nack', code: 'failed', message: String(error) });
    answers.set(key, handle(message, messageId, actions).catch(failed));
    const forget = () => answers.delete(key);
    answers.get(key).then(({ retry }) => (retry ? forget() : setTimeout(forget, 660_000).unref())); // ids, and a minute
  }
  return answers.get(key);
};
const revoke = (channel, why) => {
  for (const send of stream(channel).followers) send({ type: 'unsubscribed', channel, ...why });
  stream(channel).followers.clear();
};

const wss = new WebSocketServer({ host: '127.0.0.1', port: Number(process.argv[2] ?? 8080), maxPayload: 65_536 });
wss.on('listening', () => console.log(`listening on ${wss.address().port}`));
wss.on('connection', async (ws, { url }) => {
  const send = (frame) => ws.readyState === ws.OPEN && ws.send(JSON.stringify(frame));
  const goaway = (within) => {
    send({ type: 'goaway', within });
    setTimeout(() => ws.close(1012), within + 100).unref();
  };
  const query = Object.fromEntries(new URLSearchParams(url.split('?')[1]));
  const { code, principal } = authenticate(query.token);
  const who = JSON.stringify([principal, query.client ?? crypto.randomUUID()]);
  const link = { ws, conn: Number(query.conn ?? 0), running: new Set() };
  const older = links.get(who);
  ws.on('error', () => ws.terminate()).on('close', () => {
    for (const { followers } of streams.values()) followers.delete(send);
    if (links.get(who) === link) links.delete(who);
  });
  if (code !== undefined) return ws.close(code);
  if (older?.conn > link.conn) return ws.close(4409, 'a newer connection is there');
  links.set(who, link);
  ws.pause();
  older?.ws.removeAllListeners('message').close(4409, 'taken over');
  await Promise.all(older?.running ?? []); // what it has begun comes to its end
  ws.resume();
  if (links.get(who) !== link) return;
  follow(send, { ...query, channel: undefined }, { type: 'welcome', v: 1, contiguous: true, ids: 600_000 });
  ws.on('message', (data) => {
    let frame;
    try {
      frame = JSON.parse(data);
      JSON.stringify(frame); // nested too deeply it can be read, but not be echoed
    } catch {
      return ws.close(1007);
    }
    const { type, t, channel, ref, token, messageId } = frame ?? {};
    if (typeof type !== 'string') ws.close(1007);
    else if (type === 'ping') send({ type: 'pong', t });
    else if (type === 'auth' && authenticate(token).principal === principal) send({ type: 'ack', messageId });
    else if (type === 'auth') send({ type: 'nack', messageId, code: 'unauthorized', message: 'token refused' });
    else if (type === 'subscribe' || type === 'unsubscribe') {
      const why = refusal(channel);
      stream(channel).followers.delete(send);
      if (type === 'subscribe' && why) send({ type: 'unsubscribed', channel, ref, ...why });
      else if (type === 'subscribe') follow(send, frame, { type: 'subscribed', ref });
    } else if (!wrongWay.includes(type)) {
      const work = answer(who, frame, { publish, stream, revoke, goaway }).then((found) => {
        link.running.delete(work);
        if (messageId !== undefined) send({ ...found, messageId });
      });
      link.running.add(work);
    }
  });
});

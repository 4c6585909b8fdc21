import { type ServerOptions, WebSocketServer } from 'ws';
import { type Frame, parseFrame } from '../frame.js';

export interface OrderServer {
  readonly sockets: WebSocketServer;
  /** What was really ordered. */
  readonly orders: readonly string[];
}

/** @param book Makes the order, and resolves with its number. It may take its time. */
export function startOrderServer(options: ServerOptions, book: (sku: string) => Promise<number>): OrderServer {
  const orders: string[] = [];
  // An id and its answer, from the moment at which it is first seen: what comes again while the first still runs waits
  // for the same answer. A real server keys this by user, stores it with the order, and forgets it after a while.
  const answers = new Map<unknown, Promise<object>>();

  async function order({ sku }: Frame): Promise<object> {
    if (typeof sku !== 'string') return { type: 'nack', code: 'no-sku', message: 'an order needs a sku' };
    const number = await book(sku);
    orders.push(sku);
    return { type: 'ack', data: { number } };
  }

  const sockets = new WebSocketServer(options).on('connection', (ws) => {
    ws.on('error', () => ws.terminate());
    ws.on('message', async (data) => {
      const frame = parseFrame(data);
      if (frame === undefined) return ws.close(1007);
      const { type, t, messageId } = frame;
      if (type === 'ping') ws.send(JSON.stringify({ type: 'pong', t }));
      if (type !== 'order' || messageId === undefined) return;
      const answer = answers.get(messageId) ?? order(frame);
      answers.set(messageId, answer);
      ws.send(JSON.stringify({ ...(await answer), messageId }));
    });
  });
  return { sockets, orders };
}

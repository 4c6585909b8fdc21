import { type ServerOptions, type WebSocket, WebSocketServer } from 'ws';
import { parseFrame } from '../frame.js';
import { type Price, symbols, type Wish } from './wire.js';

/** Sends prices that nobody needs twice: no numbers, no log, no welcome. All it owes the client is a pong. */
export function startPriceServer(options: ServerOptions): WebSocketServer {
  return new WebSocketServer(options).on('connection', (ws) => {
    let watched: readonly string[] = [];
    let sending: ReturnType<typeof setInterval> | undefined;
    ws.on('error', () => ws.terminate());
    ws.on('close', () => clearInterval(sending));
    ws.on('message', (data) => {
      const frame = parseFrame(data);
      if (frame === undefined) return ws.close(1007);
      if (frame.type === 'ping') return ws.send(JSON.stringify({ type: 'pong', t: frame.t }));
      const wish = toWish(frame);
      if (wish?.type === 'watch') watched = wish.symbols;
      if (wish?.type === 'rate') {
        clearInterval(sending);
        sending = setInterval(() => sendPrices(ws, watched), 1_000 / wish.perSecond);
      }
    });
  });
}

function sendPrices(ws: WebSocket, watched: readonly string[]): void {
  for (const symbol of watched) {
    const price: Price = { type: 'price', symbol, bid: 100 + Math.random(), at: Date.now() };
    ws.send(JSON.stringify(price));
  }
}

/** What comes from outside is checked before it is believed. */
function toWish(frame: { readonly [field: string]: unknown }): Wish | undefined {
  if (frame.type === 'watch' && Array.isArray(frame.symbols)) {
    const asked: readonly unknown[] = frame.symbols;
    return { type: 'watch', symbols: symbols.filter((symbol) => asked.includes(symbol)) };
  }
  if (frame.type === 'rate' && typeof frame.perSecond === 'number' && frame.perSecond >= 1 && frame.perSecond <= 20) {
    return { type: 'rate', perSecond: frame.perSecond };
  }
  return undefined;
}

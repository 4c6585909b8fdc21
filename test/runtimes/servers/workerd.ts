import { acceptPair, type PairSocket } from '../../../src/server/crossws/index.js';
import { createApp } from './app.js';

interface Room {
  fetch(request: Request): Promise<Response>;
}
interface Environment {
  readonly COMPANION: { idFromName(name: string): object; get(id: object): Room };
}

declare const WebSocketPair: new () => { readonly 0: WebSocket; readonly 1: PairSocket };

/** The server is made here: outside of an object nothing random is to be had, and no connection may use another's. */
export class Companion {
  readonly #app = createApp();

  async fetch(request: Request): Promise<Response> {
    if (request.headers.get('upgrade') !== 'websocket') return this.#app.answer(request);
    const { 0: client, 1: socket } = new WebSocketPair();
    const headers = acceptPair(this.#app.server, socket, request);
    // Safe: in Workers a response holds the other end.
    return new Response(null, { status: 101, webSocket: client, headers } as ResponseInit);
  }
}

const worker: { fetch(request: Request, environment: Environment): Promise<Response> } = {
  fetch: (request, { COMPANION }) => COMPANION.get(COMPANION.idFromName('one')).fetch(request),
};

export default worker;

import { WebSocket } from 'ws';

/** The class of `ws` for every contestant. An abandoned socket that tells an error must not end the process. */
export class QuietWebSocket extends WebSocket {
  constructor(url: string | URL, protocols?: string | string[]) {
    super(url, protocols);
    this.on('error', () => {});
  }
}

import type { WebSocket, WebSocketServer } from 'ws';
import type { Loss } from './losses.js';
import type { TabStormReport } from './report.js';

/** Sees how many sockets a server has open, and when a lost leader is replaced. */
export class Witness {
  readonly takeovers: { readonly loss: Loss; readonly ms: number }[] = [];
  readonly overlaps: number[] = [];
  most: number = 0;
  connections: number = 0;
  readonly #open = new Set<WebSocket>();
  /** The number of the tab that made the newest one, which it gives as `tab` in the url. */
  leader: number = 0;
  #lost: { readonly loss: Loss; readonly at: number } | undefined;
  #twoSince: number | undefined;

  constructor(sockets: WebSocketServer) {
    sockets.on('connection', (socket, { url = '' }) => {
      const now = performance.now();
      this.connections += 1;
      this.leader = Number(/tab=(\d+)/.exec(url)?.[1]);
      this.#open.add(socket);
      this.most = Math.max(this.most, this.#open.size);
      if (this.#open.size > 1) this.#twoSince ??= now;
      if (this.#lost) this.takeovers.push({ loss: this.#lost.loss, ms: now - this.#lost.at });
      this.#lost = undefined;
      const end = (): void => {
        this.#open.delete(socket);
        if (this.#open.size > 1 || this.#twoSince === undefined) return;
        this.overlaps.push(performance.now() - this.#twoSince);
        this.#twoSince = undefined;
      };
      // What the server has closed it reads no more. That a page which hangs does not answer is not its fault.
      const close = socket.close.bind(socket);
      socket.close = (...frame) => {
        end();
        close(...frame);
      };
      socket.on('close', end);
    });
  }

  /** The leader is lost from here on. */
  lose(loss: Loss): void {
    this.#lost = { loss, at: performance.now() };
  }

  /** No leader is missed. */
  get isCalm(): boolean {
    return this.#lost === undefined;
  }

  report(): Pick<TabStormReport, 'takeovers' | 'overlaps' | 'most' | 'connections'> {
    const { takeovers, overlaps, most, connections } = this;
    return { takeovers, overlaps, most, connections };
  }
}

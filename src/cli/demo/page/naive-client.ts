import type { Tick } from '../api.js';
import type { LinkState, PageClient, PageClientParts } from './link.js';

const BASE_MS = 500;
const MAX_MS = 4_000;
/** How often the application around it logs in anew. */
const TOKEN_EVERY_MS = 8_000;

/**
 * The reconnecting client that everybody writes first: exponential backoff with
 * 30 % of jitter on top. It has no heartbeat, asks for no resume, waits for no
 * ack, drops what is sent while the link is down, and goes on using its token
 * until the application happens to bring another.
 */
export class NaiveClient implements PageClient {
  link: LinkState = { status: 'connecting' };
  readonly #parts: PageClientParts;
  #socket: WebSocket | undefined;
  #token = '';
  #opens = 0;
  #failures = 0;

  constructor(parts: PageClientParts) {
    this.#parts = parts;
    void this.#login().then(() => this.#connect());
    setInterval(() => void this.#login(), TOKEN_EVERY_MS);
  }

  send(number: number): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify({ type: 'note', n: number }));
  }

  async #login(): Promise<void> {
    this.#token = await this.#parts.fetchToken();
  }

  #connect(): void {
    this.link = { status: 'connecting' };
    const socket = new WebSocket(`${this.#parts.url}?token=${this.#token}`);
    this.#socket = socket;
    socket.onopen = () => {
      this.link = { status: 'open' };
      this.#failures = 0;
      this.#opens += 1;
      this.#parts.onOpen(this.#opens === 1);
    };
    socket.onmessage = ({ data }) => {
      const frame: { readonly type: string } = JSON.parse(data);
      if (frame.type === 'tick') this.#parts.onTick((frame as Tick).n); // its type says so
    };
    socket.onclose = ({ code }) => {
      if (this.link.status === 'open') this.#parts.onLost(code === 4401 ? 'token refused' : 'closed');
      this.#retry();
    };
  }

  #retry(): void {
    const delay = Math.min(MAX_MS, BASE_MS * 2 ** this.#failures) * (1 + 0.3 * Math.random());
    this.#failures += 1;
    this.link = { status: 'waiting', retryAt: Date.now() + delay, attempt: this.#failures };
    setTimeout(() => this.#connect(), delay);
  }
}

import { once } from 'node:events';
import { WebSocket } from 'ws';

type Answer = { readonly result?: unknown; readonly error?: { readonly message: string } };
/** An answer has an id, an event a method. */
type Heading = { readonly id?: number; readonly method?: string; readonly sessionId?: string };

/** A connection to the DevTools protocol of a browser: as much of it as is used here. */
export class Cdp {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  readonly #events = new Map<string, () => void>();
  #lastId = 0;

  static async connect(url: string): Promise<Cdp> {
    const socket = new WebSocket(url, { perMessageDeflate: false });
    await once(socket, 'open');
    return new Cdp(socket);
  }

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data) => {
      const { id, method, sessionId, ...answer } = JSON.parse(String(data)) as Answer & Heading;
      if (id === undefined) {
        this.#events.get(`${sessionId} ${method}`)?.();
      } else {
        this.#waiting.get(id)?.(answer);
        this.#waiting.delete(id);
      }
    });
    socket.on('close', () => {
      for (const settle of this.#waiting.values()) settle({ error: { message: 'the browser is gone' } });
    });
  }

  /** Rejects with the method's name if the browser refuses. `T` is what its documentation says it answers. */
  send<T>(method: string, params: object = {}, sessionId?: string): Promise<T> {
    this.#lastId += 1;
    const id = this.#lastId;
    this.#socket.send(JSON.stringify({ id, method, params, sessionId }));
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, ({ result, error }) => {
        if (error) reject(new Error(`${method}: ${error.message}`));
        else resolve(result as T);
      });
    });
  }

  /** The next event of this name in a session; its domain must be enabled. */
  next(event: string, sessionId: string): Promise<void> {
    return new Promise((resolve) => this.#events.set(`${sessionId} ${event}`, resolve));
  }
}

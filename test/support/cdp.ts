import type { Readable, Writable } from 'node:stream';

type Answer = { readonly result?: unknown; readonly error?: { readonly message: string } };
/** An answer has an id, an event a method. */
type Heading = { readonly id?: number; readonly method?: string; readonly sessionId?: string };

const GONE: Answer = { error: { message: 'the browser is gone' } };

/**
 * A connection to the DevTools protocol of a browser: as much of it as is used here. It goes over pipes, which reach a
 * browser also where no network does.
 */
export class Cdp {
  readonly #commands: Writable;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  readonly #events = new Map<string, () => void>();
  #lastId = 0;
  #isGone = false;

  constructor(commands: Writable, answers: Readable) {
    this.#commands = commands;
    let rest = '';
    answers.setEncoding('utf8').on('data', (text: string) => {
      const texts = (rest + text).split('\0');
      rest = texts.pop() ?? '';
      for (const text of texts) this.#read(text);
    });
    answers.on('close', () => {
      this.#isGone = true;
      for (const settle of this.#waiting.values()) settle(GONE);
    });
    // Whoever writes to a browser that is gone hears it from the answer that does not come.
    commands.on('error', () => {});
  }

  /** Rejects with the method's name if the browser refuses. `T` is what its documentation says it answers. */
  send<T>(method: string, params: object = {}, sessionId?: string): Promise<T> {
    this.#lastId += 1;
    const id = this.#lastId;
    this.#commands.write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    return new Promise((resolve, reject) => {
      const settle = ({ result, error }: Answer): void => {
        if (error) reject(new Error(`${method}: ${error.message}`));
        else resolve(result as T);
      };
      if (this.#isGone) settle(GONE);
      else this.#waiting.set(id, settle);
    });
  }

  /** The next event of this name in a session; its domain must be enabled. */
  next(event: string, sessionId: string): Promise<void> {
    return new Promise((resolve) => this.#events.set(`${sessionId} ${event}`, resolve));
  }

  #read(text: string): void {
    const { id, method, sessionId, ...answer } = JSON.parse(text) as Answer & Heading;
    if (id === undefined) {
      this.#events.get(`${sessionId} ${method}`)?.();
    } else {
      this.#waiting.get(id)?.(answer);
      this.#waiting.delete(id);
    }
  }
}

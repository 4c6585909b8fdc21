import { Emitter, type ListenOptions, type Unsubscribe } from './emitter.js';
import { ReliableSocketError } from './errors.js';
import { numberOption } from './policies.js';
import type { Message } from './protocol/frames.js';
import type { MessageOf, TypeOf } from './types.js';

export interface IterateOptions extends ListenOptions {
  /** How many messages may wait for a slow loop. @default 1_000 */
  readonly limit?: number;
}

/** A key that no message type can have. */
const ALL = Symbol('all');

/** The message side of a socket or a channel: listeners by type, and iteration. */
export class Messages<In extends Message> {
  readonly #emitter: Emitter<Record<string | symbol, Message>>;
  readonly #ends: Set<() => void> = new Set();

  constructor(onThrow: (error: unknown) => void) {
    this.#emitter = new Emitter(onThrow);
  }

  on(type: unknown, listener: unknown, options?: ListenOptions): Unsubscribe {
    const [name, run, rest] = typeof type === 'function' ? [ALL, type, listener] : [type, listener, options];
    if (typeof run !== 'function' || (name !== ALL && typeof name !== 'string')) {
      throw new ReliableSocketError('bad-call', `onMessage: got ${typeof type}, wanted (type, listener) or (listener)`);
    }
    // Safe: checked above, and messages are told under their own type only.
    return this.#emitter.on(name as string, run as (message: Message) => void, rest as ListenOptions | undefined);
  }

  tell(message: Message): void {
    this.#emitter.emit(message.type, message);
    this.#emitter.emit(ALL, message);
  }

  /** No more will come: loops end after what they have. */
  end(): void {
    for (const end of this.#ends) end();
  }

  iterate<T extends TypeOf<In>>(
    type?: T,
    { signal, limit = 1_000 }: IterateOptions = {},
  ): AsyncIterableIterator<MessageOf<In, T>> {
    numberOption('messages: limit', limit, 1);
    const waiting: Message[] = [];
    let over: { readonly error?: ReliableSocketError } | undefined;
    const sleepers: (() => void)[] = [];
    const wake = (): void => {
      for (const sleeper of sleepers.splice(0)) sleeper();
    };
    const finish = (error?: ReliableSocketError): void => {
      over ??= error ? { error } : {};
      off();
      this.#ends.delete(end);
      signal?.removeEventListener('abort', end);
      wake();
    };
    const end = (): void => finish();
    const listener = (message: Message): void => {
      if (waiting.length < limit) {
        waiting.push(message);
        return wake();
      }
      const { seq } = message as { readonly seq?: unknown };
      const missed = `"${message.type}"${seq === undefined ? '' : ` with seq ${String(seq)}`}`;
      const text = `messages: ${limit} wait already, missed ${missed} and all that follow`;
      finish(new ReliableSocketError('iterator-overflow', text));
    };
    const off = type === undefined ? this.on(listener, undefined) : this.on(type, listener);
    this.#ends.add(end);
    if (signal?.aborted) end();
    else signal?.addEventListener('abort', end);
    return {
      [Symbol.asyncIterator]() {
        return this;
      },
      next: async () => {
        while (!waiting.length && !over) {
          await new Promise<void>((resolve) => sleepers.push(resolve));
        }
        const message = waiting.shift();
        // Safe: only messages of this type were listened to.
        if (message) return { value: message as unknown as MessageOf<In, T>, done: false };
        const error = over?.error;
        over = {};
        if (error) throw error;
        return { value: undefined, done: true };
      },
      return: async () => {
        waiting.length = 0;
        end();
        return { value: undefined, done: true };
      },
    };
  }
}

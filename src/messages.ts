import { onAbort } from './abort.js';
import { check } from './checks.js';
import { Emitter, type ListenOptions, type Unsubscribe } from './emitter.js';
import { ReliableSocketError } from './errors.js';
import type { Message } from './protocol/frames.js';

export interface IterateOptions extends ListenOptions {
  /** How many messages may wait for a slow loop. @default 1_000 */
  readonly limit?: number | undefined;
}

/** The messages of a socket or a channel: listeners by type, and iteration. `Endpoint` gives both their static types. */
export interface Messages {
  on(type: unknown, listener: unknown, options?: ListenOptions): Unsubscribe;
  tell(message: Message): void;
  /** No more will come: loops end after what they have, with the error if there is one. */
  end(error?: ReliableSocketError): void;
  iterate(type: string | undefined, options?: IterateOptions): AsyncIterableIterator<Message>;
}

/** A key that no message type can have. */
const ALL = Symbol('all');

export const createMessages = (onThrow: (error: unknown, name: string) => void): Messages => {
  // A message may have the type of an event.
  const emitter = new Emitter<Record<string | symbol, Message>>((error) => onThrow(error, 'onMessage'));
  const loops = new Set<(error?: ReliableSocketError) => void>();

  const on = (type: unknown, listener: unknown, options?: ListenOptions): Unsubscribe => {
    const [name, run, rest] = typeof type === 'function' ? [ALL, type, listener] : [type, listener, options];
    if (name !== ALL && typeof name !== 'string') {
      throw new ReliableSocketError('bad-call', `onMessage: got ${typeof type}, wanted (type, listener) or (listener)`);
    }
    // Safe: one checked above, the other there, and messages are told under their own type only.
    return emitter.on(name as string, run as (message: Message) => void, rest as ListenOptions | undefined);
  };

  return {
    on,
    tell(message) {
      emitter.emit(message.type, message);
      emitter.emit(ALL, message);
    },
    end(error) {
      for (const end of loops) end(error);
    },
    iterate(type, { signal, limit = 1_000 } = {}) {
      check('messages: limit', limit, 1);
      const waiting: Message[] = [];
      /** Who asked while nothing waited, in the order of asking. */
      const sleepers: ((next: Promise<IteratorResult<Message>>) => void)[] = [];
      let over: { error?: ReliableSocketError } | undefined;
      const take = async (): Promise<IteratorResult<Message>> => {
        const value = waiting.shift();
        if (value) return { value, done: false };
        const error = over?.error;
        over = {};
        if (error) throw error;
        return { value, done: true };
      };
      const wake = (): void => {
        for (const sleeper of sleepers.splice(0, over ? Infinity : 1)) sleeper(take());
      };
      const end = (error?: ReliableSocketError): void => {
        over ??= error ? { error } : {};
        off();
        loops.delete(end);
        forget();
        wake();
      };
      const stop = (): void => end();
      const listener = (message: Message): void => {
        if (waiting.push(message) <= limit) return wake();
        waiting.pop();
        const { seq } = message as { readonly seq?: unknown };
        const missed = `"${message.type}"${seq === undefined ? '' : ` with seq ${String(seq)}`}`;
        end(new ReliableSocketError('iterator-overflow', `messages: ${limit} wait, missed ${missed} and what follows`));
      };
      const off = type === undefined ? on(listener, {}) : on(type, listener);
      loops.add(end);
      const forget = onAbort(signal, stop);
      if (signal?.aborted) stop();
      return {
        [Symbol.asyncIterator]() {
          return this;
        },
        next: () => (waiting.length || over ? take() : new Promise((resolve) => sleepers.push(resolve))),
        async return() {
          waiting.length = 0;
          end();
          return { value: undefined, done: true };
        },
      };
    },
  };
};

import type { Emitter, ListenOptions, Unsubscribe } from './emitter.js';
import type { IterateOptions, Messages } from './messages.js';
import type { Message } from './protocol/frames.js';
import type { Receipt } from './receipt.js';
import type { RequestOptions, SendOptions } from './socket-types.js';
import type { MessageOf, Outgoing, TypeOf } from './types.js';

/** What is heard at one end of a stream. */
export interface Ends<Events extends object> {
  /** Undefined for the default stream. */
  readonly channel?: string;
  readonly messages: Messages;
  readonly events: Emitter<Events>;
  /** Somebody listens to messages here from now on. */
  join(): void;
}

/** What an endpoint needs of the shell. */
export interface Host {
  send(message: Message, channel: string | undefined, options: SendOptions | undefined): Receipt;
  request(message: Message, channel: string | undefined, options: RequestOptions | undefined): Promise<unknown>;
}

/** One end of a stream: what the socket, which is the default stream, and the handles on channels have in common. */
export class Endpoint<In extends Message, Out extends Message, Events extends object> {
  readonly #host: Host;
  readonly #ends: Ends<Events>;

  /** @internal */
  constructor(host: Host, ends: Ends<Events>) {
    this.#host = host;
    this.#ends = ends;
  }

  /**
   * Sends a message as its type's policy says. The receipt tells at once what became of it (`status`), and later how it
   * ended (`await receipt.settled`).
   *
   * @throws ReliableSocketError `bad-message` (reserved type or field, not serialisable), `duplicate-id`, `bad-option`
   */
  send(message: Outgoing<Out>, options?: SendOptions): Receipt {
    return this.#host.send(message, this.#ends.channel, options);
  }

  /**
   * Sends a message that the server answers with an `ack`, and resolves with the ack's `data`. Sent again with the same
   * id until then; rejects with `timeout` if it was never written, and `outcome-unknown` if it was. `Answer` is your own
   * claim about `data`, which nobody checks.
   */
  request<Answer = unknown>(message: Outgoing<Out>, options?: RequestOptions): Promise<Answer> {
    // Safe as far as the caller's claim is.
    return this.#host.request(message, this.#ends.channel, options) as Promise<Answer>;
  }

  /** Listens to messages of one type, or to all. They come as decoded, `seq` and `channel` included. */
  onMessage<T extends TypeOf<In>>(
    type: T,
    listener: (message: MessageOf<In, T>) => void,
    options?: ListenOptions,
  ): Unsubscribe;
  onMessage(listener: (message: In) => void, options?: ListenOptions): Unsubscribe;
  onMessage(type: unknown, listener: unknown, options?: ListenOptions): Unsubscribe {
    const off = this.#ends.messages.on(type, listener, options);
    this.#ends.join();
    return off;
  }

  /**
   * Messages as an async iterable, from now on. A loop that falls `limit` messages behind gets those and then the error
   * `iterator-overflow`, which names the first one missed; nothing is skipped in silence. Ends with `close()`.
   */
  messages<T extends TypeOf<In>>(type?: T, options?: IterateOptions): AsyncIterableIterator<MessageOf<In, T>> {
    const iterator = this.#ends.messages.iterate(type, options);
    this.#ends.join();
    // Safe: only messages of this type are iterated, and what messages look like is the user's own claim.
    return iterator as AsyncIterableIterator<unknown> as AsyncIterableIterator<MessageOf<In, T>>;
  }

  /** Listens to the life of the stream or the conversation. Never mixed with messages. */
  on<Name extends keyof Events>(
    name: Name,
    listener: (event: Events[Name]) => void,
    options?: ListenOptions,
  ): Unsubscribe {
    return this.#ends.events.on(name, listener, options);
  }
}

import type { ChannelState, Gap } from './core/io.js';
import { Emitter, type ListenOptions, type Unsubscribe } from './emitter.js';
import { ReliableSocketError } from './errors.js';
import { type IterateOptions, Messages } from './messages.js';
import type { Message } from './protocol/frames.js';
import type { Receipt } from './receipt.js';
import type { RequestOptions, SendOptions } from './socket-types.js';
import type { MessageOf, Outgoing, TypeOf } from './types.js';

export interface ChannelEvents {
  /** Messages of this channel are missing. */
  gap: Gap;
  /** The subscription's state, as a new snapshot. */
  state: ChannelState;
}

/** What a channel needs of its socket. */
export interface ChannelHost {
  send(channel: string, message: Message, options?: SendOptions): Receipt;
  request(channel: string, message: Message, options?: RequestOptions): Promise<unknown>;
  /** A handle has its first listener, or none any more. */
  join(channel: Channel<Message, Message>): void;
  leave(channel: Channel<Message, Message>): void;
  stateOf(channel: string): ChannelState;
  onThrow(error: unknown): void;
}

/**
 * A handle on one stream of the server's: its own cursor, its own gaps, over the same socket. It subscribes with its
 * first message listener and again by itself after every reconnect. Several handles on one name share the subscription.
 */
export class Channel<In extends Message, Out extends Message> {
  readonly name: string;
  readonly #host: ChannelHost;
  readonly #messages: Messages<In>;
  readonly #emitter: Emitter<ChannelEvents>;
  #use: 'unused' | 'joined' | 'closed' = 'unused';

  /** @internal use `socket.channel(name)` */
  constructor(name: string, host: ChannelHost) {
    this.name = name;
    this.#host = host;
    this.#messages = new Messages(host.onThrow);
    this.#emitter = new Emitter(host.onThrow);
  }

  get state(): ChannelState {
    return this.#host.stateOf(this.name);
  }

  send<M extends Out>(message: M & Outgoing<M>, options?: SendOptions): Receipt {
    return this.#host.send(this.name, message, options);
  }

  request<M extends Out>(message: M & Outgoing<M>, options?: RequestOptions): Promise<unknown> {
    return this.#host.request(this.name, message, options);
  }

  onMessage<T extends TypeOf<In>>(
    type: T,
    listener: (message: MessageOf<In, T>) => void,
    options?: ListenOptions,
  ): Unsubscribe;
  onMessage(listener: (message: In) => void, options?: ListenOptions): Unsubscribe;
  onMessage(type: unknown, listener: unknown, options?: ListenOptions): Unsubscribe {
    const off = this.#messages.on(type, listener, options);
    this.#join();
    return off;
  }

  /** See `ReliableSocket.messages`. */
  messages<T extends TypeOf<In>>(type?: T, options?: IterateOptions): AsyncIterableIterator<MessageOf<In, T>> {
    const iterator = this.#messages.iterate(type, options);
    this.#join();
    return iterator;
  }

  on<Name extends keyof ChannelEvents>(
    name: Name,
    listener: (event: ChannelEvents[Name]) => void,
    options?: ListenOptions,
  ): Unsubscribe {
    return this.#emitter.on(name, listener, options);
  }

  /** Ends this handle; the last one of its name unsubscribes. Messages that were sent go on. */
  close(): void {
    if (this.#use === 'joined') this.#host.leave(this as unknown as Channel<Message, Message>); // safe: only compared
    this.#use = 'closed';
    this.#messages.end();
  }

  /** @internal */
  tellMessage(message: In): void {
    if (this.#use !== 'closed') this.#messages.tell(message);
  }

  /** @internal */
  tell<Name extends keyof ChannelEvents>(name: Name, event: ChannelEvents[Name]): void {
    if (this.#use !== 'closed') this.#emitter.emit(name, event);
  }

  #join(): void {
    if (this.#use === 'closed') {
      throw new ReliableSocketError('bad-call', `channel "${this.name}": this handle is closed, wanted a new one`);
    }
    if (this.#use === 'joined') return;
    this.#use = 'joined';
    this.#host.join(this as unknown as Channel<Message, Message>); // safe: told only messages of its own stream
  }
}

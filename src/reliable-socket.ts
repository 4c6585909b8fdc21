import type { Channel } from './channel.js';
import { ChannelHandles } from './channel-handles.js';
import type { Policy } from './core/io.js';
import { Emitter, type ListenOptions, type Unsubscribe } from './emitter.js';
import { createEntry } from './entry.js';
import { byteLength, createEnvironment, type Environment } from './environment.js';
import { ReliableSocketError } from './errors.js';
import { type IterateOptions, Messages } from './messages.js';
import { type ReliableSocketOptions, type ResolvedOptions, resolveOptions, type UrlProvider } from './options.js';
import { Outbox } from './outbox.js';
import { numberOption } from './policies.js';
import type { Message } from './protocol/frames.js';
import { createReceipt, type Receipt } from './receipt.js';
import { request } from './request.js';
import { Shell } from './shell.js';
import type {
  CloseOptions,
  RequestOptions,
  SendOptions,
  SocketEvents,
  SocketState,
  SocketStats,
} from './socket-types.js';
import type { StoredMessage } from './store.js';
import type { AnyMessage, MessageOf, Outgoing, TypeOf } from './types.js';

/**
 * One conversation with a server over one WebSocket at a time: reconnects, resumes, queues, and tells what it can not
 * keep. See README for the options and docs/GUARANTEES.md for what is promised with which.
 *
 * The first connection is attempted in a microtask after construction, so that listeners can be added before.
 *
 * @throws ReliableSocketError `bad-url`, `bad-option`
 */
export class ReliableSocket<In extends Message = AnyMessage, Out extends Message = AnyMessage> {
  /** What was sent and is not proved. */
  readonly outbox: Outbox;
  readonly #resolved: ResolvedOptions;
  readonly #environment: Environment;
  readonly #shell: Shell<In, Out>;
  readonly #messages: Messages<In>;
  readonly #events: Emitter<SocketEvents>;
  readonly #channels: ChannelHandles;
  readonly #clientId: string;
  #nextId = 0;
  #ready: Promise<void> | undefined;

  constructor(url: UrlProvider, options: ReliableSocketOptions<In, Out> = {}) {
    const onThrow = (error: unknown, name?: string): void => {
      // A listener for errors that throws would be told of its own error for ever.
      if (name !== 'error') this.#shell.tellError('listener-threw', 'a listener threw', error);
    };
    this.#environment = createEnvironment(options.environment);
    this.#clientId = this.#environment.instanceId();
    this.#resolved = resolveOptions(options, this.#clientId, typeof url === 'function');
    this.#messages = new Messages(onThrow);
    this.#events = new Emitter(onThrow);
    this.#channels = new ChannelHandles(
      {
        send: (channel, message, options) => this.#send(message, channel, options),
        request: (channel, message, options) => this.#request(message, channel, options),
        onThrow,
      },
      (type, channel) => {
        this.#shell.run({ type, channel });
        this.#wake();
      },
    );
    const audience = { messages: this.#messages, channels: this.#channels, events: this.#events };
    this.#shell = new Shell(url, options, this.#resolved, this.#environment, audience);
    this.outbox = new Outbox(this.#shell.session.traffic.outbound.queue, (input) => this.#shell.run(input));
    Promise.resolve().then(() => this.#shell.durability.load((stored) => this.#start(stored)));
  }

  /** An immutable snapshot; a new object after each change, so that it can be compared by identity. */
  get state(): SocketState {
    return this.#shell.state;
  }

  /**
   * Sends a message as its type's policy says. The receipt tells at once what became of it, and later how it ended.
   *
   * @throws ReliableSocketError `bad-message` (reserved type or field, not serialisable), `duplicate-id`, `bad-option`
   */
  send<M extends Out>(message: M & Outgoing<M>, options?: SendOptions): Receipt {
    return this.#send(message, undefined, options);
  }

  /**
   * Sends a message that the server answers with an `ack`, and resolves with the ack's `data`. Sent again with the same
   * id until then; rejects with `timeout` if it was never written, and `outcome-unknown` if it was.
   */
  request<M extends Out>(message: M & Outgoing<M>, options?: RequestOptions): Promise<unknown> {
    return this.#request(message, undefined, options);
  }

  /** Listens to messages of one type, or to all. They come as decoded, `seq` included. */
  onMessage<T extends TypeOf<In>>(
    type: T,
    listener: (message: MessageOf<In, T>) => void,
    options?: ListenOptions,
  ): Unsubscribe;
  onMessage(listener: (message: In) => void, options?: ListenOptions): Unsubscribe;
  onMessage(type: unknown, listener: unknown, options?: ListenOptions): Unsubscribe {
    return this.#messages.on(type, listener, options);
  }

  /**
   * Messages as an async iterable, from now on. A loop that falls `limit` messages behind gets those and then the error
   * `iterator-overflow`, which names the first one missed; nothing is skipped in silence. Ends with `close()`.
   */
  messages<T extends TypeOf<In>>(type?: T, options?: IterateOptions): AsyncIterableIterator<MessageOf<In, T>> {
    return this.#messages.iterate(type, options);
  }

  /** Listens to the life of the conversation. Never mixed with messages. */
  on<Name extends keyof SocketEvents>(
    name: Name,
    listener: (event: SocketEvents[Name]) => void,
    options?: ListenOptions,
  ): Unsubscribe {
    return this.#events.on(name, listener, options);
  }

  /** A handle on one stream of its own over the same socket. */
  channel<ChannelIn extends Message = In, ChannelOut extends Message = Out>(
    name: string,
  ): Channel<ChannelIn, ChannelOut> {
    if (typeof name !== 'string' || !name) {
      throw new ReliableSocketError('bad-call', `channel: the name is ${String(name)}, wanted a string with content`);
    }
    return this.#channels.create(name);
  }

  /** Connects if nothing else is under way: from the start with `lazy`, or again after `closed`. */
  connect(): void {
    this.#shell.run({ type: 'connect' });
  }

  /** Connects anew in any state, at once, with the backoff and the count of refused tokens started afresh. */
  reconnect(): void {
    this.#shell.run({ type: 'reconnect' });
  }

  /** Resolves when the connection is open; rejects when the conversation is closed or the signal aborts. */
  opened({ signal }: ListenOptions = {}): Promise<void> {
    this.#wake();
    return new Promise((resolve, reject) => {
      const end = (then: () => void): void => {
        off();
        signal?.removeEventListener('abort', abort);
        then();
      };
      const abort = (): void => {
        end(() =>
          reject(new ReliableSocketError('aborted', 'opened: the signal was aborted', { cause: signal?.reason })),
        );
      };
      const look = (state: SocketState): void => {
        if (state.status === 'open') end(resolve);
        if (state.status !== 'closed') return;
        const error = state.error ?? new ReliableSocketError('closed', 'opened: the conversation was closed');
        end(() => reject(error));
      };
      const off = this.#events.on('state', look);
      signal?.addEventListener('abort', abort);
      if (signal?.aborted) abort();
      else look(this.#shell.state);
    });
  }

  /** Resolves when less than half of the queue's bounds and of the high-water mark is taken. */
  get ready(): Promise<void> {
    this.#ready ??= new Promise((resolve) => {
      this.#shell.whenReady(() => {
        this.#ready = undefined;
        resolve();
      });
    });
    return this.#ready;
  }

  /**
   * Ends the conversation: settles every message, says goodbye, and waits for the peer no longer than a second.
   * `connect()` begins a new one.
   *
   * @throws ReliableSocketError `bad-call` for a code other than 1000 and 3000 to 4999, or a reason over 123 bytes
   */
  async close({ code = 1000, reason = '', drain = 0 }: CloseOptions = {}): Promise<void> {
    if (code !== 1000 && !(code >= 3000 && code <= 4999)) {
      throw new ReliableSocketError('bad-call', `close: the code is ${code}, wanted 1000 or 3000 to 4999`);
    }
    if (byteLength(reason) > 123) {
      throw new ReliableSocketError(
        'bad-call',
        `close: the reason has ${byteLength(reason)} bytes, wanted 123 at most`,
      );
    }
    this.#shell.run({ type: 'close', code, reason, drain: drain === true ? 10_000 : Number(drain) });
    if (this.#shell.state.status === 'closed') return;
    await new Promise<void>((resolve) => {
      let last = this.#shell.state.status;
      const off = this.#events.on('state', ({ status }) => {
        // A connect() in the meantime begins another conversation; this one is over as well.
        const revived = last === 'closing' && status === 'connecting';
        last = status;
        if (status !== 'closed' && !revived) return;
        off();
        resolve();
      });
    });
  }

  /** For `await using`. In a runtime without `Symbol.asyncDispose` this is a method that nobody finds. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Figures for a status page or a log. */
  stats(): SocketStats {
    const { session, transport, counts } = this.#shell;
    const { outbound, heartbeat, recovered } = session.traffic;
    return {
      ...counts,
      ...outbound.counts,
      roundTrip: heartbeat.roundTrip(),
      received: transport.received.frames,
      bytesReceived: transport.received.bytes,
      recovered: recovered(),
    };
  }

  #start(stored: readonly StoredMessage[]): void {
    const entries = stored.map(({ id, message, channel, createdAt }) => {
      const policy = this.#resolved.policyOf(message.type);
      const entry = createEntry({ id, message, channel, policy, ttl: undefined, now: createdAt }, this.#protocol);
      // It may have been written in that life: what is not sure is not said.
      entry.firstWrittenAt = createdAt;
      return entry;
    });
    if (entries.length) this.#shell.run({ type: 'restore', entries });
    if (!this.#resolved.lazy && this.#shell.state.status === 'idle') this.connect();
  }

  /** A lazy socket connects when it is needed. */
  #wake(): void {
    if (this.#resolved.lazy && this.#shell.state.status === 'idle') this.connect();
  }

  get #protocol(): ResolvedOptions['session']['protocol'] {
    return this.#resolved.session.protocol;
  }

  #request(message: Message, channel: string | undefined, options: RequestOptions = {}): Promise<unknown> {
    const { timeout = this.#resolved.requestTimeout, ...rest } = options;
    numberOption('request: timeout', timeout, 1);
    const policy = this.#resolved.requestPolicyOf(message?.type);
    return request(() => this.#send(message, channel, { ...rest, ttl: timeout }, policy), message, options.signal);
  }

  #send(message: Message, channel: string | undefined, options: SendOptions = {}, asked?: Policy): Receipt {
    const { id = `${this.#clientId}-${++this.#nextId}`, ttl, signal } = options;
    if (ttl !== undefined) numberOption('send: ttl', ttl, 0);
    const { queue } = this.#shell.session.traffic.outbound;
    if (queue.find(id)) {
      throw new ReliableSocketError('duplicate-id', `send: id "${id}" is under way, wanted a new one`, { id });
    }
    const policy = asked ?? this.#resolved.policyOf(message?.type);
    const entry = createEntry({ id, message, channel, policy, ttl, now: this.#environment.now() }, this.#protocol);
    const cancel = (): void => this.#shell.run({ type: 'cancel', id });
    if (signal?.aborted) {
      entry.status = 'rejected';
      entry.fate.ending = { outcome: 'cancelled', reason: 'aborted' };
      this.#events.emit('undelivered', { id, message, channel, outcome: 'cancelled', reason: 'aborted' });
    } else {
      this.#shell.run({ type: 'send', entry });
      this.#wake();
    }
    const receipt = createReceipt(entry, this.#shell.durability.keep(entry), cancel);
    if (signal && !entry.fate.ending) {
      signal.addEventListener('abort', cancel);
      receipt.settled.then(() => signal.removeEventListener('abort', cancel));
    }
    return receipt;
  }
}

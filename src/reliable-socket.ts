import { onAbort } from './abort.js';
import { Channel, type ChannelHost } from './channel.js';
import { check, checkId } from './checks.js';
import { checkContinuation } from './continuation.js';
import type { Continuation, Entry, Policy } from './core/io.js';
import type { ListenOptions } from './emitter.js';
import { Endpoint } from './endpoint.js';
import { OutboundEntry } from './entry.js';
import { byteLength, createEnvironment } from './environment.js';
import { ReliableSocketError } from './errors.js';
import { opened } from './opened.js';
import { type ReliableSocketOptions, resolveOptions, type UrlProvider } from './options.js';
import { Outbox } from './outbox.js';
import type { Message } from './protocol/frames.js';
import { EntryReceipt, type Receipt } from './receipt.js';
import { request } from './request.js';
import { createShell, type Shell } from './shell.js';
import type { CloseOptions, SendOptions, SocketEvents, SocketState, SocketStats } from './socket-types.js';
import type { AnyMessage } from './types.js';

/**
 * One conversation with a server over one WebSocket at a time: reconnects, resumes, queues, and tells what it can not
 * keep. See README for the options and docs/GUARANTEES.md for what is promised with which.
 *
 * The first connection is attempted in a microtask after construction, so that listeners can be added before. With
 * `connect: { lazy: true }` nothing happens before the first call that needs a connection.
 *
 * @example
 * const socket = new ReliableSocket<Incoming, Outgoing>('wss://example.com/live', {
 *   policies: { order: queue({ ack: 'message' }) },
 * });
 * socket.onMessage('chat', (message) => console.log(message.text));
 * const { outcome } = await socket.send({ type: 'order', sku: 'A1' }).settled;
 *
 * @throws ReliableSocketError `bad-url`, `bad-option`
 */
export class ReliableSocket<In extends Message = AnyMessage, Out extends Message = AnyMessage> extends Endpoint<
  In,
  Out,
  SocketEvents
> {
  /** What was sent and is not proved. */
  readonly outbox: Outbox;
  readonly #shell: Shell;
  readonly #host: ChannelHost;

  constructor(url: UrlProvider, options: ReliableSocketOptions<In, Out> = {}) {
    const environment = createEnvironment(options.environment);
    const clientId = environment.instanceId();
    const resolved = resolveOptions(options, clientId, typeof url === 'function');
    const { policyOf, requestPolicyOf, requestTimeout } = resolved;
    const { protocol } = resolved.session;
    const shell = createShell(url, options, resolved, environment);
    const { durability, listeners, run, session, wake } = shell;
    const { queue } = session.traffic.outbound;
    let lastId = 0;
    const maker = { protocol, newId: () => `${clientId}-${++lastId}` };

    /** The id of a message that has left may be another one's by now. */
    const cancel = (entry: Entry): void => {
      if (queue.find(entry.id) === entry) run({ type: 'cancel', id: entry.id });
    };
    const send = (
      message: Message,
      channel: string | undefined,
      options: SendOptions = {},
      asked?: Policy,
    ): Receipt => {
      const { id, ttl, signal, since } = options;
      if (since !== undefined) check('send: since', since, 0);
      if (ttl !== undefined) check('send: ttl', ttl, 0);
      // Only an id of the application's may be in use already.
      if (id !== undefined) checkId(id, queue.find);
      const policy = asked ?? policyOf(message?.type);
      const now = environment.now();
      const entry = new OutboundEntry(maker, id, message, channel, policy, since ?? now, ttl);
      entry.firstWrittenAt = since;
      if (signal?.aborted) {
        run({ type: 'refuse', entry, outcome: 'cancelled', reason: 'aborted' });
      } else {
        run({ type: 'send', entry }, now);
        wake();
      }
      const receipt = new EntryReceipt(entry, durability.keep(entry), cancel);
      if (signal && !entry.ending) receipt.settled.then(onAbort(signal, () => cancel(entry)));
      return receipt;
    };
    const host = {
      send,
      async request(
        message: Message,
        channel?: string,
        { timeout = requestTimeout, ...rest }: SendOptions & { timeout?: number } = {},
      ) {
        check('request: timeout', timeout, 1);
        const policy = requestPolicyOf(message?.type);
        return request(send(message, channel, { ...rest, ttl: timeout }, policy), message, rest.signal);
      },
      ...listeners,
    };
    super(host, listeners.ends);
    this.#shell = shell;
    this.#host = host;
    this.outbox = new Outbox(queue, run);
  }

  /** An immutable snapshot; a new object after each change, so that it can be compared by identity. */
  get state(): SocketState {
    return this.#shell.state();
  }

  /** A handle on one stream of its own over the same socket. It subscribes at its first message listener; `close()` it in the end. */
  channel<ChannelIn extends Message = In, ChannelOut extends Message = Out>(
    name: string,
  ): Channel<ChannelIn, ChannelOut> {
    return new Channel(this.#host, name);
  }

  /** Connects if nothing else is under way: from the start with `lazy`, or again after `closed`. In all other states it does nothing. */
  connect(): void {
    this.#shell.revive('connect');
  }

  /**
   * Connects anew in any state, at once, with the backoff and the count of refused tokens started afresh. A token that is
   * still good is used again: for another user call `close()`, then `connect()`.
   */
  reconnect(): void {
    this.#shell.revive('reconnect');
  }

  /** Resolves when the connection is open; rejects when the conversation is closed or the signal aborts. */
  opened(options: ListenOptions = {}): Promise<void> {
    this.#shell.wake();
    return opened(this, options);
  }

  /** Resolves when there is room to send: when less than half of the queue's bounds and of the high-water mark is taken. */
  get ready(): Promise<void> {
    return new Promise((resolve) => this.#shell.whenReady(resolve));
  }

  /**
   * Ends the conversation: settles every message, forgets the token, says goodbye, and waits for the peer no longer than a
   * second. `connect()` begins a new one.
   *
   * Rejects with `bad-call` for a code other than 1000 and 3000 to 4999, or a reason over 123 bytes, and with `bad-option` for a
   * `drain` that is no time.
   */
  async close({ code = 1000, reason = '', drain = 0 }: CloseOptions = {}): Promise<void> {
    if (code !== 1000 && !(code >= 3000 && code <= 4999)) {
      throw new ReliableSocketError('bad-call', `close: the code is ${code}, wanted 1000 or 3000 to 4999`);
    }
    const length = byteLength(reason);
    if (length > 123) {
      throw new ReliableSocketError('bad-call', `close: the reason has ${length} bytes, wanted 123 at most`);
    }
    check('close: drain', +drain, 0);
    // In the task that made the socket its first attempt has not begun.
    if (drain && this.outbox.size && this.state.status === 'idle') this.connect();
    // Before it is run: a listener may begin the next conversation in there.
    const over = new Promise<void>((resolve) => this.#shell.whenOver(resolve));
    this.#shell.run({ type: 'close', code, reason, drain: drain === true ? 10_000 : +drain });
    if (this.state.status !== 'closed') await over;
    await this.#shell.durability.ended();
  }

  /** For `await using`. In a runtime without `Symbol.asyncDispose` this is a method that nobody finds. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Where the conversation stands, as a copy with which another instance can go on: for a store or another tab. */
  continuation(): Continuation {
    return this.#shell.session.continuation();
  }

  /**
   * Goes on where another instance stood, as the same `client` to the server and with its cursors. Call it right after
   * construction, since the first connection is attempted in a microtask. What the other one sent is not handed over; send it
   * again with its `id`.
   *
   * @throws ReliableSocketError `bad-call` for what is no continuation, or once a connection was tried
   */
  adopt(continuation: Continuation): void {
    checkContinuation(continuation);
    if (!this.#shell.session.adopt(continuation)) {
      throw new ReliableSocketError('bad-call', `adopt: the state is ${this.state.status}, wanted a new socket`);
    }
  }

  /** Figures for a status page or a log. */
  stats(): SocketStats {
    const { session, transport, counts } = this.#shell;
    const { outbound, heartbeat, recovered } = session.traffic;
    return {
      ...counts,
      ...outbound.counts,
      ...transport.counts,
      roundTrip: heartbeat.roundTrip(),
      recovered: recovered(),
    };
  }
}

import type { ChannelState, Gap } from './core/io.js';
import { Endpoint, type Ends, type Host } from './endpoint.js';
import { ReliableSocketError } from './errors.js';
import type { Message } from './protocol/frames.js';

/** Told to the handles that listen to messages: one that only waits for these has no part in the subscription. */
export interface ChannelEvents {
  /** Messages of this channel are missing. */
  gap: Gap;
  /** The subscription's state, as a new snapshot. */
  state: ChannelState;
}

export const CHANNEL_EVENTS: readonly (keyof ChannelEvents)[] = ['gap', 'state'];

/** What a channel needs of the shell. */
export interface ChannelHost extends Host<ChannelEvents> {
  newHandle(): Ends<ChannelEvents>;
  leave(channel: string, ends: Ends<ChannelEvents>): void;
  stateOf(channel: string): ChannelState;
}

/**
 * A handle on one stream of the server's: its own cursor, its own gaps, over the same socket. It subscribes with its
 * first message listener and again by itself after every reconnect. Several handles on one name share the subscription.
 */
export class Channel<In extends Message, Out extends Message> extends Endpoint<In, Out, ChannelEvents> {
  readonly name: string;
  readonly #host: ChannelHost;
  readonly #ends: Ends<ChannelEvents>;

  /** @internal use `socket.channel(name)` */
  constructor(host: ChannelHost, name: string) {
    if (typeof name !== 'string' || !name) {
      throw new ReliableSocketError('bad-call', `channel: the name is ${String(name)}, wanted a string with content`);
    }
    const ends = host.newHandle();
    super(host, ends, name);
    this.name = name;
    this.#host = host;
    this.#ends = ends;
  }

  get state(): ChannelState {
    return this.#host.stateOf(this.name);
  }

  /** Ends this handle; the last one of its name unsubscribes. Messages that were sent go on. */
  close(): void {
    this.#host.leave(this.name, this.#ends);
  }
}

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

/** One handle's part in the subscription. */
export interface Handle extends Ends<ChannelEvents> {
  state(): ChannelState;
  close(): void;
}

/** What a channel needs of the shell. */
export interface ChannelHost extends Host {
  newHandle(channel: string): Handle;
}

/**
 * A handle on one stream of the server's: its own cursor, its own gaps, over the same socket. It subscribes with its
 * first message listener and again by itself after every reconnect. Several handles on one name share the subscription.
 */
export class Channel<In extends Message, Out extends Message> extends Endpoint<In, Out, ChannelEvents> {
  readonly name: string;
  readonly #handle: Handle;

  /** @internal use `socket.channel(name)` */
  constructor(host: ChannelHost, name: string) {
    if (typeof name !== 'string' || !name) {
      throw new ReliableSocketError('bad-call', `channel: the name is ${String(name)}, wanted a string with content`);
    }
    const handle = host.newHandle(name);
    super(host, handle);
    this.name = name;
    this.#handle = handle;
  }

  get state(): ChannelState {
    return this.#handle.state();
  }

  /** Ends this handle; the last one of its name unsubscribes. Messages that were sent go on. */
  close(): void {
    this.#handle.close();
  }
}

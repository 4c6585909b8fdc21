import { Channel, type ChannelHost } from './channel.js';
import type { ChannelState, Gap } from './core/io.js';
import type { Message } from './protocol/frames.js';

type Handle = Channel<Message, Message>;

/** All handles that listen, by channel; the first of a name subscribes and the last one unsubscribes. */
export class ChannelHandles {
  readonly #byName: Map<string, Set<Handle>> = new Map();
  readonly #states: Map<string, ChannelState> = new Map();
  readonly #host: ChannelHost;

  constructor(
    host: Omit<ChannelHost, 'join' | 'leave' | 'stateOf'>,
    change: (type: 'subscribe' | 'unsubscribe', channel: string) => void,
  ) {
    this.#host = {
      ...host,
      join: (handle) => {
        const handles = this.#byName.get(handle.name) ?? new Set();
        this.#byName.set(handle.name, handles.add(handle));
        if (handles.size > 1) return;
        this.#states.set(handle.name, { status: 'subscribing' });
        change('subscribe', handle.name);
      },
      leave: (handle) => {
        const handles = this.#byName.get(handle.name);
        if (!handles?.delete(handle) || handles.size) return;
        this.#byName.delete(handle.name);
        this.#states.delete(handle.name);
        change('unsubscribe', handle.name);
      },
      stateOf: (channel) => this.#states.get(channel) ?? { status: 'idle' },
    };
  }

  create<In extends Message, Out extends Message>(name: string): Channel<In, Out> {
    return new Channel<In, Out>(name, this.#host);
  }

  tellMessage(channel: string, message: Message): void {
    for (const handle of this.#of(channel)) handle.tellMessage(message);
  }

  tellGap(channel: string, gap: Gap): void {
    for (const handle of this.#of(channel)) handle.tell('gap', gap);
  }

  tellState(channel: string, state: ChannelState): void {
    if (this.#byName.has(channel)) this.#states.set(channel, Object.freeze(state));
    for (const handle of this.#of(channel)) handle.tell('state', state);
  }

  #of(channel: string): readonly Handle[] {
    return [...(this.#byName.get(channel) ?? [])];
  }
}

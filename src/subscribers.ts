import type { ChannelEvents } from './channel.js';
import type { ChannelState } from './core/io.js';
import type { Ends } from './endpoint.js';
import { ReliableSocketError } from './errors.js';

type Handle = Ends<ChannelEvents>;

/** Which handles listen to which channel: the first of a name subscribes and the last one unsubscribes. */
export interface Subscribers {
  of(channel: string): readonly Handle[];
  join(channel: string, handle: Handle): void;
  leave(channel: string, handle: Handle): void;
  stateOf(channel: string): ChannelState;
  tellState(news: { readonly channel: string; readonly state: ChannelState; readonly over: boolean }): void;
  /** The conversation is over. */
  end(): void;
}

const IDLE: ChannelState = Object.freeze({ status: 'idle' });

export const createSubscribers = (
  change: (type: 'subscribe' | 'unsubscribe', channel: string) => void,
): Subscribers => {
  const channels = new Map<
    string,
    { readonly handles: Set<Handle>; state: ChannelState; over?: ReliableSocketError }
  >();
  const closed = new WeakSet<Handle>();
  const of = (channel: string): readonly Handle[] => [...(channels.get(channel)?.handles ?? [])];
  return {
    of,
    join(name, handle) {
      if (closed.has(handle)) {
        throw new ReliableSocketError('bad-call', `channel "${name}": this handle is closed, wanted a new one`);
      }
      const channel = channels.get(name) ?? { handles: new Set(), state: IDLE };
      channel.handles.add(handle);
      if (channel.over) handle.messages.end(channel.over);
      if (channels.has(name)) return;
      channels.set(name, channel);
      change('subscribe', name);
    },
    leave(name, handle) {
      const handles = channels.get(name)?.handles;
      closed.add(handle);
      handle.messages.end();
      if (!handles?.delete(handle) || handles.size) return;
      channels.delete(name);
      change('unsubscribe', name);
    },
    stateOf: (name) => channels.get(name)?.state ?? IDLE,
    tellState({ channel: name, state, over }) {
      const channel = channels.get(name);
      if (!channel || (state.status !== 'refused' && state.status === channel.state.status)) return;
      channel.state = Object.freeze(state);
      if (over && state.status === 'refused') {
        const told = `channel "${name}": refused with ${state.code} ${state.message}`;
        channel.over = new ReliableSocketError('channel-refused', told, {
          serverCode: state.code,
          serverMessage: state.message,
        });
      }
      for (const { events, messages } of of(name)) {
        events.emit('state', state);
        if (channel.over) messages.end(channel.over);
      }
    },
    end() {
      for (const { handles } of channels.values()) for (const { messages } of handles) messages.end();
    },
  };
};

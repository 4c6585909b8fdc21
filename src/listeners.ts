import { CHANNEL_EVENTS, type ChannelEvents, type Handle } from './channel.js';
import type { ChannelState, Gap } from './core/io.js';
import { Emitter } from './emitter.js';
import type { Ends } from './endpoint.js';
import { type ErrorCode, ReliableSocketError } from './errors.js';
import { createMessages } from './messages.js';
import type { Message } from './protocol/frames.js';
import { SOCKET_EVENTS, type SocketEvents } from './socket-types.js';

/**
 * All who listen to one conversation: at the socket itself, and at the handles on its channels, of which the first of a
 * name subscribes and the last one unsubscribes.
 */
export interface Listeners {
  /** Those at the socket itself: to messages of the default stream, and to events. */
  readonly ends: Ends<SocketEvents>;
  newHandle(channel: string): Handle;
  tellState(news: { readonly channel: string; readonly state: ChannelState; readonly over?: boolean }): void;
  tellMessage(channel: string | undefined, message: Message): void;
  tellGap(channel: string | undefined, gap: Gap): void;
  tellError(code: ErrorCode, text: string, cause?: unknown): void;
  /** Code of the user's threw. */
  onThrow(error: unknown, name?: string): void;
  /** The conversation is over. */
  end(): void;
}

const IDLE: ChannelState = Object.freeze({ status: 'idle' });

export const createListeners = (change: (type: 'subscribe' | 'unsubscribe', channel: string) => void): Listeners => {
  const channels = new Map<
    string,
    { readonly handles: Set<Handle>; state: ChannelState; over?: ReliableSocketError }
  >();
  const of = (channel: string): readonly Handle[] => [...(channels.get(channel)?.handles ?? [])];
  const tellError = (code: ErrorCode, text: string, cause?: unknown): void => {
    events.emit('error', new ReliableSocketError(code, text, { cause }));
  };
  const onThrow = (error: unknown, name = 'hook'): void => {
    // A listener for errors that throws would be told of its own error for ever.
    if (name !== 'error') tellError('listener-threw', `${name}: a listener threw`, error);
  };
  const messages = createMessages(onThrow);
  const events = new Emitter<SocketEvents>(onThrow, SOCKET_EVENTS);
  return {
    // The default stream is heard without a subscription.
    ends: { messages, events, join() {} },
    newHandle(name) {
      let isClosed = false;
      const handle: Handle = {
        channel: name,
        messages: createMessages(onThrow),
        events: new Emitter<ChannelEvents>(onThrow, CHANNEL_EVENTS),
        join() {
          if (isClosed) {
            throw new ReliableSocketError('bad-call', `channel "${name}": this handle is closed, wanted a new one`);
          }
          const channel = channels.get(name) ?? { handles: new Set(), state: IDLE };
          channel.handles.add(handle);
          if (channel.over) handle.messages.end(channel.over);
          if (channels.has(name)) return;
          channels.set(name, channel);
          change('subscribe', name);
        },
        state: () => channels.get(name)?.state ?? IDLE,
        close() {
          const handles = channels.get(name)?.handles;
          isClosed = true;
          handle.messages.end();
          if (!handles?.delete(handle) || handles.size) return;
          channels.delete(name);
          change('unsubscribe', name);
        },
      };
      return handle;
    },
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
    tellMessage(channel, message) {
      if (channel === undefined) messages.tell(message);
      else for (const handle of of(channel)) handle.messages.tell(message);
    },
    tellGap(channel, gap) {
      events.emit('gap', gap);
      if (channel !== undefined) for (const handle of of(channel)) handle.events.emit('gap', gap);
    },
    tellError,
    onThrow,
    end() {
      messages.end();
      for (const { handles } of channels.values()) for (const { messages } of handles) messages.end();
    },
  };
};

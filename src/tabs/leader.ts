import { ReliableSocketError } from '../errors.js';
import type { Channel, Continuation, Gap, Message, ReliableSocket } from '../index.js';
import { pack, toFault } from './errors.js';
import type { Handlers, SocketCommand, Told } from './io.js';
import type { Ending } from './words.js';

/** The one socket, in the tab that leads: what it tells goes to the session, what the tabs want becomes calls. */
export interface Leader {
  readonly handlers: Handlers<SocketCommand>;
  /** The ids that it has never written. */
  unwritten(): string[];
  /** Lets go of the socket; what it still says is nobody's business. */
  resign(): void;
}

/** Without what may hold values of the application that no clone can have, such as functions. */
const withoutValues = (news: Told): Told | undefined => {
  if (news.what === 'step') return { ...news, message: undefined };
  if (news.what === 'settled') return { ...news, ending: { ...news.ending, data: undefined } };
  return undefined;
};

export const createLeader = (
  socket: ReliableSocket<Message, Message>,
  continuation: Continuation | undefined,
  told: (news: Told) => void,
): Leader => {
  const channels = new Map<string, Channel<Message, Message>>();
  const withdrawals = new Map<string, AbortController>();
  let over = false;
  /** A message is taken back only to be sent anew. */
  let quiet = false;
  /** What was heard, and whose place in the stream is told next. */
  let message: Message | undefined;
  let gap: Gap | undefined;

  const tell = (news: Told): void => {
    if (over) return;
    try {
      structuredClone(news);
    } catch (cause) {
      const rest = withoutValues(news);
      if (rest) told(rest);
      const value = news.what === 'step' ? `message "${news.message?.type}"` : news.what;
      const error = `tabs: ${value}: ${(cause as Error).message}, wanted what can be cloned`;
      told({ what: 'event', name: 'error', event: { code: 'bad-message', message: error } });
      return;
    }
    told(news);
  };
  const live = (): void => {
    const { client, conn } = socket.continuation();
    tell({ what: 'life', state: pack(socket.state), stats: socket.stats(), client, conn });
  };
  const hear = (heard: Message): void => {
    message = heard;
  };

  if (continuation) socket.adopt(continuation);
  socket.onMessage(hear);
  socket.on('gap', (missing) => {
    gap = missing;
  });
  socket.on('cursor', ({ channel, to }) => {
    tell({ what: 'step', channel, to, message, gap });
    message = gap = undefined;
  });
  socket.on('state', live);
  for (const name of ['open', 'close'] as const) socket.on(name, (event) => tell({ what: 'event', name, event }));
  socket.on('error', (error) => tell({ what: 'event', name: 'error', event: toFault(error) }));
  socket.on('undelivered', (event) => {
    if (!quiet) tell({ what: 'event', name: 'undelivered', event, id: event.id });
  });
  live();

  return {
    handlers: {
      hand({ entry: { id, message, channel, ttl, request, since } }) {
        const withdrawal = new AbortController();
        withdrawals.set(id, withdrawal);
        const end = (ending: Ending): void => {
          withdrawals.delete(id);
          tell({ what: 'settled', id, ending });
        };
        const fail = (error: unknown): void => {
          end({ outcome: 'rejected', ...(error instanceof ReliableSocketError && { error: toFault(error) }) });
        };
        const options = { id, signal: withdrawal.signal, ...(since !== undefined && { since }) };
        // A store may have brought it back before its tab did.
        quiet = true;
        socket.outbox.cancel(id);
        quiet = false;
        try {
          const endpoint = channel === undefined ? socket : socket.channel(channel);
          if (request) {
            const asked = endpoint.request(message, { ...options, ...(ttl !== undefined && { timeout: ttl }) });
            asked.then((data) => end({ outcome: 'acked', by: 'ack', data }), fail);
            return;
          }
          const receipt = endpoint.send(message, { ...options, ...(ttl !== undefined && { ttl }) });
          receipt.settled.then((outcome) => end(pack(outcome)));
          receipt.durable.then((kept) => kept && tell({ what: 'durable', id }));
        } catch (error) {
          fail(error);
        }
      },
      withdraw: ({ id }) => withdrawals.get(id)?.abort(),
      subscribe({ channel: name }) {
        const channel = socket.channel<Message, Message>(name);
        const tellState = (): void => tell({ what: 'channel', channel: name, state: channel.state });
        channels.set(name, channel);
        channel.onMessage(hear);
        channel.on('state', tellState);
        tellState();
      },
      unsubscribe({ channel }) {
        channels.get(channel)?.close();
        channels.delete(channel);
      },
      call: ({ call }) => socket[call](),
    },
    unwritten: () => [...socket.outbox].filter(({ status }) => status === 'queued').map(({ id }) => id),
    resign() {
      over = true;
      socket.close();
    },
  };
};

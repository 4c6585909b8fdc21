import type { ReliableSocketError } from '../errors.js';
import type { Channel, Continuation, Gap, Message, Outcome, ReliableSocket, SocketEvents } from '../index.js';
import { pack, toFault } from './errors.js';
import type { Handlers, SocketCommand, Told } from './io.js';
import { undelivered } from './undelivered.js';
import type { Entry } from './words.js';

/** The one socket, in the tab that leads: what it tells goes to the session, what the tabs want becomes calls. */
export interface Leader extends Handlers<SocketCommand> {
  /** The ids that it has never written. */
  unwritten(): string[];
  /** Closes the socket; what it still tells is ignored. */
  end(): void;
}

export const createLeader = (
  socket: ReliableSocket<Message, Message>,
  continuation: Continuation | undefined,
  told: (news: Told) => void,
): Leader => {
  const channels = new Map<string, Channel<Message, Message>>();
  let over = false;
  /** A message is being taken back only to be sent anew, so its `undelivered` is not told. */
  let quiet = false;
  /** What was just heard: the `cursor` event that follows says where its stream is after it. */
  let message: Message | undefined;
  let gap: Gap | undefined;

  const tell = (news: Told): void => {
    if (over) return;
    try {
      structuredClone(news);
    } catch (cause) {
      // These two hold values of the application, and a schema may have put in what can not be cloned, such as functions.
      told({ ...news, ...{ message: undefined, data: undefined } });
      const value = news.do === 'step' ? `message "${news.message?.type}"` : news.do;
      const error = `tabs: ${value}: ${(cause as Error).message}, wanted what can be cloned`;
      return told({ do: 'event', name: 'error', event: { code: 'bad-message', message: error } });
    }
    told(news);
  };
  /** Whose conversation it is, as last told. */
  let owner: string | undefined;
  const live = (): void => {
    const { client, conn, subject, welcomed } = socket.continuation();
    owner = subject;
    tell({ do: 'life', state: pack(socket.state), stats: socket.stats(), client, conn, subject, welcomed });
  };
  const hear = (heard: Message): void => {
    message = heard;
  };
  const send = async ({ id, message, channel, ttl, request, since }: Entry): Promise<Outcome> => {
    // A store may have brought it back before its tab did.
    quiet = true;
    socket.outbox.cancel(id);
    quiet = false;
    const endpoint = channel === undefined ? socket : socket.channel(channel);
    // Safe: what is undefined counts as absent.
    const options = { id, since, ttl, timeout: ttl } as { id: string };
    if (request) return { outcome: 'acked', by: 'ack', data: await endpoint.request(message, options) };
    const { settled, durable } = endpoint.send(message, options);
    durable.then((kept) => kept && tell({ do: 'durable', id }));
    return settled;
  };

  if (continuation) socket.adopt(continuation);
  socket.onMessage(hear);
  socket.on('gap', (missing) => {
    gap = missing;
  });
  socket.on('cursor', ({ channel, to }) => {
    tell({ do: 'step', channel, to, message, gap });
    message = gap = undefined;
  });
  socket.on('state', live);
  for (const name of ['open', 'close'] as const) {
    socket.on<keyof SocketEvents>(name, (event) => tell({ do: 'event', name, event }));
  }
  socket.on('error', (error) => tell({ do: 'event', name: 'error', event: toFault(error) }));
  socket.on('undelivered', (event) => {
    // What a tab sends from here on is of the next user, which no state tells before the link is open.
    if (socket.continuation().subject !== owner) live();
    if (!quiet) tell({ do: 'event', name: 'undelivered', event, id: event.id });
  });
  live();

  return {
    hand({ entry }) {
      const { id, subject } = entry;
      // The hook has told the socket of another user since, and the tab that sent it may not have heard of that.
      const present = socket.continuation().subject;
      if (subject !== undefined && present !== undefined && subject !== present) {
        const outcome = entry.since === undefined ? 'dropped' : 'unknown';
        return undelivered(entry, outcome, 'subject-changed').forEach(tell);
      }
      send(entry)
        .catch((error: ReliableSocketError): Outcome => ({ outcome: 'rejected', error }))
        .then((outcome) => tell({ do: 'settled', id, ...pack(outcome) }));
    },
    withdraw: ({ id }) => socket.outbox.cancel(id),
    subscribe({ channel: name }) {
      const channel = socket.channel<Message, Message>(name);
      const tellState = (): void => tell({ do: 'channel', channel: name, state: channel.state });
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
    unwritten: () => [...socket.outbox].filter(({ status }) => status === 'queued').map(({ id }) => id),
    end() {
      over = true;
      socket.close();
    },
  };
};

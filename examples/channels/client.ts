import { type AnyMessage, ReliableSocket, type ReliableSocketOptions } from 'reliable-socket';

type News = { type: 'news'; text: string };
type Options = Pick<ReliableSocketOptions<News, AnyMessage>, 'WebSocket' | 'backoff'>;

export interface Room {
  leave(): void;
}

export interface RoomListener {
  news(text: string): void;
  /** Some news of this room are gone for good; of the other rooms nothing is. */
  missed(): void;
  refused(why: string): void;
}

/** Many rooms over one socket. After a reconnect each one is followed again by itself, from where it was. */
export class Rooms {
  readonly #socket: ReliableSocket<News, AnyMessage>;

  constructor(url: string, options: Options = {}) {
    this.#socket = new ReliableSocket<News, AnyMessage>(url, options);
  }

  follow(name: string, listener: RoomListener): Room {
    const channel = this.#socket.channel(name);
    channel.on('gap', () => listener.missed());
    // One room that says no is no reason to end the others, so it is a state and not an error.
    channel.on('state', (state) => state.status === 'refused' && listener.refused(state.message ?? ''));
    // The first listener subscribes, so it comes last.
    channel.onMessage('news', ({ text }) => listener.news(text));
    return { leave: () => channel.close() };
  }

  close(): Promise<void> {
    return this.#socket.close();
  }
}

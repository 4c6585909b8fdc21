import { type Channel, queue, ReliableSocket } from '../../../../index.js';
import type { LinkState } from '../../page/link.js';
import { linkOf } from '../../page/reliable-client.js';
import type { Said, Say } from '../api.js';

export interface ClientParts {
  readonly url: string;
  readonly room: string;
  /** The client's place, from 0. */
  readonly from: number;
  readonly onSaid: (said: Said) => void;
  readonly onOpen: () => void;
  /** Called when a connection that was open is lost. */
  readonly onLost: () => void;
  /** Messages of the room are missing, and the application is told. */
  readonly onGap: (reason: string) => void;
  /** Nobody knows whether the room got this message; the application is told. */
  readonly onUndelivered: (n: number) => void;
}

/** One member of the room: a `ReliableSocket` with the times of the demo; everything else is as it comes. */
export class Client {
  readonly #socket: ReliableSocket<Said, Say>;
  readonly #room: Channel<Said, Say>;
  readonly #from: number;
  /** How many messages it has sent. */
  sent = 0;

  constructor({ url, room, from, onSaid, onOpen, onLost, onGap, onUndelivered }: ClientParts) {
    this.#from = from;
    this.#socket = new ReliableSocket<Said, Say>(url, {
      defaultPolicy: queue({ ack: 'message' }),
      heartbeat: { interval: 1_000, timeout: 1_500 },
      backoff: { base: 250, max: 2_000, stableAfter: 1_000 },
      connect: { timeout: 3_000 },
    });
    this.#socket.on('open', onOpen);
    this.#socket.on('close', onLost);
    // Only words for the room are sent here.
    this.#socket.on('undelivered', ({ message }) => onUndelivered((message as Say).n));
    this.#room = this.#socket.channel(room);
    this.#room.onMessage('said', onSaid);
    this.#room.on('gap', ({ reason }) => onGap(reason));
  }

  get link(): LinkState {
    return linkOf(this.#socket.state);
  }

  /** Whether it hears the room. */
  get isIn(): boolean {
    return this.#room.state.status === 'subscribed';
  }

  say(): number {
    this.sent += 1;
    this.#room.send({ type: 'say', from: this.#from, n: this.sent });
    return this.sent;
  }
}

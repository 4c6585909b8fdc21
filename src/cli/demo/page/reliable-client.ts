import { queue, ReliableSocket, type SocketState } from '../../../index.js';
import type { Note, Tick } from '../api.js';
import type { LinkState, PageClient, PageClientParts } from './link.js';

export interface ReliableClientParts extends PageClientParts {
  /** Messages from the server are missing, and the application is told. */
  readonly onGap: (reason: string) => void;
  /** The message can not be delivered, or nobody knows whether it was; the application is told. */
  readonly onUndelivered: (number: number) => void;
}

/** `ReliableSocket` with the times of the demo; everything else is as it comes. */
export class ReliableClient implements PageClient {
  readonly #socket: ReliableSocket<Tick, Note>;
  #opens = 0;

  constructor({ url, fetchToken, onTick, onOpen, onLost, onGap, onUndelivered }: ReliableClientParts) {
    this.#socket = new ReliableSocket<Tick, Note>(url, {
      token: fetchToken,
      defaultPolicy: queue({ ack: 'message' }),
      heartbeat: { interval: 1_000, timeout: 1_500 },
      backoff: { base: 500, max: 4_000, stableAfter: 2_000 },
      connect: { timeout: 3_000 },
    });
    this.#socket.onMessage('tick', ({ n }) => onTick(n));
    this.#socket.on('open', () => {
      this.#opens += 1;
      onOpen(this.#opens === 1);
    });
    this.#socket.on('close', ({ cause, code }) => {
      onLost(cause === 'heartbeat' ? 'no sign of life' : code === 4401 ? 'token refused' : 'closed');
    });
    this.#socket.on('gap', ({ reason }) => onGap(reason));
    // Only notes are sent here.
    this.#socket.on('undelivered', ({ message }) => onUndelivered((message as Note).n));
  }

  get link(): LinkState {
    return linkOf(this.#socket.state);
  }

  send(number: number): void {
    this.#socket.send({ type: 'note', n: number });
  }
}

export function linkOf(state: SocketState): LinkState {
  switch (state.status) {
    case 'open':
      return { status: 'open' };
    case 'waiting':
      return { status: 'waiting', retryAt: state.retryAt, attempt: state.attempt };
    case 'closed':
      return { status: 'closed', why: state.reason };
    case 'suspended':
    case 'closing':
      return { status: 'closed', why: state.status };
    default:
      return { status: 'connecting' };
  }
}

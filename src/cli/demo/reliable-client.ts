import { WebSocket } from 'ws';
import { queue, ReliableSocket } from '../../index.js';
import type { Note, Tick } from './api.js';
import type { Contestant, ContestantParts } from './contestant.js';

/** `ReliableSocket` with the times of the demo; everything else is as it comes. */
export class ReliableClient implements Contestant {
  readonly name = 'ReliableSocket';
  /** Whatever the client told of a message that it could not bring home, or of a gap. */
  readonly told: string[] = [];
  readonly #socket: ReliableSocket<Tick, Note>;
  #opens = 0;

  constructor({ url, random, onTick }: ContestantParts) {
    this.#socket = new ReliableSocket<Tick, Note>(url, {
      WebSocket,
      defaultPolicy: queue({ ack: 'message' }),
      heartbeat: { interval: 500, timeout: 300 },
      backoff: { base: 50, max: 500, stableAfter: 300 },
      connect: { timeout: 1_000 },
      environment: { random },
    });
    this.#socket.on('open', () => {
      this.#opens += 1;
    });
    this.#socket.on('gap', ({ reason, from, to }) => this.told.push(`gap ${reason}: ${from} to ${to}`));
    this.#socket.on('undelivered', ({ id, outcome }) => this.told.push(`undelivered ${id}: ${outcome}`));
    this.#socket.onMessage('tick', ({ n }) => onTick(n));
  }

  get isOpen(): boolean {
    return this.#socket.state.status === 'open';
  }

  get reconnects(): number {
    return Math.max(0, this.#opens - 1);
  }

  send(number: number): void {
    this.#socket.send({ type: 'note', n: number });
  }

  async close(): Promise<void> {
    await this.#socket.close({ drain: 10_000 });
  }
}

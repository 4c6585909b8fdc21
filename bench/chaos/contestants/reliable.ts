import { queue, ReliableSocket, type ReliableSocketOptions } from '../../../src/index.js';
import type { ClientParts, ClientSide, Contestant, Note, Promised, Told } from '../contestant.js';
import type { Timing } from '../scenario.js';
import { QuietWebSocket } from './quiet-websocket.js';
import { serveReference } from './reference.js';

type Tick = { type: 'tick'; n: number; text: string };
type Sent = { type: 'note'; n: number; text: string };

export const reliableContestants: readonly Contestant[] = [
  reliable("ReliableSocket ack: 'message'", 'whole', queue({ ack: 'message' }), true),
  // The server remembers ids and sends no ack: the pong alone proves receipt.
  reliable("ReliableSocket ack: 'pong'", 'whole', queue({ ack: 'pong' }), false),
  reliable('ReliableSocket queue()', 'told', queue(), true),
];

function reliable(name: string, promised: Promised, policy: ReturnType<typeof queue>, acks: boolean): Contestant {
  return {
    name,
    promised,
    serve: (onNote) => serveReference(onNote, { acks }),
    connect: (parts) => new ReliableSide(parts, policy),
  };
}

class ReliableSide implements ClientSide {
  readonly told: Told[] = [];
  readonly #socket: ReliableSocket<Tick, Sent>;
  readonly #numbers = new Map<string, number>();

  constructor({ port, timing, random, onNote }: ClientParts, policy: ReturnType<typeof queue>) {
    const socket = new ReliableSocket<Tick, Sent>(`ws://127.0.0.1:${port}`, {
      WebSocket: QuietWebSocket,
      defaultPolicy: policy,
      // Room for all that is sent while the link is down.
      queue: { maxMessages: 200_000, maxBytes: 200_000_000 },
      environment: { random },
      ...timed(timing),
    });
    socket.onMessage('tick', onNote);
    socket.on('gap', ({ reason, from, to }) =>
      this.told.push({ n: undefined, what: `gap ${reason}: ${from} to ${to}` }),
    );
    socket.on('undelivered', ({ id, outcome }) => this.told.push({ n: this.#numbers.get(id), what: outcome }));
    this.#socket = socket;
  }

  get isOpen(): boolean {
    return this.#socket.state.status === 'open';
  }

  get reconnects(): number {
    return Math.max(0, this.#socket.stats().opened - 1);
  }

  get waiting(): number {
    return this.#socket.outbox.size;
  }

  send({ n, text = '' }: Note): void {
    this.#numbers.set(this.#socket.send({ type: 'note', n, text }).id, n);
  }

  close(): Promise<void> {
    return this.#socket.close();
  }
}

function timed(timing: Timing): ReliableSocketOptions<Tick, Sent> {
  if (timing.kind === 'default') return {};
  return {
    backoff: { base: timing.backoff.least, max: timing.backoff.most },
    heartbeat: timing.heartbeat,
    connect: { timeout: timing.connect },
  };
}

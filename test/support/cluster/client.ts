import { WebSocket } from 'ws';
import { type Gap, queue, ReliableSocket } from '../../../src/index.js';

/** One client that goes to any node, and writes down what it hears and what becomes of what it says. */
export class ClusterClient {
  /** The ids that each of its channels brought, in order. */
  readonly heard: Map<string, string[]> = new Map();
  readonly gaps: Gap[] = [];
  /** By message, how it ended. */
  readonly outcomes: Map<string, string> = new Map();
  readonly #socket: ReliableSocket;
  readonly #name: number;
  readonly #isSubscribed: () => boolean;
  #waiting = 0;

  constructor(name: number, channels: readonly string[], url: () => string, random: () => number) {
    this.#name = name;
    this.#socket = new ReliableSocket(url, {
      WebSocket,
      environment: { random },
      connect: { timeout: 3_000 },
      backoff: { base: 100, max: 1_000, stableAfter: 500 },
      heartbeat: { interval: 1_500, timeout: 1_500 },
      defaultPolicy: queue({ ack: 'message' }),
    });
    // Of each channel too.
    this.#socket.on('gap', (gap) => this.gaps.push(gap));
    const handles = channels.map((channel) => {
      const handle = this.#socket.channel(channel);
      const ids: string[] = [];
      this.heard.set(channel, ids);
      handle.onMessage('n', ({ id }) => ids.push(String(id)));
      return handle;
    });
    this.#isSubscribed = () => handles.every(({ state }) => state.status === 'subscribed');
  }

  get isThere(): boolean {
    return this.#isSubscribed();
  }

  get isDone(): boolean {
    return this.#waiting === 0;
  }

  get opened(): number {
    return this.#socket.stats().opened;
  }

  /** Says one message whose effect is a publish, and one with an effect elsewhere. */
  talk(n: number): void {
    for (const type of ['order', 'effect']) {
      const id = `${type}-${this.#name}-${n}`;
      this.#waiting += 1;
      void this.#socket.send({ type, id }).settled.then(({ outcome }) => {
        this.#waiting -= 1;
        this.outcomes.set(id, outcome);
      });
    }
  }

  close(): Promise<void> {
    return this.#socket.close();
  }
}

import { type ScriptedData, ScriptedSocket, type VirtualClock } from '../../src/testing/index.js';

/** One way through the network takes from 10 to 40 ms. */
const LEAST_LATENCY = 10;
const MOST_LATENCY = 40;

/** What a server of one library says. */
export interface Manners {
  /** When a connection has opened. */
  greet(socket: ScriptedSocket): void;
  /** When a text has arrived. */
  answer(socket: ScriptedSocket, text: string): void;
}

/** A server that all clients of a herd connect to, on the virtual clock. It can be away, and then refuses. */
export class VirtualServer {
  /** Give this to the clients. */
  readonly WebSocket: typeof ScriptedSocket;
  /** When each attempt to connect was made. */
  readonly attempts: number[] = [];
  isAway = false;
  readonly #clock: VirtualClock;
  readonly #random: () => number;
  readonly #manners: Manners;
  readonly #live = new Set<ScriptedSocket>();

  constructor(clock: VirtualClock, random: () => number, manners: Manners) {
    this.#clock = clock;
    this.#random = random;
    this.#manners = manners;
    const admit = (socket: ScriptedSocket): void => this.#admit(socket);
    const answer = (socket: ScriptedSocket, data: ScriptedData): void => this.#answer(socket, String(data));
    // Not from `scriptedSockets()`, which keeps each one: a herd makes tens of thousands.
    this.WebSocket = class extends ScriptedSocket {
      constructor(url: string | URL, protocols?: string | readonly string[]) {
        super(url, protocols);
        admit(this);
      }

      override send(data: ScriptedData): void {
        super.send(data);
        answer(this, data);
      }
    };
  }

  /** Connections that are open. */
  get live(): number {
    return this.#live.size;
  }

  /** A frame to everybody. */
  broadcast(frame: object): void {
    for (const socket of this.#live) socket.receive(frame);
  }

  /** The server dies: every connection is lost in the same instant, and nobody can come back. */
  die(): void {
    this.isAway = true;
    for (const socket of this.#live) socket.drop();
    this.#live.clear();
  }

  #admit(socket: ScriptedSocket): void {
    this.attempts.push(this.#clock.now());
    this.#later(() => {
      if (socket.readyState === socket.CLOSING) socket.finishClose();
      else if (this.isAway) socket.fail();
      else {
        this.#live.add(socket);
        socket.open();
        this.#manners.greet(socket);
      }
    });
  }

  #answer(socket: ScriptedSocket, text: string): void {
    this.#later(() => {
      if (this.#live.has(socket)) this.#manners.answer(socket, text);
    });
  }

  #later(run: () => void): void {
    this.#clock.setTimer(run, LEAST_LATENCY + this.#random() * (MOST_LATENCY - LEAST_LATENCY));
  }
}

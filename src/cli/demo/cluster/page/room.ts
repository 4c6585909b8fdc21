import { CLIENTS, FLOOD_EACH, type Hello } from '../api.js';
import { Client } from './client.js';
import { Listener, type Place } from './listener.js';

/** Each client says something so often. */
const SAY_MS = 400;

export interface Member {
  readonly client: Client;
  readonly listener: Listener;
}

export interface RoomEvents {
  /** A client is connected; `first` for its first time. */
  readonly onOpen: (member: number, first: boolean) => void;
  readonly onLost: (member: number) => void;
  readonly onGap: (member: number, reason: string) => void;
}

/** Some clients that talk to each other, and what each has heard of all. */
export class Room {
  readonly members: readonly Member[];
  readonly #said: Place[] = [];
  #talking: readonly ReturnType<typeof setInterval>[] = [];

  constructor({ urls, room }: Hello, { onOpen, onLost, onGap }: RoomEvents) {
    const listeners = urls.map(() => new Listener(this.#said));
    this.members = listeners.map((listener, from) => {
      let opens = 0;
      const client = new Client({
        url: urls[from] ?? '',
        room,
        from,
        onSaid: (said) => listener.hear(said),
        onOpen: () => {
          opens += 1;
          onOpen(from, opens === 1);
        },
        onLost: () => onLost(from),
        onGap: (reason) => {
          listener.gap();
          onGap(from, reason);
        },
        onUndelivered: (n) => {
          for (const { ledgers } of listeners) ledgers[from]?.undelivered(n);
        },
      });
      return { client, listener };
    });
  }

  /** How many messages were sent. */
  get sent(): number {
    return this.#said.length;
  }

  get isFull(): boolean {
    return this.members.every(({ client }) => client.isIn);
  }

  /** Says no more until `resume`; so it begins. */
  pause(): void {
    for (const timer of this.#talking) clearInterval(timer);
    this.#talking = [];
  }

  resume(): void {
    this.pause();
    this.#talking = this.members.map((_, from) => setInterval(() => this.#say(from), SAY_MS));
  }

  flood(): void {
    for (let count = 0; count < CLIENTS * FLOOD_EACH; count += 1) this.#say(count % CLIENTS);
  }

  #say(from: number): void {
    const n = this.members[from]?.client.say() ?? 0;
    this.#said.push({ from, n });
    for (const { listener } of this.members) listener.ledgers[from]?.sentUpTo(n);
  }
}

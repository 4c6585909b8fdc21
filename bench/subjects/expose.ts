import { type Chat, chat, type Subject } from './subject.js';

/** How fast: so many messages in one task, and then a pause of so many ms. */
export interface Pace {
  readonly batch: number;
  readonly pause: number;
}

/** What the bench calls, as the global `subject`. Each page or process is new, so one case is all that it ever sees. */
export interface Exposed {
  open(url: string, acks: boolean): Promise<void>;
  /** Resolves once so many messages were heard in all. */
  hear(total: number): Promise<void>;
  /** Resolves once so many more messages were sent, and have their acks if they want any. */
  send(count: number, pace?: Pace): Promise<void>;
  /** Sends so many messages, each once the answer to the one before was heard. Resolves with how long each took, in ms. */
  roundTrips(count: number): Promise<number[]>;
  /** So many more clients that are connected and do nothing. */
  crowd(url: string, count: number): Promise<void>;
  /** Sends so many messages in one task, by a client that has no connection yet. */
  sendOffline(url: string, count: number): void;
}

/** Between two tasks a page waits for 4 ms, in which the network takes what was sent. */
const PACE: Pace = { batch: 50, pause: 0 };

export const expose = (create: () => Subject): void => {
  const subject = create();
  const kept: Subject[] = [subject];
  let heard = 0;
  let goal = Infinity;
  let reached = (): void => {};
  let n = 0;
  const hear = (message: Chat): void => {
    if (message.n > 0) heard += 1;
    if (heard === goal) reached();
  };
  const exposed: Exposed = {
    open: (url, acks) => subject.open(url, hear, acks),
    hear: (total) =>
      new Promise((resolve) => {
        goal = total;
        reached = resolve;
        if (heard >= total) resolve();
      }),
    async send(count, { batch, pause } = PACE) {
      for (let sent = 0; sent < count || subject.unacked() > 0; sent += batch) {
        for (let i = 0; i < batch && sent + i < count; i += 1) {
          n += 1;
          subject.send(chat(n));
        }
        await new Promise((resolve) => setTimeout(resolve, pause));
      }
    },
    async roundTrips(count) {
      const times: number[] = [];
      for (let i = 1; i <= count; i += 1) {
        const sentAt = performance.now();
        const answered = exposed.hear(heard + 1);
        subject.send(chat(i));
        await answered;
        times.push(performance.now() - sentAt);
      }
      return times;
    },
    async crowd(url, count) {
      for (let i = 0; i < count; i += 1) {
        const another = create();
        kept.push(another);
        await another.open(url, hear, false);
      }
    },
    sendOffline(url, count) {
      // Never resolves: nobody is there.
      subject.open(url, hear, false).catch(() => {});
      for (let i = 1; i <= count; i += 1) subject.send(chat(i));
    },
  };
  Object.assign(globalThis, { subject: exposed });
};

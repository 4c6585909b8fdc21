import type { Chat, Subject } from './subject.js';

/** What the bench calls in the page, as `subject`. Each page is new, so one case is all that it ever sees. */
export interface Exposed {
  open(url: string, acks: boolean): Promise<void>;
  /** Resolves once so many messages were heard in all. */
  hear(total: number): Promise<void>;
  /** Resolves once so many more messages were sent, and have their acks if they want any. */
  send(count: number): Promise<void>;
}

/** Sent in one task. Between two tasks a page waits for 4 ms, in which the network takes what was sent. */
const BATCH = 50;

export const expose = (subject: Subject): void => {
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
    async send(count) {
      for (let sent = 0; sent < count || subject.unacked() > 0; sent += BATCH) {
        for (let i = 0; i < BATCH && sent < count; i += 1) {
          n += 1;
          subject.send({ type: 'chat', from: 'ann', text: 'something that a person said', n });
        }
        await new Promise((resolve) => setTimeout(resolve));
      }
    },
  };
  Object.assign(window, { subject: exposed });
};

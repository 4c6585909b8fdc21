import type { Answer } from '../replay-log.js';
import type { Received, Turn } from './io.js';
import type { Outlet } from './outlet.js';

/** More than this is not read from the connection: what waits is bounded, and the client feels it. */
const MOST_WAITING = 1_000;

/** Messages of one client on their way to the handler, in order. */
export interface Inbox {
  add(received: Received, granted: boolean): void;
  answered(messageId: string | undefined, answer: Answer | undefined): void;
  /** Forgets what the handler has not begun. */
  discard(): void;
  /** True if no message waits or is being handled. */
  isIdle(): boolean;
  /** True if no more should be read. */
  isFull(): boolean;
}

export const createInbox = (turn: Turn, outlet: Outlet, concurrency: number, mostBytes: number): Inbox => {
  let waiting: { readonly received: Received; readonly granted: boolean }[] = [];
  /** The first of `waiting` that was not begun: taking them one by one from the front would move all the others. */
  let next = 0;
  let bytes = 0;
  let running = 0;

  const begin = (): void => {
    while (running < concurrency) {
      const first = waiting[next];
      if (first === undefined) break;
      next += 1;
      running += 1;
      bytes -= first.received.bytes;
      turn.tell({ do: 'handle', ...first });
    }
    if (next === waiting.length) waiting = [];
    else if (next >= MOST_WAITING) waiting = waiting.slice(next);
    else return;
    next = 0;
  };

  return {
    add(received, granted) {
      waiting.push({ received, granted });
      bytes += received.bytes;
      begin();
    },
    answered(messageId, answer) {
      running -= 1;
      if (messageId !== undefined && answer !== undefined) {
        if ('nack' in answer) outlet.frame({ kind: 'nack', messageId, ...answer.nack });
        else outlet.frame({ kind: 'ack', messageId, ...(answer.data !== undefined && { data: answer.data }) });
      }
      begin();
    },
    discard() {
      waiting = [];
      next = 0;
      bytes = 0;
    },
    isIdle: () => running === 0 && waiting.length === 0,
    isFull: () => waiting.length - next >= MOST_WAITING || bytes >= mostBytes,
  };
};

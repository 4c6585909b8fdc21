import type { Frame } from '../bent-server.js';
import { about, counter, forgetsIds } from './bends.js';
import type { BrokenServer } from './broken-server.js';

export const idempotency: readonly BrokenServer[] = [
  {
    check: 'idempotency/ids',
    fault: 'names ids that are not whole ms',
    bend: () => ({ out: (frame) => (frame.type === 'welcome' ? { ...frame, ids: 1.5 } : frame) }),
  },
  {
    check: 'idempotency/same-connection',
    fault: 'forgets ids',
    bend: () => forgetsIds('idempotency/same-connection'),
  },
  {
    check: 'idempotency/other-connection',
    fault: 'forgets ids when the connection ends',
    bend: () => forgetsIds('idempotency/other-connection'),
  },
  {
    check: 'idempotency/same-answer',
    fault: 'remembers ids without their answers',
    bend: () => {
      const count = counter();
      return {
        out: (frame) =>
          about('idempotency/same-answer', frame.messageId) && count(frame.messageId) > 1
            ? { ...frame, data: undefined }
            : frame,
      };
    },
  },
  {
    check: 'idempotency/while-running',
    fault: 'remembers an id only when its work is done',
    bend: () => forgetsIds('idempotency/while-running'),
  },
  {
    check: 'idempotency/principals',
    fault: 'keeps the ids of all in one place',
    bend: () => {
      const count = counter();
      return {
        in: (frame, { write }) => {
          if (!about('idempotency/principals', frame.messageId) || count(frame.messageId) === 1) return frame;
          write({ type: 'ack', messageId: frame.messageId });
          return undefined;
        },
      };
    },
  },
  {
    check: 'idempotency/retry-forgotten',
    fault: 'remembers a nack with retry',
    bend: () => {
      const nacks = new Map<unknown, Frame>();
      return {
        in: (frame, { write }) => {
          const nack = nacks.get(frame.messageId);
          if (nack !== undefined) write(nack);
          return nack === undefined ? frame : undefined;
        },
        out: (frame) => {
          if (frame.type === 'nack' && frame.retry) nacks.set(frame.messageId, frame);
          return frame;
        },
      };
    },
  },
];

import { about, counter, LATE } from './bends.js';
import type { BrokenServer } from './broken-server.js';

export const acks: readonly BrokenServer[] = [
  {
    check: 'acks/ack',
    fault: 'acks an id that nobody sent',
    bend: () => ({
      out: (frame) => (about('acks/ack', frame.messageId) ? { ...frame, messageId: 'another' } : frame),
    }),
  },
  {
    check: 'acks/each-its-own',
    fault: 'acks twice',
    bend: () => ({ out: (frame) => (about('acks/each-its-own', frame.messageId) ? [frame, frame] : frame) }),
  },
  {
    check: 'acks/no-id',
    fault: 'acks what has no id',
    bend: () => ({
      in: (frame, { write }) => {
        if (frame.type === 'chat' && frame.messageId === undefined) write({ type: 'ack', messageId: 'none' });
        return frame;
      },
    }),
  },
  {
    check: 'acks/done',
    fault: 'acks what it has not stored',
    bend: () => ({
      in: (frame, link) => {
        if (!about('acks/done', frame.messageId)) return frame;
        link.write({ type: 'ack', messageId: frame.messageId });
        setTimeout(() => link.isOpen && link.forward({ ...frame, messageId: undefined }), LATE);
        return undefined;
      },
    }),
  },
  {
    check: 'acks/answered-again',
    fault: 'says nothing to an id that comes again',
    bend: () => {
      const count = counter();
      return {
        out: (frame) =>
          about('acks/answered-again', frame.messageId) && count(frame.messageId) > 1 ? undefined : frame,
      };
    },
  },
  {
    check: 'acks/nack',
    fault: 'refuses without words',
    bend: () => ({ out: (frame) => (frame.type === 'nack' ? { ...frame, message: undefined } : frame) }),
  },
  {
    check: 'acks/nack',
    fault: 'says in words that it wants no other try',
    bend: () => ({
      out: (frame) => (frame.type === 'nack' && frame.code === 'refused' ? { ...frame, retry: 'no' } : frame),
    }),
  },
  {
    check: 'acks/retry',
    fault: 'names a time in the past for another try',
    bend: () => ({ out: (frame) => (frame.type === 'nack' && frame.retry ? { ...frame, retry: -1 } : frame) }),
  },
  {
    check: 'acks/retry',
    fault: 'counts in seconds',
    bend: () => ({ out: (frame) => (frame.type === 'nack' && frame.retry ? { ...frame, retry: 0.25 } : frame) }),
  },
];

import { about, byMessage, counter, holdUntilMessage, lastSeqOf } from './bends.js';
import type { BrokenServer } from './broken-server.js';

export const epoch: readonly BrokenServer[] = [
  {
    check: 'epoch/welcome-first',
    fault: 'sends a message before welcome',
    bend: () => holdUntilMessage(({ type }, link) => type === 'welcome' && lastSeqOf(link) !== undefined),
  },
  {
    check: 'epoch/welcome-once',
    fault: 'says welcome twice',
    bend: () => ({ out: (frame) => (frame.type === 'welcome' ? [frame, frame] : frame) }),
  },
  {
    check: 'epoch/welcome-fields',
    fault: 'names a rate that is no number',
    bend: () => ({ out: (frame) => (frame.type === 'welcome' ? { ...frame, rate: 'fast' } : frame) }),
  },
  {
    check: 'epoch/welcome-bare',
    fault: 'says where it goes on before it was asked',
    bend: () => ({ out: (frame) => (frame.type === 'welcome' ? { ...frame, seq: 7 } : frame) }),
    ...byMessage,
  },
  {
    check: 'epoch/continue',
    fault: 'goes on from the number after the one that a frame asks for',
    bend: () => ({
      out: (frame) =>
        frame.type === 'subscribed' && !frame.channel && frame.recovered === 2
          ? { ...frame, seq: Number(frame.seq) + 1 }
          : frame,
    }),
    ...byMessage,
  },
  {
    check: 'epoch/rate',
    fault: 'takes less than the rate that it names',
    bend: () => ({
      in: (frame, { notes, close }) => {
        if (!about('epoch/rate', frame.text)) return frame;
        notes.set('taken', Number(notes.get('taken') ?? 0) + 1);
        if (Number(notes.get('taken')) > 5) close(4429);
        return frame;
      },
    }),
    server: { welcome: { rate: 50 } },
  },
  {
    check: 'epoch/head',
    fault: 'names a number below its head',
    bend: () => ({
      out: (frame, link) =>
        frame.type === 'welcome' && lastSeqOf(link) === undefined && Number(frame.seq) > 0
          ? { ...frame, seq: Number(frame.seq) - 1 }
          : frame,
    }),
  },
  {
    check: 'epoch/continue',
    fault: 'names the number after the one that it continues from',
    bend: () => ({
      out: (frame, link) =>
        frame.type === 'welcome' && frame.seq === lastSeqOf(link) ? { ...frame, seq: Number(frame.seq) + 1 } : frame,
    }),
  },
  {
    check: 'epoch/recovered',
    fault: 'miscounts the replay',
    bend: () => ({
      out: (frame) => (typeof frame.recovered === 'number' ? { ...frame, recovered: frame.recovered + 1 } : frame),
    }),
  },
  {
    check: 'epoch/same-epoch',
    fault: 'begins a new epoch with every connection',
    bend: () => {
      const isMeant = (query: URLSearchParams): boolean => about('epoch/same-epoch', query.get('client'));
      const count = counter();
      return {
        url: (query) => void (query.has('epoch') && query.set('epoch', (query.get('epoch') ?? '').replace(/~.*/, ''))),
        out: (frame, { query }) =>
          frame.type === 'welcome' && isMeant(query) ? { ...frame, epoch: `${frame.epoch}~${count('epoch')}` } : frame,
      };
    },
  },
  {
    check: 'epoch/other-epoch',
    fault: 'does not look at the epoch of lastSeq',
    bend: () => {
      let current = '';
      return {
        url: (query) => void (query.has('epoch') && query.set('epoch', current)),
        out: (frame) => {
          if (frame.type === 'welcome') current = String(frame.epoch);
          return frame;
        },
      };
    },
  },
  {
    check: 'epoch/above-head',
    fault: 'goes on in the old epoch when its numbers went back',
    bend: () => {
      let head = 0;
      let current = '';
      return {
        url: (query) => {
          if (query.get('epoch') === current && Number(query.get('lastSeq')) > head) query.set('lastSeq', String(head));
        },
        out: (frame) => {
          if (frame.type === 'welcome') current = String(frame.epoch);
          if (frame.channel === undefined) head = Math.max(head, Number(frame.seq ?? 0));
          return frame;
        },
      };
    },
  },
  {
    check: 'epoch/above-head-bare',
    fault: 'says reset without a reason',
    bend: () => ({
      out: (frame) => (frame.type === 'reset' && !frame.channel ? { ...frame, reason: undefined } : frame),
    }),
  },
];

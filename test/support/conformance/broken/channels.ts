import { about, isApp } from './bends.js';
import type { BrokenServer } from './broken-server.js';

export const channels: readonly BrokenServer[] = [
  {
    check: 'channels/ref',
    fault: 'answers with a ref of its own',
    bend: () => ({
      out: (frame) => (frame.type === 'subscribed' && frame.channel ? { ...frame, ref: Number(frame.ref) + 1 } : frame),
    }),
  },
  {
    check: 'channels/one-answer',
    fault: 'answers a subscribe twice',
    bend: () => ({ out: (frame) => (frame.type === 'subscribed' && frame.channel ? [frame, frame] : frame) }),
  },
  {
    check: 'channels/subscribed-fields',
    fault: 'promises contiguous numbers with a text',
    bend: () => ({ out: (frame) => (frame.type === 'subscribed' ? { ...frame, contiguous: 'yes' } : frame) }),
  },
  {
    check: 'channels/only-who-asked',
    fault: 'sends the messages of a channel to everybody',
    bend: () => ({
      out: (frame, link) => {
        if (about('channels/only-who-asked', frame.text)) {
          for (const other of link.all) if (other !== link) other.write(frame);
        }
        return frame;
      },
    }),
  },
  {
    check: 'channels/unsubscribe',
    fault: 'does not take unsubscribe',
    bend: () => ({ in: (frame) => (frame.type === 'unsubscribe' ? undefined : frame) }),
  },
  {
    check: 'channels/subscribe-again',
    fault: 'serves a channel twice that was subscribed twice',
    bend: () => ({
      in: (frame, { notes }) => {
        if (frame.type === 'subscribe')
          notes.set(String(frame.channel), Number(notes.get(String(frame.channel)) ?? 0) + 1);
        return frame;
      },
      out: (frame, { notes }) =>
        isApp(frame) && Number(notes.get(String(frame.channel))) > 1 ? [frame, frame] : frame,
    }),
  },
  {
    check: 'channels/names',
    fault: 'knows no channel __proto__',
    bend: () => ({ in: (frame) => (frame.channel === '__proto__' ? undefined : frame) }),
  },
  {
    check: 'channels/refused',
    fault: 'refuses without a code',
    bend: () => ({
      out: (frame) => (frame.type === 'unsubscribed' && frame.ref ? { ...frame, code: undefined } : frame),
    }),
  },
  {
    check: 'channels/refused',
    fault: 'names a time in the past for another try',
    bend: () => ({
      out: (frame) => (frame.type === 'unsubscribed' && frame.ref ? { ...frame, retry: -1 } : frame),
    }),
  },
  {
    check: 'channels/revoked',
    fault: 'names the time for another try as a text',
    bend: () => ({
      out: (frame) => (frame.type === 'unsubscribed' && !frame.ref ? { ...frame, retry: '30s' } : frame),
    }),
  },
  {
    check: 'channels/revoked',
    fault: 'takes a channel away without words',
    bend: () => ({
      out: (frame) => (frame.type === 'unsubscribed' && !frame.ref ? { ...frame, message: undefined } : frame),
    }),
  },
  {
    check: 'channels/default-stream',
    fault: 'answers for the default stream without its ref',
    bend: () => ({
      out: (frame) => (frame.type === 'subscribed' && !frame.channel ? { ...frame, ref: undefined } : frame),
    }),
  },
];

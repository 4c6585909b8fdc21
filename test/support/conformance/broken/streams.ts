import { about, counter, holdUntilMessage, numbersPerConnection } from './bends.js';
import type { BrokenServer } from './broken-server.js';

export const streams: readonly BrokenServer[] = [
  {
    check: 'channels/own-numbers',
    fault: 'numbers a channel for each connection',
    bend: () => numbersPerConnection('channels/own-numbers'),
  },
  {
    check: 'channels/channel-replay',
    fault: 'leaves out a message of the replay',
    bend: () => {
      const count = counter();
      return {
        out: (frame) =>
          about('channels/channel-replay', frame.text) && count(frame.text) > 1 && frame.seq === 3 ? undefined : frame,
      };
    },
  },
  {
    check: 'channels/subscribed-first',
    fault: 'sends the replay before subscribed',
    bend: () => holdUntilMessage(({ type, channel, recovered }) => type === 'subscribed' && !!channel && !!recovered),
  },
  {
    check: 'channels/channel-continue',
    fault: 'names the number after the one that it continues from',
    bend: () => ({
      out: (frame) =>
        frame.type === 'subscribed' && frame.recovered && frame.seq ? { ...frame, seq: Number(frame.seq) + 1 } : frame,
    }),
  },
  {
    check: 'channels/channel-head',
    fault: 'names a number below the head of the channel',
    bend: () => ({
      out: (frame) =>
        frame.type === 'subscribed' && frame.recovered === undefined && Number(frame.seq) > 0
          ? { ...frame, seq: Number(frame.seq) - 1 }
          : frame,
    }),
  },
  {
    check: 'channels/channel-from-now',
    fault: 'sends all of a channel to who did not ask',
    bend: () => ({
      in: (frame) =>
        frame.type === 'subscribe' && about('channels/channel-from-now', frame.channel)
          ? { ...frame, lastSeq: 0 }
          : frame,
    }),
  },
  {
    check: 'channels/channel-replay-first',
    fault: 'does not drop the overlap of replay and live messages',
    bend: () => {
      const count = counter();
      return {
        out: (frame) =>
          about('channels/channel-replay-first', frame.text) && frame.seq === 30 && count(frame.text) === 2
            ? [frame, frame]
            : frame,
      };
    },
  },
  {
    check: 'channels/channel-other-epoch',
    fault: 'does not look at the epoch of lastSeq',
    bend: () => {
      const current = new Map<unknown, unknown>();
      return {
        in: (frame) =>
          frame.type === 'subscribe' && frame.epoch && frame.channel
            ? { ...frame, epoch: current.get(frame.channel) }
            : frame,
        out: (frame) => {
          if (frame.type === 'subscribed') current.set(frame.channel, frame.epoch);
          return frame;
        },
      };
    },
  },
  {
    check: 'channels/channel-above-head',
    fault: 'goes on in the old epoch when its numbers went back',
    bend: () => ({
      in: (frame) => (frame.type === 'subscribe' && Number(frame.lastSeq) > 1_000 ? { ...frame, lastSeq: 1 } : frame),
    }),
  },
  {
    check: 'channels/channel-reset',
    fault: 'does not say which channel it resets',
    bend: () => ({
      out: (frame) => (frame.type === 'reset' && frame.channel ? { ...frame, channel: undefined } : frame),
    }),
  },
  {
    check: 'channels/channel-reset',
    fault: 'begins the numbers of all channels anew with those of one',
    bend: () => {
      let head = Infinity;
      return {
        out: (frame) => {
          if (!about('channels/channel-reset', frame.channel)) return frame;
          if (frame.type === 'reset') head = 0;
          if (frame.type !== 'chat' || head === Infinity) return frame;
          head += 1;
          return { ...frame, seq: head };
        },
      };
    },
  },
  {
    check: 'channels/channel-reset',
    fault: 'loses the history of all channels with that of one',
    bend: () => {
      let isLost = false;
      return {
        in: (frame) =>
          isLost && about('channels/channel-reset', frame.channel) && frame.type === 'subscribe'
            ? { ...frame, lastSeq: undefined }
            : frame,
        out: (frame) => {
          isLost ||= frame.type === 'reset' && about('channels/channel-reset', frame.channel);
          return frame;
        },
      };
    },
  },
];

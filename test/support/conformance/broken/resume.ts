import type { Frame } from '../bent-server.js';
import { about, byMessage, counter, LATE, lastSeqOf, numbersPerConnection } from './bends.js';
import type { BrokenServer } from './broken-server.js';

export const resume: readonly BrokenServer[] = [
  {
    check: 'resume/numbers',
    fault: 'numbers are not whole',
    bend: () => ({
      out: (frame) => (about('resume/numbers', frame.text) ? { ...frame, seq: Number(frame.seq) + 0.5 } : frame),
    }),
  },
  {
    check: 'resume/same-numbers',
    fault: 'numbers belong to the connection',
    bend: () => numbersPerConnection('resume/same-numbers'),
  },
  {
    check: 'resume/replay',
    fault: 'leaves out a message of the replay',
    bend: () => ({
      out: (frame, link) =>
        about('resume/replay', frame.text) && frame.seq === Number(lastSeqOf(link)) + 2 ? undefined : frame,
    }),
  },
  {
    check: 'resume/replay',
    fault: 'leaves out the message after the cursor of a frame',
    bend: () => ({
      in: (frame) =>
        about('resume/replay', frame.client) && frame.lastSeq
          ? { ...frame, lastSeq: Number(frame.lastSeq) + 1 }
          : frame,
    }),
    ...byMessage,
  },
  {
    check: 'resume/from-now',
    fault: 'sends old messages to who did not ask',
    bend: () => {
      const old: Frame[] = [];
      return {
        out: (frame, link) => {
          if (about('resume/from-now', frame.text) && old.length < 1) old.push(frame);
          return frame.type === 'welcome' && lastSeqOf(link) === undefined ? [frame, ...old] : frame;
        },
      };
    },
  },
  {
    check: 'resume/from-zero',
    fault: 'takes lastSeq=0 for no lastSeq',
    bend: () => ({ url: (query) => void (query.get('lastSeq') === '0' && query.delete('lastSeq')) }),
  },
  {
    check: 'resume/not-consumed',
    fault: 'keeps what is missed for one return alone',
    bend: () => {
      const count = counter();
      return {
        url: (query) => {
          if (about('resume/not-consumed', query.get('client')) && count(query.get('lastSeq')) > 1)
            query.delete('lastSeq');
        },
      };
    },
  },
  {
    check: 'resume/replay-first',
    fault: 'does not drop the overlap of replay and live messages',
    bend: () => ({
      out: (frame, link) =>
        about('resume/replay-first', frame.text) && frame.seq === Number(lastSeqOf(link)) + 25 ? [frame, frame] : frame,
    }),
  },
  {
    check: 'resume/replay-before-pong',
    fault: 'answers the first ping before the replay',
    server: { epoch: false },
    bend: () => ({
      out: (frame, link) => {
        if (!about('resume/replay-before-pong', frame.text) || lastSeqOf(link) === undefined) return frame;
        setTimeout(() => link.isOpen && link.write(frame), LATE);
        return undefined;
      },
    }),
  },
  {
    check: 'resume/odd-last-seq',
    fault: 'continues from whatever the URL says',
    bend: () => ({
      out: (frame, { query }) =>
        frame.type === 'welcome' && query.has('lastSeq') && !/^\d{1,15}$/.test(query.get('lastSeq') ?? '')
          ? { ...frame, seq: Number(query.get('lastSeq')) }
          : frame,
    }),
  },
  {
    check: 'resume/told-history',
    fault: 'passes over what it has forgotten',
    bend: () => ({
      out: (frame, link) => {
        const lastSeq = lastSeqOf(link) ?? Infinity;
        const isPassedOver = Number.isSafeInteger(lastSeq) && lastSeq > 0 && Number(frame.seq) > lastSeq;
        return frame.type === 'welcome' && isPassedOver ? { ...frame, seq: lastSeq } : frame;
      },
    }),
  },
  {
    check: 'resume/takeover',
    fault: 'sends both away',
    bend: () => ({
      out: (frame, { query, close }) => {
        const isNewer = about('resume/takeover', query.get('client')) && query.get('conn') === '2';
        if (frame.type === 'welcome' && isNewer) setImmediate(() => close(4409));
        return frame;
      },
    }),
  },
  {
    check: 'resume/lower-conn',
    fault: 'lets whoever comes last take over',
    bend: () => {
      const highest = new Map<string | null, number>();
      return {
        url: (query) => {
          const client = query.get('client');
          const conn = Number(query.get('conn'));
          const seen = highest.get(client) ?? 0;
          if (conn < seen) query.set('conn', String(seen + 1));
          highest.set(client, Math.max(conn, seen));
        },
      };
    },
  },
  {
    check: 'resume/lower-conn',
    fault: 'does not read the conn of a frame',
    bend: () => ({
      in: (frame) => (about('resume/lower-conn', frame.client) ? { ...frame, conn: 5 } : frame),
    }),
    ...byMessage,
  },
  {
    check: 'resume/takeover-proved',
    fault: 'throws away what the older connection has read and not begun',
    bend: () => ({
      in: (frame, { notes }) => {
        if (!about('resume/takeover-proved', frame.text)) return frame;
        notes.set('begun', Number(notes.get('begun') ?? 0) + 1);
        return notes.get('begun') === 1 ? frame : undefined;
      },
    }),
  },
  {
    check: 'resume/takeover-waits',
    fault: 'says welcome while the older connection is at work',
    bend: () => ({
      url: (query, link) => {
        const client = query.get('client');
        if (!about('resume/takeover-waits', client) || query.get('conn') !== '2') return;
        query.delete('client');
        for (const other of link.all) {
          if (other.query.get('client') === client) other.close(4409);
        }
      },
      in: (frame, link) => {
        if (!about('resume/takeover-waits', frame.text)) return frame;
        setTimeout(() => link.forward(frame), LATE);
        return undefined;
      },
    }),
  },
];

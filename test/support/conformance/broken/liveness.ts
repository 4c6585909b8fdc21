import { about, LATE } from './bends.js';
import type { BrokenServer } from './broken-server.js';

export const liveness: readonly BrokenServer[] = [
  {
    check: 'liveness/pong',
    fault: 'changes a t that is a text',
    bend: () => ({
      out: (frame) => (frame.type === 'pong' && typeof frame.t === 'string' ? { ...frame, t: 0 } : frame),
    }),
  },
  {
    check: 'liveness/pong-order',
    fault: 'answers the second of two pings first',
    bend: () => ({
      in: (frame, { notes }) => {
        if (frame.type === 'ping') notes.set('out', Number(notes.get('out') ?? 0) + 1);
        return frame;
      },
      out: (frame, link) => {
        if (frame.type !== 'pong') return frame;
        const { held } = link;
        const left = Number(link.notes.get('out')) - 1;
        link.notes.set('out', left);
        link.held = held === undefined && left > 0 ? frame : undefined;
        if (link.held !== undefined) return undefined;
        return held === undefined ? frame : [frame, held];
      },
    }),
  },
  {
    check: 'liveness/proof',
    fault: 'answers pings in a proxy that may lose what came before',
    bend: () => ({
      in: (frame, link) => {
        if (!about('liveness/proof', frame.text)) return frame;
        setTimeout(() => link.isOpen && link.forward(frame), LATE);
        return undefined;
      },
    }),
  },
  {
    check: 'liveness/proof-kept',
    fault: 'drops with the link what it has read and not begun',
    bend: () => ({
      in: (frame, { notes }) => {
        if (!about('liveness/proof-kept', frame.text)) return frame;
        notes.set('came', Number(notes.get('came') ?? 0) + 1);
        return notes.get('came') === 3 ? undefined : frame;
      },
    }),
  },
  {
    check: 'liveness/unknown-fields',
    fault: 'does not take a ping with a field that it does not know',
    bend: () => ({
      in: (frame) =>
        frame.type === 'ping' && Object.keys(frame).some((field) => !['type', 't'].includes(field)) ? undefined : frame,
    }),
  },
  {
    check: 'liveness/wrong-direction',
    fault: 'publishes a goaway of a client',
    bend: () => ({ in: (frame) => (frame.type === 'goaway' ? { ...frame, type: 'chat' } : frame) }),
  },
  {
    check: 'liveness/unreadable',
    fault: 'fails at what is no JSON',
    bend: () => ({ unreadable: (_, { close }) => close(1011) }),
  },
  {
    check: 'liveness/unreadable',
    fault: 'ends all connections for null',
    bend: () => ({
      unreadable: (text, { all, close }) => {
        if (text !== 'null') return close(1007);
        for (const other of all) other.close(1007);
      },
    }),
  },
  {
    check: 'liveness/unreadable',
    fault: 'publishes an object whose type is no string',
    bend: () => ({
      unreadable: (text, { all }) => {
        if (!text.startsWith('{"type":7')) return;
        for (const { write } of all) write(JSON.parse(text));
      },
    }),
  },
  {
    check: 'liveness/unknown-type',
    fault: 'sends who says what it does not know away',
    bend: () => ({
      in: (frame, { close }) => {
        if (!about('liveness/unknown-type', frame.text)) return frame;
        close(1008);
        return undefined;
      },
    }),
  },
  {
    check: 'liveness/heartbeat',
    fault: 'names a heartbeat and never closes',
    bend: () => ({ out: (frame) => (frame.type === 'welcome' ? { ...frame, heartbeat: 200 } : frame) }),
    server: { heartbeat: 60_000 },
  },
];

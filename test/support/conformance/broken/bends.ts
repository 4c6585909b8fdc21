import type { Bend, BentLink, Frame } from '../bent-server.js';
import type { BrokenServer } from './broken-server.js';

/** Long enough to be late on a busy machine too, in ms. */
export const LATE = 1_500;

export const isApp = ({ type }: Frame): boolean => type === 'chat' || type.startsWith('test:');
export const lastSeqOf = ({ query }: BentLink): number | undefined =>
  query.has('lastSeq') ? Number(query.get('lastSeq')) : undefined;

/**
 * Whether something belongs to one check: its texts, ids, channels and clients are named after it. A fault that every
 * other check would stumble over is shown to that check alone.
 */
export const about = (check: string, name: unknown): boolean => String(name).startsWith(`${check.replace('/', '-')}.`);

/** A server whose default stream begins with a `subscribe`, asked that way. */
export const byMessage: Pick<BrokenServer, 'server' | 'target'> = {
  server: { resume: 'message' },
  target: { resume: 'message' },
};

/** Counts by a name, from 1. */
export const counter = (): ((name: unknown) => number) => {
  const counts = new Map<unknown, number>();
  return (name) => {
    counts.set(name, (counts.get(name) ?? 0) + 1);
    return counts.get(name) ?? 0;
  };
};

/** The second time that an id comes it is taken for another message. */
export const forgetsIds = (check: string): Bend => {
  const count = counter();
  return {
    in: (frame) =>
      about(check, frame.messageId) && count(frame.messageId) > 1
        ? { ...frame, messageId: `${frame.messageId}~` }
        : frame,
    out: (frame) =>
      typeof frame.messageId === 'string' ? { ...frame, messageId: frame.messageId.replace('~', '') } : frame,
  };
};

/** Each message that goes to a second client has another number there. */
export const numbersPerConnection = (check: string): Bend => {
  const count = counter();
  return {
    out: (frame) =>
      about(check, frame.text) && count(frame.text) > 1 ? { ...frame, seq: Number(frame.seq) + 1 } : frame,
  };
};

/** Writes a frame once something else of the kind was written, or after a moment. */
export const holdUntilMessage = (isHeld: (frame: Frame, link: BentLink) => boolean): Bend => ({
  out: (frame, link) => {
    if (isHeld(frame, link)) {
      link.held = frame;
      setTimeout(() => {
        if (link.held === frame && link.isOpen) link.write(frame);
        link.held = undefined;
      }, 20);
      return undefined;
    }
    const { held } = link;
    if (held === undefined || !isApp(frame)) return frame;
    link.held = undefined;
    return [frame, held];
  },
});

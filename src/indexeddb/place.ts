import type { Continuation } from '../index.js';

/** Who this life of the app is to the server and, if that is asked for, how far it has read. */
export interface Place {
  /** What is written down; undefined until the life began. */
  current(): Continuation | undefined;
  /**
   * Begins a life: returns what the one before left, and has it written down that this one goes on there. One that
   * goes on where another socket with a store stood stays that one's client, whatever was left here.
   *
   * @param stands Where this life stands by now.
   */
  begin(left: Continuation | undefined, stands: () => Continuation): Promise<Continuation>;
  /** Writes down what has changed. */
  look(): void;
  /** Ends the life; its last cursors are on their way to the disk. */
  end(): void;
}

/** Numbers of connections that a life takes beforehand: more than it can use, so that none has to be written down. */
const CONNS_PER_LIFE = 1_000_000;
/** ms between two looks at the cursors, and at whether the server says `welcome`. */
const LOOK_EVERY = 1_000;

/** @param tell Tells a write that failed, and that matters. */
export const createPlace = (
  keepsCursors: boolean,
  write: (durability: 'strict' | 'relaxed') => Promise<void>,
  tell: (cause: unknown) => void,
): Place => {
  let written: Continuation | undefined;
  /** Of the socket that has asked last: one that is revived asks with the same function. */
  let place: (() => Continuation) | undefined;
  let look = (): void => {};
  let watch: ReturnType<typeof setInterval> | undefined;
  return {
    current: () => written,
    async begin(left, stands) {
      const own = stands();
      // It goes on where another socket with a store stood, as tabs do: no new one has made so many attempts.
      const isHeir = own.conn > CONNS_PER_LIFE && stands !== place;
      place = stands;
      const { client = crypto.randomUUID(), cursors = [], subject, welcomed } = (isHeir ? own : left) ?? {};
      const isOthers = subject !== undefined && own.subject !== undefined && subject !== own.subject;
      // The clock may go back, and the disk may be full: one of the two is enough.
      const conn = Math.max(left?.conn ?? 0, own.conn, Date.now());
      const resumed = {
        client,
        conn,
        cursors: keepsCursors && !isOthers ? cursors : [],
        subject: own.subject ?? subject,
        welcomed,
      };
      written = { ...resumed, conn: conn + CONNS_PER_LIFE };
      await write('strict').catch(tell);
      look = () => {
        if (!written) return;
        const { cursors, subject, welcomed } = stands();
        const hasMoved = keepsCursors && JSON.stringify(cursors) !== JSON.stringify(written.cursors);
        if (!hasMoved && (written.welcomed || !welcomed)) return;
        written = { ...written, welcomed, ...(keepsCursors && { cursors, subject }) };
        // What is not written is only read again.
        write('relaxed').catch(() => {});
      };
      watch = setInterval(() => look(), LOOK_EVERY);
      return resumed;
    },
    look: () => look(),
    end() {
      clearInterval(watch);
      look();
      look = () => {};
    },
  };
};

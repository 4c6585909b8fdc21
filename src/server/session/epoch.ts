import type { Cursor, Slice } from '../replay-log.js';

const MARK = '~';

const plain = (epoch: string): string => epoch.split(MARK, 1)[0] ?? epoch;

/** The cursor as the log knows it. */
export const logCursor = (cursor: Cursor | undefined): Cursor | undefined =>
  cursor?.epoch === undefined ? cursor : { seq: cursor.seq, epoch: plain(cursor.epoch) };

/**
 * The name under which this client knows the epoch of a slice.
 *
 * A client that is ahead of the head, in this very epoch, has to be told another one, since its number means nothing
 * here. But its word alone must not renew the epoch for everybody: anyone could say so. It gets a name of its own for
 * the same epoch, and keeps it.
 */
export const epochName = (cursor: Cursor | undefined, slice: Pick<Slice, 'epoch' | 'head'>): string => {
  const given = cursor?.epoch;
  if (cursor === undefined || given === undefined || plain(given) !== slice.epoch) return slice.epoch;
  if (cursor.seq <= slice.head) return given;
  const count = Number(given.slice(slice.epoch.length + MARK.length));
  return `${slice.epoch}${MARK}${Number.isSafeInteger(count) ? count + 1 : 1}`;
};

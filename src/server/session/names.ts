import type { Cursor } from '../replay-log.js';
import type { Limits } from './io.js';

/** Whether a name that a client has chosen is short enough to be kept. */
export const isName = (name: string | undefined, { nameLength }: Limits): boolean => (name?.length ?? 0) <= nameLength;

/** An epoch that is too long to be one of ours is another one, and nothing more. */
export const cursorOf = (seq: number | undefined, epoch: string | undefined, limits: Limits): Cursor | undefined =>
  seq === undefined ? undefined : { seq, epoch: isName(epoch, limits) ? epoch : '' };

import type { Seats } from './replay-log.js';

/** A connection that may have to give way to a newer one of the same client. */
export interface Holder {
  retire(): void;
}

interface Seat {
  readonly conn: number;
  readonly holder: Holder;
  /** Who waits for the end of this one. Undefined if nobody asked it to retire. */
  waiting: (() => void)[] | undefined;
}

/** Which connections of each client are at work in this process. */
export interface Takeovers {
  /**
   * Makes the others of this client come to their end. False if a newer one is there; else true, once nothing of the
   * older ones is at work any more.
   */
  take(key: string, conn: number, holder: Holder): Promise<boolean>;
  /** Nothing of this connection is at work any more. */
  ended(key: string, holder: Holder): void;
}

/** Makes a connection come to its end. Resolves once nothing of it is at work any more. */
const vacate = (seat: Seat): Promise<void> =>
  new Promise((resolve) => {
    const isFirst = seat.waiting === undefined;
    seat.waiting ??= [];
    seat.waiting.push(resolve);
    if (isFirst) seat.holder.retire();
  });

/** @param elsewhere Other processes that hold connections of the same clients. */
export const createTakeovers = (elsewhere?: Seats): Takeovers => {
  const seats = new Map<string, Seat[]>();
  const at = (key: string): readonly Seat[] => seats.get(key) ?? [];
  elsewhere?.onTaken(async (key, conn) => {
    await Promise.all(at(key).map((seat) => (seat.conn <= conn ? vacate(seat) : undefined)));
  });
  return {
    async take(key, conn, holder) {
      const others = at(key);
      if (others.some((other) => other.conn > conn)) return false;
      const seat: Seat = { conn, holder, waiting: undefined };
      seats.set(key, [...others, seat]);
      const [won] = await Promise.all([elsewhere?.take(key, conn) ?? true, ...others.map(vacate)]);
      // It ended while it waited.
      if (!at(key).includes(seat)) elsewhere?.leave(key, conn);
      return won;
    },
    ended(key, holder) {
      const [gone, left]: [Seat[], Seat[]] = [[], []];
      for (const seat of at(key)) (seat.holder === holder ? gone : left).push(seat);
      if (left.length > 0) seats.set(key, left);
      else seats.delete(key);
      for (const { conn, waiting } of gone) {
        elsewhere?.leave(key, conn);
        for (const tell of waiting ?? []) tell();
      }
    },
  };
};

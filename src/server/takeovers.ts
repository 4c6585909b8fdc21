/** A connection that may have to give way to a newer one of the same client. */
export interface Holder {
  retire(): void;
}

interface Seat {
  readonly conn: number;
  readonly holder: Holder;
  /** Who waits for the end of this one. */
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

const endOf = (seat: Seat): Promise<void> =>
  new Promise((resolve) => {
    seat.waiting ??= [];
    seat.waiting.push(resolve);
  });

export const createTakeovers = (): Takeovers => {
  const seats = new Map<string, Seat[]>();
  return {
    async take(key, conn, holder) {
      const others = seats.get(key) ?? [];
      if (others.some((other) => other.conn > conn)) return false;
      seats.set(key, [...others, { conn, holder, waiting: undefined }]);
      const ends = others.map(endOf);
      for (const other of others) other.holder.retire();
      await Promise.all(ends);
      return true;
    },
    ended(key, holder) {
      const [gone, left]: [Seat[], Seat[]] = [[], []];
      for (const seat of seats.get(key) ?? []) (seat.holder === holder ? gone : left).push(seat);
      if (left.length > 0) seats.set(key, left);
      else seats.delete(key);
      for (const { waiting } of gone) for (const tell of waiting ?? []) tell();
    },
  };
};

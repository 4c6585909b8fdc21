/** A connection that may have to give way to a newer one of the same client. */
export interface Holder {
  retire(): void;
}

interface Seat {
  readonly conn: number;
  readonly holder: Holder;
  readonly ended: Promise<void>;
  readonly end: () => void;
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

export const createTakeovers = (): Takeovers => {
  const seats = new Map<string, Seat[]>();
  return {
    async take(key, conn, holder) {
      const others = seats.get(key) ?? [];
      if (others.some((other) => other.conn > conn)) return false;
      let end = (): void => {};
      const ended = new Promise<void>((resolve) => {
        end = resolve;
      });
      seats.set(key, [...others, { conn, holder, ended, end }]);
      for (const other of others) other.holder.retire();
      await Promise.all(others.map((other) => other.ended));
      return true;
    },
    ended(key, holder) {
      const [gone, left]: [Seat[], Seat[]] = [[], []];
      for (const seat of seats.get(key) ?? []) (seat.holder === holder ? gone : left).push(seat);
      if (left.length > 0) seats.set(key, left);
      else seats.delete(key);
      for (const seat of gone) seat.end();
    },
  };
};

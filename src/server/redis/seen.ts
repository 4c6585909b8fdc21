/** How far this node knows that each stream went: the witness against a store that went back in time. */
export interface Seen {
  note(channel: string | undefined, epoch: string, seq: number): void;
  get(channel: string | undefined): { readonly epoch: string; readonly seq: number };
}

/** The streams that were noted longest ago are forgotten. */
const MOST = 10_000;
const NOTHING = { epoch: '', seq: 0 };

export const createSeen = (): Seen => {
  const places = new Map<string | undefined, { readonly epoch: string; readonly seq: number }>();
  return {
    note(channel, epoch, seq) {
      const known = places.get(channel);
      // Answers may overtake each other.
      if (known !== undefined && known.epoch === epoch && known.seq >= seq) return;
      places.delete(channel);
      places.set(channel, { epoch, seq });
      if (places.size <= MOST) return;
      for (const oldest of places.keys()) {
        places.delete(oldest);
        return;
      }
    },
    get: (channel) => places.get(channel) ?? NOTHING,
  };
};

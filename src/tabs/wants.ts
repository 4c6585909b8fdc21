type Change = 'subscribe' | 'unsubscribe';

/** The channels that this tab subscribes to. */
export interface Wants extends Iterable<string> {
  /** The default stream comes without being asked for. */
  has(channel: string | undefined): boolean;
  change(change: { readonly type: Change; readonly channel: string }): void;
  /**
   * True once after changes of one kind, when something else comes. Each word to the others holds all channels, so one is
   * enough for a task; but it goes before what is sent to a channel, and before one that was left is asked for again.
   */
  areDue(next: string): boolean;
}

export const createWants = (): Wants => {
  const channels = new Set<string>();
  let untold: Change | undefined;
  return {
    [Symbol.iterator]: () => channels.values(),
    has: (channel) => channel === undefined || channels.has(channel),
    change({ type, channel }) {
      if (type === 'subscribe') channels.add(channel);
      else channels.delete(channel);
      untold = type;
    },
    areDue(next) {
      if (!untold || next === untold) return false;
      untold = undefined;
      return true;
    },
  };
};

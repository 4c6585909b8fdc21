import type { ChannelState } from './io.js';

interface Subscription {
  /** What is told of it. `idle`: it was left on this connection, so that frames still under way belong to nobody. */
  readonly state: ChannelState;
  /** The number of the newest question, answered or not. */
  readonly ref?: number;
  /** When to ask the server for it (ms); Infinity if it was asked, is there, or is not wanted. */
  readonly askAt: number;
}

/** Which channels this client wants, and how far the server is with each. */
export interface Channels {
  want(name: string): void;
  /** True if the server has to be told. */
  leave(name: string, linked: boolean): boolean;
  /** The number that fences the answer, so that a late one to an earlier question is not taken for it. */
  ask(name: string): number;
  /** The channel is there. False if another question is under way; an answer without `ref` is for the last one. */
  answered(name: string, ref: number | undefined): boolean;
  /** Refused or withdrawn, to be asked for again at `retryAt`. False if it answers an older question, or none. */
  refused(name: string, ref: number | undefined, state: ChannelState, retryAt: number): boolean;
  /** Returns the names of those that were there, and are no more. */
  linkLost(): string[];
  /** The names to subscribe to now. */
  wanted(now: number): string[];
  /** When to look at `wanted` again on a live link. */
  retryAt(): number;
  /** It was left or refused: what still comes for it is nobody's. */
  isLeft(name: string): boolean;
  state(name: string): ChannelState;
}

export const createChannels = (): Channels => {
  const subscriptions = new Map<string, Subscription>();
  let lastRef = 0;
  /** What the newest question, answered or not, is about, unless `ref` is of another one. */
  const asked = (name: string, ref?: number): Subscription | undefined => {
    const newest = subscriptions.get(name);
    return newest?.ref !== undefined && (ref ?? newest.ref) === newest.ref ? newest : undefined;
  };
  const channels: Channels = {
    want(name) {
      subscriptions.set(name, { state: { status: 'subscribing' }, askAt: -Infinity });
    },
    leave(name, linked) {
      const knows = linked && asked(name) !== undefined;
      if (linked && subscriptions.get(name)?.askAt !== -Infinity) {
        subscriptions.set(name, { state: { status: 'idle' }, askAt: Infinity });
      } else {
        subscriptions.delete(name);
      }
      return knows;
    },
    ask(name) {
      subscriptions.set(name, { state: { status: 'subscribing' }, ref: ++lastRef, askAt: Infinity });
      return lastRef;
    },
    answered(name, ref) {
      const question = asked(name, ref);
      if (question?.state.status !== 'subscribing') return false;
      subscriptions.set(name, { ...question, state: { status: 'subscribed' } });
      return true;
    },
    refused(name, ref, state, askAt) {
      if (!asked(name, ref)) return false;
      subscriptions.set(name, { state, askAt });
      return true;
    },
    linkLost() {
      const lost: string[] = [];
      for (const [name, { state, askAt }] of subscriptions) {
        if (state.status === 'subscribed') lost.push(name);
        if (state.status === 'idle') subscriptions.delete(name);
        else if (state.status !== 'refused' || askAt < Infinity) channels.want(name);
      }
      return lost;
    },
    wanted: (now) => [...subscriptions].filter(([, { askAt }]) => askAt <= now).map(([name]) => name),
    retryAt() {
      let next = Infinity;
      for (const { state, askAt } of subscriptions.values()) {
        if (state.status === 'refused') next = Math.min(next, askAt);
      }
      return next;
    },
    isLeft(name) {
      const status = subscriptions.get(name)?.state.status;
      return status === 'idle' || status === 'refused';
    },
    state: (name) => subscriptions.get(name)?.state ?? { status: 'idle' },
  };
  return channels;
};

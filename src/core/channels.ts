import type { ChannelState } from './io.js';

/** `left`: unsubscribed on this connection, so that frames still under way belong to nobody. */
type Subscription =
  | { readonly at: 'wanted' | 'left' }
  | { readonly at: 'asked' | 'subscribed'; readonly ref: number }
  | { readonly at: 'refused'; readonly state: ChannelState; readonly retryAt: number };

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
  linkLost(): void;
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
  const at = (name: string): Subscription['at'] | undefined => subscriptions.get(name)?.at;
  /** The newest question, answered or not, unless `ref` is of another one. */
  const asked = (name: string, ref?: number): { readonly at: string; readonly ref: number } | undefined => {
    const newest = subscriptions.get(name);
    return newest && 'ref' in newest && (ref ?? newest.ref) === newest.ref ? newest : undefined;
  };
  const channels: Channels = {
    want(name) {
      subscriptions.set(name, { at: 'wanted' });
    },
    leave(name, linked) {
      const knows = linked && asked(name) !== undefined;
      if (linked && at(name) !== 'wanted') subscriptions.set(name, { at: 'left' });
      else subscriptions.delete(name);
      return knows;
    },
    ask(name) {
      subscriptions.set(name, { at: 'asked', ref: ++lastRef });
      return lastRef;
    },
    answered(name, ref) {
      const question = asked(name, ref);
      if (question?.at !== 'asked') return false;
      subscriptions.set(name, { ...question, at: 'subscribed' });
      return true;
    },
    refused(name, ref, state, retryAt) {
      if (!asked(name, ref)) return false;
      subscriptions.set(name, { at: 'refused', state, retryAt });
      return true;
    },
    linkLost() {
      for (const [name, subscription] of subscriptions) {
        if (subscription.at === 'left') subscriptions.delete(name);
        else if (subscription.at !== 'refused' || subscription.retryAt < Infinity) channels.want(name);
      }
    },
    wanted: (now) =>
      [...subscriptions]
        .filter(([, wish]) => wish.at === 'wanted' || (wish.at === 'refused' && wish.retryAt <= now))
        .map(([name]) => name),
    retryAt() {
      let next = Infinity;
      for (const subscription of subscriptions.values()) {
        if (subscription.at === 'refused') next = Math.min(next, subscription.retryAt);
      }
      return next;
    },
    isLeft(name) {
      const was = at(name);
      return was === 'left' || was === 'refused';
    },
    state(name) {
      const subscription = subscriptions.get(name);
      if (subscription?.at === 'refused') return subscription.state;
      if (subscription?.at === 'subscribed') return { status: subscription.at };
      return { status: !subscription || subscription.at === 'left' ? 'idle' : 'subscribing' };
    },
  };
  return channels;
};

import type { ChannelState } from './io.js';

/** `left`: unsubscribed on this connection, so that frames still under way belong to nobody. */
type Subscription =
  | { readonly at: 'wanted' | 'subscribed' | 'left' }
  | { readonly at: 'asked'; readonly ref: number }
  | { readonly at: 'refused'; readonly state: ChannelState };

/** Which channels this client wants, and how far the server is with each. */
export class Channels {
  readonly #byName: Map<string, Subscription> = new Map();
  #ref = 0;

  want(name: string): void {
    this.#byName.set(name, { at: 'wanted' });
  }

  /** True if the server has to be told. */
  leave(name: string, linked: boolean): boolean {
    const at = this.#byName.get(name)?.at;
    if (linked && at !== 'wanted') this.#byName.set(name, { at: 'left' });
    else this.#byName.delete(name);
    return linked && (at === 'asked' || at === 'subscribed');
  }

  /** The number that fences the answer, so that a late one to an earlier question is not taken for it. */
  ask(name: string): number {
    const ref = ++this.#ref;
    this.#byName.set(name, { at: 'asked', ref });
    return ref;
  }

  /** The number for a question about the default stream. */
  nextRef(): number {
    return ++this.#ref;
  }

  /** True if this is the answer that is waited for. A server that leaves `ref` out answers the last question. */
  answered(name: string, ref: number | undefined): boolean {
    const subscription = this.#byName.get(name);
    if (subscription?.at !== 'asked' || (ref ?? subscription.ref) !== subscription.ref) return false;
    this.#byName.set(name, { at: 'subscribed' });
    return true;
  }

  /** Refused or withdrawn. False if it answers an older question, or one that was never asked. */
  refused(name: string, ref: number | undefined, state: ChannelState): boolean {
    const subscription = this.#byName.get(name);
    const asked = subscription?.at === 'asked' && (ref ?? subscription.ref) === subscription.ref;
    if (!asked && subscription?.at !== 'subscribed') return false;
    this.#byName.set(name, { at: 'refused', state });
    return true;
  }

  linkLost(): void {
    for (const [name, { at }] of this.#byName) {
      if (at === 'left') this.#byName.delete(name);
      else if (at !== 'refused') this.want(name);
    }
  }

  /** The names to subscribe to when a connection opens. */
  wanted(): string[] {
    return [...this.#byName].filter(([, { at }]) => at === 'wanted').map(([name]) => name);
  }

  /** Whose frame it is: one of a channel here, one that nobody wants any more, or (the field is the app's own) none. */
  owns(name: string | undefined): 'yes' | 'no' | 'left' {
    const at = name === undefined ? undefined : this.#byName.get(name)?.at;
    if (at === undefined) return 'no';
    return at === 'left' || at === 'refused' ? 'left' : 'yes';
  }

  state(name: string): ChannelState {
    const subscription = this.#byName.get(name);
    if (subscription?.at === 'refused') return subscription.state;
    if (!subscription || subscription.at === 'left') return { status: 'idle' };
    return { status: subscription.at === 'subscribed' ? 'subscribed' : 'subscribing' };
  }
}
